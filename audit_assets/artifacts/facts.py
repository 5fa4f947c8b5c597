"""How documents read the published marts: claims by id or family, and small queries. Nothing here writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from audit_assets.artifacts.claims import UNANSWERED, Claim, all_claims
from audit_assets.artifacts.document import Cell, Cited, Grid, Paragraph, Part, Section, grid, text
from audit_assets.artifacts.published import keep_claims

# Tables as delivered; rollups and declarations are made from them and from audit.yaml.
INGESTED = [
    "charges",
    "pagerduty_incidents",
    "pagerduty_log_entries",
    "pagerduty_alerts",
    "slack_messages",
    "alertmanager_alerts",
    "samples",
    "k8s_objects",
    "alert_rules",
]
VERDICTS = {"measured": "holds", "contradicted": "does not hold", "untested": "could not be tested"}  # of a belief, by status
FAMILIES = {"cost_model": ("cost.", "gpu."), "risk_register": ("rel.", "scope."), "slo_proposal": ("slo.",)}  # of claim ids
TRACK_OWNERS = {
    "cost_model": "cost_owner",
    "risk_register": "reliability_owner",
    "slo_proposal": "slo_owner",
    "roadmap": "roadmap_owner",
}


@dataclass(frozen=True)
class Facts:
    """The published marts of one audit, open for reading."""

    connection: duckdb.DuckDBPyConnection
    claims: dict[str, Claim]
    previous: tuple[Claim, ...] | None = None  # of the last audit of other inputs; None when none is kept

    @classmethod
    def open(cls, marts: Path, kept: Path | None = None) -> "Facts":
        """Open `marts.duckdb`; `kept` is the file in which a home keeps the claims of its last audits."""
        connection = duckdb.connect(marts, read_only=True)
        claims = all_claims(connection)
        previous = keep_claims(kept, claims) if kept else None
        return cls(connection, {claim.claim_id: claim for claim in claims}, previous)

    @cached_property
    def currency(self) -> str:
        """The currency of the audit."""
        return str(self.rows("select currency from meta_audit")[0]["currency"])

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        """The rows of a query, as dicts by column."""
        result = self.connection.execute(query, list(parameters))
        columns = [column[0] for column in result.description or []]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]

    def cite(self, claim_id: str) -> Cited:
        """A claim by id. Raises KeyError: a document never names a claim that does not exist."""
        return Cited(self.claims[claim_id])

    def cite_if(self, claim_id: str | None) -> Cited | None:
        """A claim by id, or nothing when there is no such claim."""
        return Cited(self.claims[claim_id]) if claim_id in self.claims else None

    def cite_as(self, words: str, claim_id: str) -> str | Cited:
        """Words that lead to the claim they stand with; the bare words when there is no such claim."""
        return Cited(self.claims[claim_id], words) if claim_id in self.claims else words

    def family(self, prefix: str) -> list[Claim]:
        """Claims whose id starts with `prefix`, by id."""
        return [self.claims[claim_id] for claim_id in sorted(self.claims) if claim_id.startswith(prefix)]


def coverage_section(facts: Facts, groups: Iterable[str], families: Iterable[str]) -> Section:
    """What the document rests on: days with data, rows set aside, why a source is silent, and the assumptions behind its claims.

    `groups`: kinds of source. `families`: what the document's claim ids begin with. It follows what the document found.
    """
    wanted = list(groups)
    rows = facts.rows(
        """
        select source, table_name, source_group,
               count(*) filter (where rows_loaded > 0) as days_with_rows, count(*) as days,
               sum(rows_loaded)::bigint as rows_loaded, sum(rows_quarantined)::bigint as rows_quarantined,
               min(day) filter (where rows_loaded = 0) as first_gap,
               any_value(gap_reason) as gap_reason
        from meta_sources
        where list_contains(?, source_group) and list_contains(?, table_name)
        group by all
        order by source_group, source, table_name
        """,
        wanted,
        INGESTED,
    )
    table = grid(
        ("source", "table", "days with rows", "rows", "set aside", "first day without rows", "why"),
        (
            (
                row["source"],
                row["table_name"],
                f"{row['days_with_rows']} of {row['days']}",
                f"{row['rows_loaded']:,}",
                f"{row['rows_quarantined']:,}",
                str(row["first_gap"] or ""),
                row["gap_reason"] or "",
            )
            for row in rows
        ),
        empty=f"No source of {', '.join(wanted)} is declared in audit.yaml; what it would feed is unknown.",
        note="Manifests are one snapshot. A day without rows is a gap with its reason, never a zero; for incidents it may be a quiet day.",
    )
    return Section("What this rests on", (table, _verdicts(facts, tuple(families))))


def _verdicts(facts: Facts, families: tuple[str, ...]) -> Grid:
    rows = facts.rows(
        "select assumption_id, statement, status, severity, rows_tested, rows_failed, sample, affects from fct_assumptions"
        " where status <> 'held' order by status, severity, assumption_id"
    )
    rows = [row for row in rows if any(_touches(prefix, families) for prefix in row["affects"].split(","))]
    return grid(
        ("assumption", "status", "failed of tested", "for example"),
        (
            (
                f"{row['statement']} ({row['assumption_id']})",
                row["status"],
                f"{row['rows_failed']} of {row['rows_tested']}" if row["rows_tested"] else "",
                row["sample"] or "",
            )
            for row in rows
        ),
        empty="Every assumption behind these claims was tested and held.",
        note="Assumptions that are broken, untested or could not be checked. A skipped check is not a pass.",
    )


def _touches(prefix: str, families: tuple[str, ...]) -> bool:
    """Whether claims that begin with `prefix` are among those of the families, or the other way round."""
    return any(prefix.startswith(family) or family.startswith(prefix) for family in families)


def unknown_section(facts: Facts, tracks: Iterable[str]) -> Section:
    """What the document cannot say, by what is missing: one gap often leaves several claims without an answer."""
    wanted = set(tracks)
    gaps: dict[str, list[Claim]] = {}
    for claim in sorted(facts.claims.values(), key=lambda claim: claim.statement):
        if claim.track in wanted and claim.status in ("unknown", "untested"):
            gaps.setdefault(plain_reason(claim), []).append(claim)
    table = grid(
        ("what is missing", "so nobody knows"),
        ((reason, _listed(claims)) for reason, claims in gaps.items()),
        empty="Every claim of this track has a value.",
    )
    return Section("What is not known", (table,))


def _listed(claims: list[Claim]) -> Cell:
    separated = [(Cited(claim, claim.statement.removesuffix(".")), "; ") for claim in claims]
    return tuple(part for pair in separated for part in pair)[:-1]


def plain_reason(claim: Claim) -> str:
    """Why a claim has no value, without the word that its status says already."""
    return (claim.value_text or "").removeprefix(f"{claim.status}: ")


def beliefs_sections(facts: Facts, slug: str) -> tuple[Section, ...]:
    """What people believe of the document's claims, against what was measured; no section where nobody declared any."""
    beliefs = [claim for claim in facts.family("belief.") if _document_of(claim.subject) == slug]
    table = grid(
        ("belief", "verdict", "in words"),
        ((claim.statement, Cited(claim, VERDICTS[claim.status]), plain_reason(claim)) for claim in beliefs),
        empty="",
    )
    return (Section("What people believe", (table,)),) if beliefs else ()


