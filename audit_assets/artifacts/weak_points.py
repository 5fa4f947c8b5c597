"""Weak points and what to do about them: the SPOF list, configuration findings, and the fix-first list with how stable its order is."""

from typing import Any

from audit_assets.artifacts.document import Cited, Section, grid, shown_number, text
from audit_assets.artifacts.facts import Facts

LONGEST_LIST = 100  # items of the fix-first list in the document; the mart holds them all
_ORDER = (
    "Rows of fct_fix_first. Severity first: a cluster, a service, a node, a pod; one step worse when a customer saw it, one step better for"
    " what has not happened yet."
    " Within a severity, what was measured comes first, by benefit for each day of effort; equal ranks are ties."
    " The last column says where an item stands when every effort is wrong by up to a half, in 100 trials: 1 and the items before it."
)


def fix_first_section(facts: Facts) -> Section:
    """What to fix, worst first, with its effort, its measured benefit, and how far its place moves."""
    rows = facts.rows("select * from fct_fix_first order by rank, item")
    return Section(
        "Fix this first",
        (
            grid(
                ("rank", "what", "claim", "evidence", "days", "benefit", "place, efforts ±50%"),
                (_fix(facts, row) for row in rows[:LONGEST_LIST]),
                empty="Nothing was found to fix.",
                note=_ORDER + (f" {len(rows) - LONGEST_LIST} further items are in fct_fix_first." if len(rows) > LONGEST_LIST else ""),
            ),
        ),
    )


def _fix(facts: Facts, row: dict[str, Any]) -> tuple[Any, ...]:
    claim = facts.cite_if(row["claim_id"])
    said_already = isinstance(claim, Cited) and claim.claim.value_text == row["evidence"]
    return (
        str(row["rank"]),
        row["item"],
        claim or row["mode_or_spof"],
        "" if said_already else row["evidence"],
        f"{shown_number(row['effort_days'])}, {row['effort_source']}",
        f"{shown_number(row['benefit'])} {row['benefit_unit']}" if row["benefit_unit"] else "not measured",
        _place(row),
    )


def _place(row: dict[str, Any]) -> str:
    low, high = row["place_low"], row["place_high"]
    return f"always {low}" if low == high else f"{low} … {high}; kept in {100 * row['keeps_place_share']:.0f}%"


def spofs_section(facts: Facts) -> Section:
    """Every single point of failure with its object, its file, its evidence and what it takes down."""
    rows = facts.rows("select * from fct_spofs order by kind, cluster, namespace, object")
    return Section(
        "Single points of failure",
        (
            text("Found: ", facts.cite("rel.spof.total"), "."),
            grid(
                ("kind", "object", "namespace", "cluster", "evidence", "file", "takes down"),
                (
                    (
                        facts.cite_if(f"rel.spof.{row['spof_id']}") or row["kind"],
                        row["object"],
                        row["namespace"] or "",
                        row["cluster"] or "",
                        row["evidence"],
                        row["source_uri"] or "",
                        row["blast_radius"] or "unknown",
                    )
                    for row in rows
                ),
                empty="None was found in the manifests that were read.",
            ),
        ),
    )


def configuration_section(facts: Facts) -> Section:
    """What manifests say that will cost money or reliability, and what running servers contradict."""
    rows = facts.rows("select * from fct_config_findings order by kind, cluster, namespace, object, finding_id")
    return Section(
        "Configuration findings",
        (
            text("Found: ", facts.cite("rel.finding.total"), "."),
            grid(
                ("kind", "object", "namespace", "evidence", "file", "requirement"),
                (
                    (
                        facts.cite_as(r["kind"], f"rel.finding.{r['kind']}"),
                        r["object"],
                        r["namespace"] or "",
                        r["evidence"],
                        r["source_uri"] or "",
                        r["requirement_id"] or "",
                    )
                    for r in rows
                ),
                empty="None was found in the manifests that were read.",
            ),
        ),
    )
