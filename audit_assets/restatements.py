"""What changed when a committed day was replaced: the totals before and after, kept in the day's manifest.

Only tables that name totals have them (Table.totals). A day committed again with the same totals is no restatement.
"""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
from pydantic import BaseModel

from audit_assets.tables import Table

KEPT = 100  # a day: the newest
Totals = dict[str | None, dict[str, Decimal | None]]  # by the value of `totals_by`, e.g. a currency


class Restatement(BaseModel):
    """One change of one total group of a day, e.g. its charges in one currency. What was not there before, or is not any more, is null."""

    restated_at: datetime
    group: str | None
    before: dict[str, Decimal | None]
    after: dict[str, Decimal | None]


def restated(table: Table, before: Path, after: Path, now: datetime) -> list[Restatement]:
    """What replacing the file `before` with `after` changes, one a group; nothing when the totals are the same."""
    if not table.totals or before == after or not before.exists():
        return []
    old, new = _totals(table, before), _totals(table, after)
    nothing: dict[str, Decimal | None] = dict.fromkeys(table.totals)
    groups = sorted(old.keys() | new.keys(), key=lambda group: group or "")
    changes = [Restatement(restated_at=now, group=group, before=old.get(group, nothing), after=new.get(group, nothing)) for group in groups]
    return [change for change in changes if change.before != change.after]


def _totals(table: Table, path: Path) -> Totals:
    """Sums of the total columns, by group. Columns that a file of an older version does not have are unknown."""
    columns = [table.totals_by, *table.totals]
    file = pq.ParquetFile(path)
    if not set(columns) <= set(file.schema_arrow.names):
        return {}
    sums = file.read(columns).group_by(table.totals_by).aggregate([(name, "sum") for name in table.totals])
    return {row[table.totals_by]: {name: row[f"{name}_sum"] for name in table.totals} for row in sums.to_pylist()}
