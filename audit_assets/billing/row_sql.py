"""What a billing format says about its rows: one SQL expression a lake column, and what makes a row unusable."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa

from audit_assets.billing.bill_file import ROW_NUMBER, SOURCE_URI, Relation
from audit_assets.billing.columns import MONEY, TAGS, Columns, Value, key, literal
from audit_assets.billing.tables import CHARGES
from audit_assets.partitions import Window, day_start
from audit_assets.tables import MONEY as LAKE_MONEY
from audit_assets.tables import TEXT_MAP, TIMESTAMP, Column

DUCKDB_TYPES = {
    pa.float64(): "DOUBLE",
    pa.int64(): "BIGINT",
    pa.uint64(): "UBIGINT",
    pa.bool_(): "BOOLEAN",
    LAKE_MONEY: MONEY,
    TIMESTAMP: "TIMESTAMPTZ",
    TEXT_MAP: TAGS,
}
PART = "part"  # days since 1970-01-01
_CONSTANT = re.compile("'[^']+'")
MICROSECONDS_A_DAY = 86_400_000_000
# Written by exporters at every delivery, so that a charge delivered again would not look equal.
DELIVERY_COLUMNS = frozenset({"xexporttime", "xingestiontime", "xsourcechanges", "xloadedat"})


@dataclass(frozen=True)
class Check:
    """A reason to quarantine a row: the column as delivered, the condition (never null), the reason, the offending value."""

    column: str
    condition: str
    reason: str
    raw: str = "null::varchar"


@dataclass(frozen=True)
class Addition:
    """A second lake row for the rows that meet a condition, with other values in some columns."""

    condition: str
    values: dict[str, str]


@dataclass(frozen=True)
class RowSql:
    """How rows of one file become charges. `start_column` names the column that holds the start of the charge period.

    `steps` name what is computed once and used often, each step from the one before: DuckDB keeps a buffer for every repeated
    expression, and a report spelled out in one step took 1.3 GB for a thousand rows.
    """

    start_column: str
    steps: tuple[dict[str, str], ...]
    values: dict[str, str]
    checks: tuple[Check, ...]
    additions: tuple[Addition, ...] = field(default=())


@dataclass(frozen=True)
class Typed:
    """A column of the file read as something: the lake column it becomes, its name in the file, and what it must be."""

    name: str
    given: str
    value: Value
    what: str

    @property
    def step(self) -> str:
        """The name of the value in the first step."""
        return f"_{self.name}"

    def required(self, columns: Columns) -> Check:
        """It must not be null."""
        return Check(self._shown(columns), f"{self.step} is null", "missing or unreadable", self._shown_value)

    def readable(self, columns: Columns) -> list[Check]:
        """It may be null, but not hold something else."""
        if not self.value.can_fail:
            return []
        # not of its text: to write four amounts of each row as text, to see that they are there, is a tenth of a load
        unread = f"{self.step} is null and ({self.value.raw}) is not null"
        return [Check(self._shown(columns), unread, f"not {self.what}", self._shown_value)]

    @property
    def _shown_value(self) -> str:
        return f"({self.value.raw})::varchar"

    def _shown(self, columns: Columns) -> str:
        found = columns.get(self.given)
        return found.name if found else self.given


def charges_select(bill: Relation, rows: RowSql, days: Window, constants: dict[str, str]) -> str:
    """Every charge of the files in these days, in the lake's columns, and its day as PART."""
    common = rows.values | constants | {
        "source_uri": SOURCE_URI,
        "source_row": ROW_NUMBER,
        "row_fingerprint": _fingerprint(bill.columns),
    }  # fmt: skip
    selects = [_select(bill, rows, days, common)]
    for addition in rows.additions:
        marked = {"row_fingerprint": f"hash({common['row_fingerprint']})"}
        selects.append(_select(bill, rows, days, common | marked | addition.values, addition.condition))
    return " union all ".join(selects)


def unusable_select(bill: Relation, rows: RowSql, days: Window) -> str:
    """Rows with a day that cannot be loaded: file, row, days since 1970, column, reason, raw."""
    cases = " ".join(
        f"when {check.condition} then {{'name': {literal(check.column)}, 'reason': {literal(check.reason)}, 'raw': {check.raw}}}"
        for check in rows.checks
    )
    start = bill.columns.moment(rows.start_column).sql
    return (
        f"select {SOURCE_URI}, {ROW_NUMBER}, {_day_number(start)}, problem.name, problem.reason, left(problem.raw, 500) from"
        f" (select *, case {cases} end as problem from {_stepped(bill, rows, days)})"
        f" where problem is not null"
    )


