"""The declaration as an asset: what people say, in tables beside what was measured."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256

import dagster as dg

from audit_assets.audit import Audit
from audit_assets.declared.declare import declared_partitions
from audit_assets.declared.tables import TABLES
from audit_assets.ingest import OWNERS, column_schema, lake_key
from audit_assets.record import UNREAD
from audit_assets.resources import AuditResource

Redaction = Callable[[AuditResource, str], str]


def build_declared_asset(redacted: Redaction) -> dg.AssetsDefinition:
    """The asset. `redacted` takes secrets and people out of what is written of an incident."""

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
        digest = sha256(audit.audit.model_dump_json(exclude=UNREAD).encode()).hexdigest()
        told = without_names(audit.audit, lambda text: redacted(audit, text))
        with audit.home.writing():
            committed = [audit.home.lake.commit("declared", p, digest, datetime.now(tz=UTC)) for p in declared_partitions(told)]
        rows = {f"rows/{manifest.table}": manifest.rows_loaded for manifest in committed}
        return dg.MaterializeResult(metadata={"dagster/row_count": sum(rows.values()), **rows})

    return declared


def without_names(audit: Audit, redacted: Callable[[str], str]) -> Audit:
    """The audit with what its overrides say in free words redacted."""
    overrides = [
        one.model_copy(update={name: redacted(text) for name in ("reason", "severity") if (text := getattr(one, name)) is not None})
        for one in audit.incident_overrides
    ]
    return audit.model_copy(update={"incident_overrides": overrides})
