"""All lake tables in one list, and the one that the expectations write back to the lake."""

import pyarrow as pa

from audit_assets.billing.tables import TABLES as BILLING
from audit_assets.declared.tables import TABLES as DECLARED
from audit_assets.incidents.tables import TABLES as INCIDENTS
from audit_assets.manifests.tables import TABLES as MANIFESTS
from audit_assets.metrics.tables import TABLES as METRICS
from audit_assets.tables import Column, Table

TEXT, COUNT = pa.string(), pa.int64()

EXPECTATION_RESULTS = Table(
    name="expectation_results",
    kind="quality",
    snapshot=True,
    description="One row an expectation, from the last run over the facts.",
    columns=(
        Column("assumption_id", TEXT, "stable id"),
        Column("statement", TEXT, "what is assumed, in words"),
        Column("status", TEXT, "held, broken, untested or could_not_run"),
        Column("severity", TEXT, "critical (blocks publishing), warning or info"),
        Column("relation", TEXT, "the relation that was tested"),
        Column("rows_tested", COUNT, "rows"),
        Column("rows_failed", COUNT, "rows"),
        Column("sample", TEXT, "up to five failing subjects, or the error of a check that could not run"),
        Column("affects", TEXT, "claims that rest on it, as comma-separated id prefixes"),
        Column("needs", TEXT, "source groups without which it cannot be told, comma-separated"),
        Column("lie_id", TEXT, "the lie that is told when it is broken; null when none"),
    ),
)

LAKE_TABLES: tuple[Table, ...] = (*BILLING, *INCIDENTS, *METRICS, *MANIFESTS, *DECLARED, EXPECTATION_RESULTS)
