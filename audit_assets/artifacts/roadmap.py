"""The roadmap: who does what next and why that first, with the evidence; and the readiness scorecard as its annex."""

from dataclasses import replace
from typing import Any

from audit_assets.artifacts.claims import UNANSWERED
from audit_assets.artifacts.document import (
    MONEY,
    Cited,
    Document,
    Gate,
    Link,
    Part,
    Section,
    cited_claims,
    grid,
    in_words,
    shown_flag,
    shown_money,
    shown_number,
    shown_value,
    text,
)
from audit_assets.artifacts.facts import Facts, audit_header, beliefs_sections, unknown_section
from audit_assets.artifacts.scorecard import owners_section, scorecard_sections
from audit_assets.artifacts.since import since_section

CONDITION = "A ranked 90-day plan in which every item has an owner and a metric, reviewed by the stakeholders."
_READING = "An owner is that of audit.yaml where nothing else is said. Money and reliability are never added up."
PHASES = (
    ("1-4", "Weeks 1–4: stop the bleeding"),
    ("5-8", "Weeks 5–8: foundation"),
    ("9-12", "Weeks 9–12: moving the number"),
)


def build_roadmap(facts: Facts) -> Document:
    """The document from the published marts."""
    audit, window, owner = audit_header(facts, "roadmap")
    sections = (
        *(_phase(facts, phase, title) for phase, title in PHASES),
        _later(facts),
        _scope(facts),
        owners_section(facts),
        *beliefs_sections(facts, "roadmap"),
        since_section(facts, ("scope", "roadmap", "readiness")),
        _foundations(),
        unknown_section(facts, ("scope", "roadmap")),
        *scorecard_sections(facts),
    )
    return Document(
        "roadmap",
        "90-day roadmap",
        "Who does what in the next 90 days, and why that first?",
        audit,
        window,
        owner,
        _gate(facts),
        sections,
        cited_claims(sections),
    )


def _gate(facts: Facts) -> Gate:
    items = facts.rows("select title, owner, metric from fct_roadmap_items order by rank")
    missing = [] if items else ["an item"]
    missing += [f"an owner for: {item['title']}" for item in items if item["owner"] in (None, "UNOWNED")]
    missing += [f"a metric for: {item['title']}" for item in items if not item["metric"]]
    reviewed = facts.rows("select review_date, review_attendees from meta_audit")[0]
    if reviewed["review_date"] is None or not reviewed["review_attendees"]:
        missing.append("a declared review with its date and attendees")
    return Gate(CONDITION, tuple(missing))


def _phase(facts: Facts, phase: str, title: str) -> Section:
    rows = facts.rows("select * from fct_roadmap_items where phase = ? order by rank", phase)
    return Section(
        title,
        (
            grid(
                ("rank", "what", "because", "owner", "effort, days", "it worked when", "gains in money", "gains in reliability"),
                (
                    (
                        str(row["rank"]),
                        row["title"],
                        (*_because(facts, row), _after(facts, row["depends_on"] or [])),
                        _owner(row),
                        shown_number(row["effort_days"]),
                        _metric(facts, row),
                        _benefit(row, is_money=True),
                        _benefit(row, is_money=False),
                    )
                    for row in rows
                ),
                empty="No item: the evidence calls for none in this phase.",
                note=_READING if phase == PHASES[0][0] else "",
            ),
        ),
    )


def _owner(row: dict[str, Any]) -> str:
    """The owner; the place that names it where that is not audit.yaml alone."""
    is_plain = row["owner_source"] == "service owner in audit.yaml" or row["owner_source"].startswith("owner of the ")
    return str(row["owner"]) if is_plain else f"{row['owner']} ({row['owner_source']})"


def _metric(facts: Facts, row: dict[str, Any]) -> str:
    """What tells that the item helped, from today's value to the goal, in the unit of its claim."""
    claim = facts.claims.get(row["metric"])
    if claim is None:
        return f"{row['metric']}: {shown_number(row['metric_from'])} → {shown_number(row['metric_to'])}"
    goal = shown_value(replace(claim, value=row["metric_to"])) if row["metric_to"] is not None else "unknown"
    return f"{claim.statement}: {shown_value(claim)} → {goal}"


def _benefit(row: dict[str, Any], is_money: bool) -> str:
    """The benefit in the column of its kind: money and error budget are never added up."""
    unit = str(row["benefit_unit"] or "")
    if row["benefit"] is None or is_money != bool(MONEY.match(unit)):
        return ""
    return f"{shown_money(row['benefit']) if is_money else shown_number(row['benefit'])} {unit}"


def _after(facts: Facts, item_ids: list[str]) -> str:
    ranks = facts.rows("select rank from fct_roadmap_items where list_contains(?, item_id) order by rank", item_ids)
    return f" (after item {', '.join(str(row['rank']) for row in ranks)})" if ranks else ""


def _later(facts: Facts) -> Section:
    rows = facts.rows("select * from fct_roadmap_later order by rank")
    return Section(
        "Beyond week 12",
        (
            grid(
                ("what", "because", "owner", "effort, days"),
                (
                    (
                        row["title"],
                        _because(facts, row),
                        row["owner"],
                        shown_number(row["effort_days"]),
                    )
                    for row in rows
                ),
                empty="Nothing: every item fits into the plan.",
                note="Found, and more than its owner has time for (policy.days_per_owner in audit.yaml). The next plan begins with it.",
            ),
        ),
    )


def _because(facts: Facts, row: dict[str, Any]) -> tuple[Part, ...]:
    """The problem with the first claim that shows it; where that one has no answer, the problem is what it lacks."""
    claims = [facts.claims[claim_id] for claim_id in row["claim_ids"] or [] if claim_id in facts.claims]
    if not claims:
        return (row["problem"],)
    has_answer = claims[0].status not in UNANSWERED
    return (f"{row['problem']}: ", Cited(claims[0])) if has_answer else (Cited(claims[0], row["problem"]),)


def _foundations() -> Section:
    links = (Link("cost model", "cost_model.html"), Link("risk register", "risk_register.html"), Link("SLO proposal", "slo_proposal.html"))
    said = "An item rests on the sources and assumptions of the document that its evidence comes from: "
    return Section("What this rests on", (text(said, links[0], ", ", links[1], " or ", links[2], "."),))


def _scope(facts: Facts) -> Section:
    rows = facts.rows("select * from fct_scope order by verdict = 'verified', service nulls last, workload")
    return Section(
        "What is declared, and what runs",
        (
            grid(
                (
                    "service",
                    "workload",
                    "declared",
                    "running",
                    "billed",
                    "measured",
                    "units measured",
                    "verdict",
                ),
                (
                    (
                        row["service"] or "",
                        row["workload"],
                        *(shown_flag(row[name]) for name in ("declared", "running", "billed", "measured", "units_measured")),
                        facts.cite_as(in_words(row["verdict"]), f"scope.{row['workload']}"),
                    )
                    for row in rows
                ),
                empty="No workload is declared, and none was seen.",
            ),
        ),
    )
