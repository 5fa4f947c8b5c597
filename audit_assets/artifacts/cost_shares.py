"""Where the money goes: by workload, by service and by kind, and what no workload holds."""

from audit_assets.artifacts.cost_charts import spend_by_workload
from audit_assets.artifacts.document import Block, Cited, Grid, Section, grid, text
from audit_assets.artifacts.facts import Facts, told

NO_NODE = "GPUs on no known node"


def spend_section(facts: Facts) -> Section:
    """What each workload takes of the spend, and the parts that none does."""
    chart = spend_by_workload(facts)
    return Section(
        "Where it goes",
        (
            *((chart,) if chart else ()),
            _workloads(facts),
            *_held_by_nobody(facts),
            _shares(facts, "service"),
            _shares(facts, "kind"),
            told(
                "Untagged, and outside the allowed regions",
                "Untagged: ",
                facts.cite("cost.untagged.share"),
                " of spend. Outside the allowed regions: ",
                facts.cite("cost.region.disallowed"),
                ".",
            ),
        ),
    )


def _held_by_nobody(facts: Facts) -> tuple[Block, ...]:
    """What the table leaves out, where it is known."""
    idle, used = (facts.cite(f"cost.{name}") for name in ("idle.unallocated.share", "commitment.utilisation"))
    if idle.claim.value is None or used.claim.value is None:
        return ()
    said = (
        "Workloads hold a part of the spend only. The rest are GPUs that nobody held, ",
        idle,
        " of spend, and commitments, of which ",
        used,
    )
    return (text(*said, " ran something."),)


def _workloads(facts: Facts) -> Grid:
    spent = [claim for claim in facts.family("cost.spend.") if claim.claim_id != "cost.spend.total"]
    services = {row["workload"]: row["service"] for row in facts.rows("select workload, service from fct_scope")}
    return grid(
        ("workload", "service", "GPU and token spend in the window", "share of GPU spend"),
        (
            (
                NO_NODE if claim.subject == "__unattributed__" else claim.subject,
                services.get(claim.subject) or "",
                Cited(claim),
                facts.cite_if(claim.claim_id.replace("cost.spend.", "cost.share.workload.")) if claim.value is not None else "",
            )
            for claim in sorted(spent, key=lambda claim: -(claim.value or 0))
        ),
        empty="No spend could be mapped to a workload.",
    )


def _shares(facts: Facts, group: str) -> Grid:
    claims = sorted(facts.family(f"cost.share.{group}."), key=lambda claim: -(claim.value or 0))
    return grid(
        (group, "share of GPU spend"),
        ((claim.subject, Cited(claim)) for claim in claims),
        empty=f"No share of a {group} could be computed.",
    )
