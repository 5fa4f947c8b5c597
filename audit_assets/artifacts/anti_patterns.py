"""What makes an audit worthless whatever it found, as checks: each gives the faults that it sees, none when all is well.

Every check can fail: the tests break each one. What does not belong here: what the estate does wrong.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from audit_assets.artifacts.facts import Facts
from audit_assets.artifacts.overview import TITLES, Files

Check = Callable[[Facts, Path], list[str]]


def cost_without_assumptions(facts: Facts, _: Path) -> list[str]:
    """Cost numbers on which no written assumption bears."""
    bases = [base for row in facts.rows("select affects from fct_assumptions") for base in str(row["affects"] or "").split(",")]
    known = [claim.claim_id for claim in facts.family("cost.") if claim.value is not None]
    return [claim_id for claim_id in known if not any(claim_id.startswith(base.strip()) for base in bases)]


def unranked_roadmap(facts: Facts, _: Path) -> list[str]:
    """Ranks that are given twice, or left out."""
    ranks = [row["rank"] for row in facts.rows("select rank from fct_roadmap_items order by rank")]
    return [] if ranks == list(range(1, len(ranks) + 1)) else [f"ranks {ranks} are not 1 to {len(ranks)}"]


def item_without_owner_or_metric(facts: Facts, _: Path) -> list[str]:
    """Items that nobody owns, or of which nobody could tell that they helped."""
    rows = facts.rows("select item_id, owner, metric, metric_from, metric_to, claim_ids from fct_roadmap_items order by rank")
    return [f"{row['item_id']}: no {', no '.join(lacks)}" for row in rows if (lacks := _lacking(row))]


def _lacking(row: dict[str, Any]) -> list[str]:
    present = {
        "owner": row["owner"] not in (None, "", "UNOWNED"),
        "metric": bool(row["metric"]) and row["metric_from"] is not None and row["metric_to"] is not None,
        "evidence": bool(row["claim_ids"]),
    }
    return [name for name, there in present.items() if not there]


def optimisation_before_week_9(facts: Facts, _: Path) -> list[str]:
    """Tuning without a baseline."""
    return [row["item_id"] for row in facts.rows("select item_id from fct_roadmap_items where is_optimisation and phase <> '9-12'")]


def skipped_slo_track(facts: Facts, folder: Path) -> list[str]:
    """Services in scope for which no objective is proposed, or no SLO document at all."""
    if not _is_written(folder, "slo_proposal"):
        return ["slo_proposal was not written"]
    declared = "select distinct service from fct_scope where declared and service is not null"
    rows = facts.rows(f"select service from ({declared}) anti join fct_slo_proposal using (service) order by service")
    return [f"{row['service']} has no proposed objective" for row in rows]


def gate_without_artifact(_: Facts, folder: Path) -> list[str]:
    """Gates that are said to be met and have no document."""
    gates = Files.of(folder).gates
    return [slug for slug in TITLES if gates.get(slug, {}).get("met") and not _is_written(folder, slug)]


def _is_written(folder: Path, slug: str) -> bool:
    return all((folder / f"{slug}{kind}").is_file() and (folder / f"{slug}{kind}").stat().st_size for kind in (".md", ".html"))


CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        cost_without_assumptions,
        unranked_roadmap,
        item_without_owner_or_metric,
        optimisation_before_week_9,
        skipped_slo_track,
        gate_without_artifact,
    )
}
