"""What a finished run tells: where the documents are, what they found, what was refused, and one query to paste."""

from pathlib import Path
from typing import Any

import duckdb
import orjson
from rich.console import Console

from audit_assets.artifacts.pdf import why_no_pdf
from audit_assets.audit import Audit
from audit_assets.console import typed
from audit_assets.home import Home
from audit_assets.run import RunReport

QUERY = "select workload, unit, cost_per_unit, status from fct_unit_cost where split_rule = 'gpu_only' and basis = 'allocated'"
_QUARANTINED = "from meta_sources where rows_quarantined > 0"
_HEADLINES = """
    select claim_id, statement, value_text, status
    from fct_claims
    where claim_id in ('cost.spend.total', 'cost.idle.share', 'rel.incidents.total')
    order by claim_id
"""


def summary(report: RunReport, audit: Audit, home: Home, lake_only: bool) -> dict[str, Any]:
    """The run as one record. `headlines` are claims; `gates` say which documents' gates are met."""
    told: dict[str, Any] = {
        "run_id": report.run_id,
        "window": [report.window.start.isoformat(), report.window.end.isoformat()],
        "unchanged": report.unchanged,
        "quarantined": report.quarantined,
        "rejected": [{"source": name, "uri": r.uri, "reason": r.reason, "fix": r.fix} for name, r in report.rejected],
        "documents": [],
        "headlines": [],
        "gates": {},
    }
    if not lake_only:
        pages = sorted(home.artifacts.glob("*.html"), key=lambda path: (path.name != "index.html", path.name))
        told["documents"] = [str(path) for path in pages]
        told["pdf"] = why_no_pdf(audit)
        told["headlines"] = _headlines(home.marts)
        told["gates"] = gates(home)
    return told


def gates(home: Home) -> dict[str, bool]:
    """Whether each document's gate is met, as its own record says."""
    path = home.artifacts / "gates.json"
    return {name: bool(gate["met"]) for name, gate in orjson.loads(path.read_bytes()).items()} if path.exists() else {}


def _headlines(marts: Path) -> list[dict[str, str]]:
    with duckdb.connect(marts, read_only=True) as connection:
        rows = connection.execute(_HEADLINES).fetchall()
    return [dict(zip(("claim_id", "statement", "value", "status"), row, strict=True)) for row in rows]


def print_summary(out: Console, err: Console, told: dict[str, Any], home: Path) -> None:
    """Print the record for a person."""
    for refused in told["rejected"]:
        err.print(
            f"refused {refused['source']}: {refused['uri']}: {refused['reason']} — {refused['fix']}",
            markup=False,
            soft_wrap=True,
        )
    if told["quarantined"]:
        err.print(
            f"{told['quarantined']:,} rows quarantined; see {typed('sql', '--home', home, _QUARANTINED)}",
            markup=False,
        )
    if told["unchanged"]:
        out.print("nothing changed since the last finished run; marts and documents are current")
    for path in told["documents"]:
        out.print(path, soft_wrap=True)
    if told.get("pdf"):
        err.print(told["pdf"], markup=False, soft_wrap=True)
    for headline in told["headlines"]:
        out.print(
            f"{headline['statement']}: {headline['value']} ({headline['status']}, claim {headline['claim_id']})",
            markup=False,
            soft_wrap=True,
        )
    if told["headlines"]:
        out.print(f"try: {typed('sql', '--home', home, QUERY)}", markup=False, soft_wrap=True)
