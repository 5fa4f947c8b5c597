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


def _alert(objective: Objective, windows: AlertWindows, severity: str, text: AlertText, which: Severity) -> Rule:
    for name, condition in (("quick", which.quick), ("slow", which.slow)):
        _refuse_if_dead(objective, f"{severity} {name}", windows.burn_rate(condition), condition)
    conditions = (_condition(objective, windows, condition) for condition in (which.quick, which.slow))
    annotations = {"title": f"({severity}) {SUBJECT} is too fast.", "summary": f"{SUBJECT} is over expected."}
    return {
        "alert": text.name,
        "expr": "or\n".join(f"(\n{condition})\n" for condition in conditions),
        "labels": {"sloth_severity": severity, **text.labels},
        "annotations": {**annotations, **text.annotations},
    }


def _condition(objective: Objective, windows: AlertWindows, condition: Condition) -> str:
    threshold = f"({number(windows.burn_rate(condition))} * {number(_budget(objective))})"

    def burning(window: timedelta) -> str:
        return f"    max({ratio_metric(window)}{objective.selector} > {threshold}) without (sloth_window)\n"

    return f"{burning(condition.shortWindow)}    and\n{burning(condition.longWindow)}"


def _refuse_if_dead(objective: Objective, name: str, burn_rate: float, condition: Condition) -> None:
    threshold = burn_rate * _budget(objective)
    if threshold < 1:
        return
    raise BadInput(
        f"{objective.where}: the {name} alert can never fire: with an objective of {number(objective.percent)} % and a burn rate of "
        f"{burn_rate:g} over {format_duration(condition.longWindow)} it waits for an error ratio above {threshold:.3g}, and no ratio "
        "passes 1; raise the objective, disable the alert, or give --windows with a smaller errorBudgetPercent"
    )


def _budget(objective: Objective) -> float:
    return (100 - objective.percent) / 100
