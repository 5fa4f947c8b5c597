"""The declaration as assets: what people say, in tables beside what was measured."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

import dagster as dg

from audit_assets.declared.declare import declared_partitions
from audit_assets.declared.tables import TABLES
from audit_assets.ingest import OWNERS, rows_metadata, table_key
from audit_assets.resources import AuditResource


@dg.multi_asset(
    name="declare",
    specs=[
        dg.AssetSpec(
            table_key(table),
            group_name="declared",
            description=table.description,
            kinds={"yaml", "parquet"},
            owners=OWNERS,
            metadata={
                "dagster/column_schema": dg.TableSchema(
                    columns=[
                        dg.TableColumn(c.name, str(c.type), description=c.description) for c in table.columns
                    ]
                )
            },
        )
        for table in TABLES
    ],
)
def declared_tables(audit: AuditResource) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Commit every declared table under the window's last day."""
    digest = sha256(audit.audit.model_dump_json().encode()).hexdigest()
    with audit.home.writing():
        for partition in declared_partitions(audit.audit):
            audit.home.lake.commit("declared", partition, digest, datetime.now(tz=UTC))
            yield dg.MaterializeResult(
                asset_key=table_key(partition.table), metadata=rows_metadata(partition.rows)
            )  # type: ignore[arg-type]