def _document_of(claim_id: str) -> str:
    """The document whose claims begin as this one does; the plan, which is about all of them, for the others."""
    return next((slug for slug, families in FAMILIES.items() if claim_id.startswith(families)), "roadmap")


def told(subject: str, *parts: Part) -> Paragraph:
    """A sentence; where none of its claims has an answer, only that its subject is unknown, and why."""
    cited = [part for part in parts if isinstance(part, Cited)]
    known = any(one.claim.status not in UNANSWERED for one in cited)
    return text(*parts) if known else text(f"{subject}: ", cited[0], ".")


def audit_header(facts: Facts, slug: str) -> tuple[str, str, str]:
    """Name, window with its coverage, and track owner for a document's header."""
    (row,) = facts.rows("select * from meta_audit")
    name, window = audited(facts)
    return name, f"{window} (UTC, both days included); {_covered(facts)}", str(row[TRACK_OWNERS[slug]] or "UNOWNED")


def audited(facts: Facts) -> tuple[str, str]:
    """Name and window of the audit."""
    (row,) = facts.rows("select audit, window_start, window_end from meta_audit")
    return str(row["audit"]), f"{row['window_start']} … {row['window_end']}"


def _covered(facts: Facts) -> str:
    """The days that bills and metrics cover, of those that each source should; quiet days of pagers and chats are no gaps."""
    covered = facts.rows(
        """
        select source_group, sum(days_with_rows)::bigint as covered, sum(days)::bigint as days
        from (
            select source_group, source, count(distinct day) filter (where rows_loaded > 0) as days_with_rows, count(distinct day) as days
            from meta_sources
            where source_group in ('billing', 'metrics')
            group by all
        )
        group by all
        """
    )
    share = {row["source_group"]: f"{row['covered']} of {row['days']} source-days" for row in covered}
    return "; ".join(f"{words}: {share.get(group, 'no source')}" for group, words in (("billing", "bills"), ("metrics", "metrics")))
