"""Annexes of the roadmap: who owns what and where that is said, and the readiness scorecard, row by row."""

from collections.abc import Iterator
from typing import Any

from audit_assets.artifacts.document import Cell, Section, grid, text
from audit_assets.artifacts.facts import Facts

STATUSES = ("pass", "fail", "attention", "declared", "unknown", "not_applicable")
KINDS = ("automatic", "partial", "declared")
_COUNTS = ", ".join(f"count(*) filter (where status = '{status}') as {status}" for status in STATUSES)


def owners_section(facts: Facts) -> Section:
    """Every place that names an owner; who says otherwise is shown, not settled."""
    rows = facts.rows("select * from dim_owners order by service, preference")
    return Section(
        "Owners, and who says otherwise",
        (
            grid(
                ("service", "owner", "said by", "where", "verdict"),
                (
                    (
                        row["service"],
                        facts.cite_if(f"owner.{row['service']}") if row["is_used"] else row["owner"],
                        row["owner_source"],
                        row["evidence"],
                        _verdict(row["is_used"], row["is_conflict"]),
                    )
                    for row in rows
                ),
                empty="No service is declared.",
                note="Believed in this order: audit.yaml, a Backstage catalog, CODEOWNERS on the manifest, the policy in PagerDuty.",
            ),
        ),
    )


def _verdict(is_used: bool, is_conflict: bool) -> str:
    return "used" if is_used else "names somebody else" if is_conflict else "agrees, or says who is paged"


def scorecard_sections(facts: Facts) -> tuple[Section, ...]:
    """Shares, counts by layer, what fails or needs attention, and every other requirement with its answer."""
    return _scorecard(facts), _every_requirement(facts)


def _scorecard(facts: Facts) -> Section:
    failing = facts.rows(
        "select requirement_id, question, status, answer from fct_readiness_checks"
        " where status in ('fail', 'attention') order by status desc, requirement_id"
    )
    return Section(
        "Annex: readiness scorecard",
        (
            text(_shares(facts)),
            grid(
                ("layer", *(status.replace("_", " ") for status in STATUSES)),
                _counted(facts, "layer"),
                empty="No requirement was answered.",
                note="Counts of requirements. There is no single score: a sum over unlike things means nothing.",
            ),
            grid(
                ("answered by", *(status.replace("_", " ") for status in STATUSES)),
                _counted(facts, "answer_kind"),
                empty="No requirement was answered.",
                note="automatic: data answers it; partial: data and a declaration; declared: people, under `checklist` in audit.yaml.",
            ),
            grid(
                ("status", "question", "answer", "requirement"),
                ((_status(facts, row), row["question"], row["answer"] or "", row["requirement_id"]) for row in failing),
                empty="No requirement fails or needs attention.",
            ),
        ),
    )


def _status(facts: Facts, row: dict[str, Any]) -> Cell:
    return facts.cite_as(row["status"], f"readiness.{row['requirement_id']}")


def _shares(facts: Facts) -> str:
    kinds = {row["answer_kind"]: row["n"] for row in facts.rows("select answer_kind, count(*) as n from fct_readiness_checks group by all")}
    open_rows = facts.rows("select count(*) as n from fct_readiness_checks where status = 'unknown'")[0]["n"]
    listed = ", ".join(f"{kinds.get(kind, 0)} {kind}" for kind in KINDS)
    return f"{sum(kinds.values())} requirements: {listed}. Of all, {open_rows} are unknown; each says what is missing."


def _counted(facts: Facts, by: str) -> Iterator[tuple[str, ...]]:
    for row in facts.rows(f"select {by}, {_COUNTS} from fct_readiness_checks group by {by} order by {by}"):
        yield (row[by], *(str(row[status]) for status in STATUSES))


def _every_requirement(facts: Facts) -> Section:
    rows = facts.rows(
        "select * replace (replace(status, '_', ' ') as status) from fct_readiness_checks"
        " where status not in ('fail', 'attention') order by layer, requirement_id"
    )
    return Section(
        "Annex: every other requirement",
        (
            grid(
                ("layer", "question", "status", "answer", "answered by", "requirement"),
                (
                    (row["layer"], row["question"], _status(facts, row), row["answer"], row["answer_kind"], row["requirement_id"])
                    for row in rows
                ),
                empty="There is no other requirement.",
            ),
        ),
    )
