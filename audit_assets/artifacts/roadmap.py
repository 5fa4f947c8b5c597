"""The roadmap: what to do next, in which order, owned by whom, with the evidence; and the readiness scorecard as its annex."""

from audit_assets.artifacts.document import Cell, Document, Gate, Section, cited_claims, grid, shown_flag, shown_number
from audit_assets.artifacts.facts import (
    Facts,
    audit_header,
    beliefs_section,
    coverage_section,
    unknown_section,
)
from audit_assets.artifacts.since import since_section

CONDITION = "A ranked 90-day plan in which every item has an owner and a metric, reviewed by the stakeholders."
PHASES = (
    ("1-4", "Weeks 1–4: stop the bleeding"),
    ("5-8", "Weeks 5–8: foundation"),
    ("9-12", "Weeks 9–12: moving the number"),
)


def build_roadmap(facts: Facts) -> Document:
    """The document from the published marts."""
    audit, window, owner = audit_header(facts, "roadmap")
    sections = (
        coverage_section(facts, ("billing", "incidents", "metrics", "manifests", "declared")),
        *(_phase(facts, phase, title) for phase, title in PHASES),
        _scope(facts),
        _scorecard(facts),
        beliefs_section(facts),
        since_section(facts, ("scope", "roadmap", "readiness")),
        unknown_section(facts, ("scope", "roadmap", "readiness")),
    )
    return Document(
        "roadmap",
        "90-day roadmap",
        "Given all of the above: what next, in what order, owned by whom?",
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
                ("rank", "what", "problem", "evidence", "owner", "effort, days", "metric", "benefit"),
                (
                    (
                        str(row["rank"]),
                        row["title"],
                        row["problem"],
                        _evidence(facts, row["claim_ids"] or []) or row["evidence"],
                        f"{row['owner']} ({row['owner_source']})",
                        shown_number(row["effort_days"]),
                        f"{row['metric']}: {shown_number(row['metric_from'])} → {shown_number(row['metric_to'])}",
                        f"{shown_number(row['benefit'])} {row['benefit_unit'] or ''}".strip(),
                    )
                    for row in rows
                ),
                empty="No item: the evidence calls for none in this phase.",
            ),
        ),
    )


def _evidence(facts: Facts, claim_ids: list[str]) -> Cell:
    return next((cell for cell in (facts.cite_if(claim_id) for claim_id in claim_ids) if cell), None)


def _scope(facts: Facts) -> Section:
    rows = facts.rows("select * from fct_scope order by service nulls last, workload")
    return Section(
        "Scope, declared against running",
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
                        facts.cite_if(f"scope.{row['workload']}") or row["verdict"],
                    )
                    for row in rows
                ),
                empty="No workload is declared, and none was seen.",
            ),
        ),
    )


def _scorecard(facts: Facts) -> Section:
    counts = facts.rows(
        "select layer, count(*) filter (where status = 'pass') as passed, count(*) filter (where status = 'fail') as failed,"
        " count(*) filter (where status = 'attention') as attention, count(*) filter (where status = 'declared') as declared,"
        " count(*) filter (where status = 'unknown') as unknown, count(*) filter (where status = 'not_applicable') as not_applicable"
        " from fct_readiness_checks group by layer order by layer"
    )
    failing = facts.rows(
        "select requirement_id, question, status, answer from fct_readiness_checks"
        " where status in ('fail', 'attention') order by status desc, requirement_id"
    )
    names = ("passed", "failed", "attention", "declared", "unknown", "not_applicable")
    return Section(
        "Annex: readiness scorecard",
        (
            grid(
                ("layer", *names),
                ((row["layer"], *(str(row[name]) for name in names)) for row in counts),
                empty="No requirement was answered.",
                note="Counts of rows of fct_readiness_checks. There is no single score: a sum over unlike things means nothing.",
            ),
            grid(
                ("requirement", "question", "status", "answer"),
                ((row["requirement_id"], row["question"], row["status"], row["answer"] or "") for row in failing),
                empty="No requirement fails or needs attention.",
            ),
        ),
    )