def count_select(bill: Relation, rows: RowSql, days: Window) -> str:
    """How many rows start in these days, usable or not."""
    return f"select count(*) from {bill.sql} where {_within(bill.columns, rows.start_column, days)}"


def undated_select(bill: Relation, rows: RowSql) -> str:
    """Rows without a usable start of the charge period: file, row, raw."""
    start = bill.columns.moment(rows.start_column)
    return f"select {SOURCE_URI}, {ROW_NUMBER}, left(({start.raw})::varchar, 500) from {bill.sql} where ({start.sql}) is null"


def days_select(bill: Relation, start_column: str) -> str:
    """The days of a file's charges, as days since 1970."""
    start = bill.columns.moment(start_column).sql
    return f"select distinct {_day_number(start)} from {bill.sql} where ({start}) is not null"


def _select(bill: Relation, rows: RowSql, days: Window, values: dict[str, str], condition: str = "true") -> str:
    listed = ", ".join(f"{_typed(values.get(column.name, 'null'), column, bill)} as {column.name}" for column in CHARGES.columns)
    unusable = " or ".join(f"({check.condition})" for check in rows.checks) or "false"
    part = f"{_day_number(bill.columns.moment(rows.start_column).sql)} as {PART}"
    return f"select {listed}, {part} from {_stepped(bill, rows, days)} where not ({unusable}) and ({condition})"


def _typed(sql: str, column: Column, bill: Relation) -> str:
    """A value in its column's type; texts of which there are few as ENUM, which a Parquet file holds as text all the same."""
    if column.type != pa.string():
        return f"({sql})::{DUCKDB_TYPES[column.type]}"
    if sql in ("null", "null::varchar"):
        return "null::ENUM('')"
    if _CONSTANT.fullmatch(sql):
        return f"{sql}::ENUM({sql})"
    if column.words:
        return f"({sql})::ENUM({', '.join(map(literal, column.words))})"
    if sql not in bill.few_texts:
        return f"({sql})::VARCHAR"
    texts = ", ".join(map(literal, bill.few_texts[sql]))
    # not a cast: DuckDB looks up the text of each row for that, and each text of a dictionary once for a function
    return f"map_extract_value(map([{texts}], [{texts}]::ENUM({texts})[]), {sql})"


def _stepped(bill: Relation, rows: RowSql, days: Window) -> str:
    """The files' rows in these days, with what the steps name."""
    sql = f"(select * from {bill.sql} where {_within(bill.columns, rows.start_column, days)})"
    for step in rows.steps:
        named = ", ".join(f"{expression} as {name}" for name, expression in step.items())
        sql = f"(select *, {named} from {sql})"
    return sql


def _day_number(moment: str) -> str:
    # epoch_us: a cast to DATE goes through ICU and costs 20 times as much
    return f"(epoch_us({moment}) // {MICROSECONDS_A_DAY})::integer"


def _within(columns: Columns, name: str, days: Window) -> str:
    """A range over the column itself where its type allows, so that row groups of other days are not read."""
    start, end = day_start(days.start), day_start(days.end) + timedelta(days=1)
    found = columns.get(name)
    native = found is not None and found.type.startswith(("TIMESTAMP", "DATE"))
    if found is None or not native:
        return _between(columns.moment(name).sql, start, end, "timestamptz")
    return _between(found.sql, start, end, "timestamptz" if "ZONE" in found.type else "timestamp")


def _between(sql: str, start: datetime, end: datetime, type_: str) -> str:
    form = "%Y-%m-%d 00:00:00+00" if type_ == "timestamptz" else "%Y-%m-%d 00:00:00"
    return f"({sql}) >= {type_} '{start:{form}}' and ({sql}) < {type_} '{end:{form}}'"


def _fingerprint(columns: Columns) -> str:
    """Hash over all columns in the order of their names: equal rows in reordered files stay equal."""
    named = sorted((key(found.name), found.sql) for found in columns.fields)
    return f"hash({', '.join(sql for name, sql in named if name not in DELIVERY_COLUMNS)})"
