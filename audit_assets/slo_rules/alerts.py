"""Multi-window, multi-burn-rate alerts of an objective (SRE workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts").

An error ratio never passes 1, so a condition whose threshold is 1 or more can never hold; such a spec is refused.
What does not belong here: recordings, files.
"""

from datetime import timedelta

from audit_assets.errors import BadInput
from audit_assets.slo_rules.objectives import AlertText, Objective
from audit_assets.slo_rules.recordings import Rule, number, ratio_metric
from audit_assets.slo_rules.windows import AlertWindows, Condition, Severity, format_duration

SUBJECT = "{{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate"


def alert_rules(objective: Objective, windows: AlertWindows) -> list[Rule]:
    """The page and the ticket alert, where the objective has them. Raises BadInput for one that can never fire."""
    severities = (("page", objective.page, windows.page), ("ticket", objective.ticket, windows.ticket))
    return [_alert(objective, windows, severity, text, which) for severity, text, which in severities if text]


def dead_alerts(percent: float, windows: AlertWindows) -> dict[str, str]:
    """The severities (`page`, `ticket`) whose alert can never fire for an objective of `percent`, each with the reason."""
    dead: dict[str, str] = {}
    for severity, which in (("page", windows.page), ("ticket", windows.ticket)):
        for name, condition in (("quick", which.quick), ("slow", which.slow)):
            reason = _never_fires(percent, windows.burn_rate(condition), condition)
            if reason and severity not in dead:
                dead[severity] = f"the {severity} {name} alert can never fire: {reason}"
    return dead


def _alert(objective: Objective, windows: AlertWindows, severity: str, text: AlertText, which: Severity) -> Rule:
    dead = dead_alerts(objective.percent, windows).get(severity)
    if dead:
        raise BadInput(
            f"{objective.where}: {dead}; raise the objective, disable the alert, or give --windows with a smaller errorBudgetPercent"
        )
    conditions = (_condition(objective, windows, condition) for condition in (which.quick, which.slow))
    annotations = {"title": f"({severity}) {SUBJECT} is too fast.", "summary": f"{SUBJECT} is over expected."}
    return {
        "alert": text.name,
        "expr": "or\n".join(f"(\n{condition})\n" for condition in conditions),
        "labels": {"sloth_severity": severity, **text.labels},
        "annotations": {**annotations, **text.annotations},
    }


def _condition(objective: Objective, windows: AlertWindows, condition: Condition) -> str:
    threshold = f"({number(windows.burn_rate(condition))} * {number(_budget(objective.percent))})"

    def burning(window: timedelta) -> str:
        return f"    max({ratio_metric(window)}{objective.selector} > {threshold}) without (sloth_window)\n"

    return f"{burning(condition.shortWindow)}    and\n{burning(condition.longWindow)}"


def _never_fires(percent: float, burn_rate: float, condition: Condition) -> str | None:
    threshold = burn_rate * _budget(percent)
    if threshold < 1:
        return None
    return (
        f"with an objective of {number(percent)} % and a burn rate of {burn_rate:g} over {format_duration(condition.longWindow)} "
        f"it waits for an error ratio above {threshold:.3g}, and no ratio passes 1"
    )


def _budget(percent: float) -> float:
    return (100 - percent) / 100
