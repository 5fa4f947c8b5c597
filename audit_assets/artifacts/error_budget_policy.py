"""The draft of a service's error-budget policy: the budgets, who decides what when they are spent, and what cannot be promised yet.

Numbers are those of claims, named by id. What does not belong here: objectives, rules.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from audit_assets.artifacts.claims import Claim
from audit_assets.artifacts.document import shown_value
from audit_assets.artifacts.render import markdown_text
from audit_assets.artifacts.slo_promises import Promise, ServiceSlos
from audit_assets.artifacts.slo_specs import DeadAlerts, sloth_service

NOBODY = "nobody yet: the service has no owner in audit.yaml; name one there (`scope.services`, key `owner`)"


@dataclass(frozen=True)
class PolicyFacts:
    """What a policy is written from besides the promises: the audit in words, its claims, the alerts left out, why there are no rules."""

    audit: str
    claims: dict[str, Claim]
    dead: DeadAlerts
    no_rules: str | None


def policy_text(slos: ServiceSlos, facts: PolicyFacts) -> str:
    """The draft as Markdown."""
    written = f"Written for review by the audit {markdown_text(facts.audit)}. Nobody has agreed to it yet."
    parts = [
        [f"# Error-budget policy of {markdown_text(slos.service)}: a draft", "", written],
        ["## What is promised", "", *_promised(slos.promises, facts.claims)],
    ]
    if slos.promises:
        parts += [["## When the budget is spent", "", *_consequences(slos)], ["## Alerts", "", *_alerts(slos, facts)]]
    parts.append(["## What cannot be promised yet", "", *_gaps(slos, facts.claims)])
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _promised(promises: Iterable[Promise], claims: dict[str, Claim]) -> list[str]:
    rows = [_promise_row(promise, claims) for promise in promises]
    if not rows:
        return ["Nothing: no indicator of this service can be measured well enough to promise anything. See below for what is missing."]
    return _table(("promise", "status", "error budget", "measured", "budget spent by the end of the audit", "claims"), rows)


def _promise_row(promise: Promise, claims: dict[str, Claim]) -> tuple[str, ...]:
    measured = claims.get(f"slo.{promise.service}.{promise.measured_sli}.current")
    # the claim is about the declared objective where there is one; only then is it this budget
    spent = claims.get(f"slo.{promise.service}.{promise.measured_sli}.spend") if promise.is_the_declared else None
    cited = [promise.claim_id, *(claim.claim_id for claim in (measured, spent) if claim)]
    return (
        markdown_text(promise.sentence),
        {"contradicted": "proposed; the declared target is not met"}.get(promise.status, "proposed"),
        f"{round(100 - promise.percent, 10):.10g} % of requests in {promise.window_days} days",
        markdown_text(shown_value(measured)) if measured else "unknown",
        markdown_text(shown_value(spent)) if spent else "not claimed for this objective",
        ", ".join(f"`{claim_id}`" for claim_id in cited),
    )


def _consequences(slos: ServiceSlos) -> list[str]:
    remaining = f'`slo:period_error_budget_remaining:ratio{{sloth_service="{sloth_service(slos.service)}"}}`'
    decides = markdown_text(slos.owner) if slos.owner else NOBODY
    rows = [
        ("less than 50 %", "Changes ship as the team sees fit."),
        ("50 %", "The owner says in writing what spent it; risky changes (models, drivers, node types) wait for that."),
        ("100 %", "Only fixes of what spent the budget ship, until less than all of it is spent; exceptions in writing."),
    ]
    return [
        f"The budget is that of the trailing window; what is left of it is {remaining}, 1 = all, 0 = none.",
        "",
        *_table(("spent", "what happens", "who decides"), [(*row, decides) for row in rows]),
        "",
        "One incident that spends a fifth of a budget gets a written review with an owner for each action.",
    ]


def _alerts(slos: ServiceSlos, facts: PolicyFacts) -> list[str]:
    if facts.no_rules:
        return [f"There is no rules file: {markdown_text(facts.no_rules)}"]
    left_out = [
        f"- {markdown_text(promise.name)}: left out, {markdown_text(reason)}."
        for promise in slos.promises
        for reason in facts.dead.get(promise.claim_id, {}).values()
    ]
    return [
        "A page and a ticket alert for each promise, when its budget is spent too fast over a long and a short window at once. "
        f"They are in `{slos.service}.rules.yaml`, made from `{slos.service}.sloth.yaml`.",
        *(["", *left_out] if left_out else []),
    ]


def _gaps(slos: ServiceSlos, claims: dict[str, Claim]) -> list[str]:
    rows = [
        (markdown_text(gap.sli.replace("_", " ")), markdown_text(gap.reason), f"`{gap.claim_id}`" if gap.claim_id in claims else "")
        for gap in slos.gaps
    ]
    return _table(("indicator", "what is missing", "claim"), rows) if rows else ["Nothing that was looked for is missing."]


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [heading, tuple("---" for _ in heading), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]
