"""Weak points and what to do about them: the SPOF list, configuration findings, and the fix-first list with how stable its order is."""

from typing import Any

from audit_assets.artifacts.document import Section, grid, in_words, shown_number, text
from audit_assets.artifacts.facts import Facts

BLAST_RADII = ("cluster", "one_service", "one_node", "one_pod", None)  # worst first
LONGEST_LIST = 100  # items of the fix-first list in the document; the mart holds them all
_ORDER = (
    "Rows of fct_fix_first. Severity first: a cluster, a service, a node, a pod; one step worse when a customer saw it, one step better for"
    " what has not happened yet. Within a severity, what was measured comes first, by incident minutes for each day of effort; ties share a"
    " place. In brackets the places that an item takes when every effort is wrong by up to a half, in 100 trials. The roadmap names owners."
)


def fix_first_section(facts: Facts) -> Section:
    """What to fix, worst first, with its effort, its measured benefit, and how far its place moves."""
    rows = facts.rows("select * from fct_fix_first order by place, rank, item")
    return Section(
        "Fix this first",
        (
            grid(
                ("place", "what", "because", "effort, days", "what it costs now"),
                (_fix(facts, row) for row in rows[:LONGEST_LIST]),
                empty="Nothing was found to fix.",
                note=_ORDER + (f" {len(rows) - LONGEST_LIST} further items are in fct_fix_first." if len(rows) > LONGEST_LIST else ""),
            ),
        ),
    )


def _fix(facts: Facts, row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        _place(row),
        row["item"],
        facts.cite_as(in_words(row["evidence"]) if row["benefit_unit"] else row["evidence"], row["claim_id"]),
        f"{shown_number(row['effort_days'])}, {row['effort_source']}",
        f"{shown_number(row['benefit'])} {row['benefit_unit']}" if row["benefit_unit"] else "it has not happened yet",
    )


def _place(row: dict[str, Any]) -> str:
    low, high = row["place_low"], row["place_high"]
    return str(row["place"]) if low == high else f"{row['place']} ({low} … {high})"


def spofs_section(facts: Facts) -> Section:
    """Every single point of failure with its object, its file, its evidence and what it takes down."""
    rows = facts.rows("select * from fct_spofs order by kind, cluster, namespace, object")
    rows.sort(key=lambda row: BLAST_RADII.index(row["blast_radius"]))  # stable: by kind within a blast radius
    return Section(
        "Single points of failure",
        (
            text("Found: ", facts.cite("rel.spof.total"), "."),
            grid(
                ("takes down", "kind", "object", "namespace", "cluster", "evidence", "file"),
                (
                    (
                        in_words(row["blast_radius"]),
                        facts.cite_as(in_words(row["kind"]), f"rel.spof.{row['spof_id']}"),
                        row["object"],
                        row["namespace"] or "",
                        row["cluster"] or "",
                        row["evidence"],
                        row["source_uri"] or "",
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
                ("kind", "object", "namespace", "evidence", "file"),
                (
                    (
                        facts.cite_as(in_words(r["kind"]), f"rel.finding.{r['kind']}"),
                        r["object"],
                        r["namespace"] or "",
                        r["evidence"],
                        r["source_uri"] or "",
                    )
                    for r in rows
                ),
                empty="None was found in the manifests that were read.",
            ),
        ),
    )
