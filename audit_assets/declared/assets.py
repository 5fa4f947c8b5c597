"""The declaration as an asset: what people say, in tables beside what was measured."""

from datetime import UTC, datetime
from hashlib import sha256

import dagster as dg

from audit_assets.declared.declare import declared_partitions
from audit_assets.declared.tables import TABLES
from audit_assets.ingest import OWNERS, column_schema, lake_key
from audit_assets.resources import AuditResource


@dg.asset(
    key=lake_key("declared"),
    group_name="declared",
    description="audit.yaml as tables.",
    kinds={"yaml", "parquet"},
    owners=OWNERS,
    metadata={"dagster/column_schema": column_schema(TABLES)},
)
def declared(audit: AuditResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Commit every declared table under the window's last day."""
    digest = sha256(audit.audit.model_dump_json().encode()).hexdigest()
    with audit.home.writing():
        committed = [audit.home.lake.commit("declared", p, digest, datetime.now(tz=UTC)) for p in declared_partitions(audit.audit)]
    rows = {f"rows/{manifest.table}": manifest.rows_loaded for manifest in committed}
    return dg.MaterializeResult(metadata={"dagster/row_count": sum(rows.values()), **rows})
