"""Recording rules of an objective: its error ratio over every window, and what it means for the budget.

Names and labels are Sloth's, so that its dashboards find the series.
What does not belong here: alerts, files.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from audit_assets.slo_rules.fields import in_window
from audit_assets.slo_rules.objectives import Objective
from audit_assets.slo_rules.windows import AlertWindows, format_duration

Rule = dict[str, Any]


def ratio_metric(window: timedelta) -> str:
    """The recorded error ratio over `window`."""
    return f"slo:sli_error:ratio_rate{format_duration(window)}"


def number(value: float) -> str:
    """The shortest text that reads back as the same number, whole numbers without a point."""
    return repr(value).removesuffix(".0")


def sli_recordings(objective: Objective, windows: AlertWindows) -> list[Rule]:
    """The error ratio over every window of the alerts, then over the whole period.

    That of the period is the mean of the shortest one: exact ratios over 30 days would read 30 days of raw samples each time.
    """
    return [
        *(_sli_rule(objective, window, in_window(objective.error_ratio, format_duration(window))) for window in windows.windows),
        _sli_rule(objective, windows.sloPeriod, _mean_over_period(objective, windows)),
    ]


def meta_recordings(objective: Objective, windows: AlertWindows, version: str) -> list[Rule]:
    """Objective, budget, burn rates and what is left of the budget; last, one series that says what made the rules."""
    labels = {**objective.identity, **objective.labels}
    rules = [{"record": metric, "expr": expr, "labels": labels} for metric, expr in _meta_expressions(objective, windows)]
    return [*rules, {"record": "sloth_slo_info", "expr": "vector(1)", "labels": {**labels, **_info_labels(objective, version)}}]


def _meta_expressions(objective: Objective, windows: AlertWindows) -> Iterator[tuple[str, str]]:
    share = number(objective.percent / 100)
    yield "slo:objective:ratio", f"vector({share})"
    yield "slo:error_budget:ratio", f"vector(1-{share})"
    yield "slo:time_period:days", f"vector({number(windows.sloPeriod / timedelta(days=1))})"
    yield "slo:current_burn_rate:ratio", _burn_rate(objective, windows.sli_window)
    yield "slo:period_burn_rate:ratio", _burn_rate(objective, windows.sloPeriod)
    yield "slo:period_error_budget_remaining:ratio", f"1 - slo:period_burn_rate:ratio{objective.selector}"


def _sli_rule(objective: Objective, window: timedelta, expr: str) -> Rule:
    labels = {**objective.identity, "sloth_window": format_duration(window), **objective.labels}
    return {"record": ratio_metric(window), "expr": expr, "labels": labels}


def _mean_over_period(objective: Objective, windows: AlertWindows) -> str:
    series = f"{ratio_metric(windows.sli_window)}{objective.selector}[{format_duration(windows.sloPeriod)}]"
    return f"sum_over_time({series})\n/ ignoring (sloth_window)\ncount_over_time({series})\n"


def _burn_rate(objective: Objective, window: timedelta) -> str:
    return (
        f"{ratio_metric(window)}{objective.selector}\n"
        "/ on(sloth_id, sloth_slo, sloth_service) group_left\n"
        f"slo:error_budget:ratio{objective.selector}\n"
    )


def _info_labels(objective: Objective, version: str) -> dict[str, str]:
    return {
        "sloth_version": version,
        "sloth_mode": objective.mode,
        "sloth_spec": objective.spec,
        "sloth_objective": format(Decimal(number(objective.percent)), "f"),
    }
