"""What a lake table is: its columns, once. The lake, the dbt sources, their tests and the docs are all driven by it."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

TIMESTAMP = pa.timestamp("us", tz="UTC")
MONEY = pa.decimal128(28, 10)
TEXT_MAP = pa.map_(pa.string(), pa.string())
TEXT_LIST = pa.list_(pa.string())


@dataclass(frozen=True)
class Column:
    """A column: its Arrow type and what it means, with the unit. `words`: all that it can hold, where those are few."""

    name: str
    type: pa.DataType
    description: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A lake table. `snapshot` tables have one partition, the last day of the window; the others have one a day.

    `totals` are amounts whose sums, by the column `totals_by`, tell whether a day was restated.
    `name` is unique across all sources; `kind` is the folder that writes it (billing, incidents, metrics, manifests, declared, quality).
    """

    name: str
    kind: str
    description: str
    columns: tuple[Column, ...]
    snapshot: bool = False
    totals: tuple[str, ...] = ()
    totals_by: str = ""

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema, in column order."""
        return pa.schema([pa.field(column.name, column.type) for column in self.columns])

    @cached_property
    def schema_digest(self) -> str:
        """Another one when a column comes, goes, moves or changes its type."""
        return hashlib.sha256(str(self.schema).encode()).hexdigest()[:16]

    def rows(self, records: list[dict[str, object]]) -> pa.Table:
        """Records (dicts by column name; absent keys become null) as an Arrow table in this schema."""
        return pa.Table.from_pylist(records, schema=self.schema)
