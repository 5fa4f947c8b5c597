"""Base of the billing sources that read files: finds their days, and loads many days of a file in one scan.

What does not belong here: what columns mean; the formats say that (focus.py, aws_cur.py, gcp.py, azure.py).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from audit_assets.billing.bill_file import BillFile, Relation, look, open_rows, refusal, relation, shared_connection
from audit_assets.billing.columns import Columns, literal
from audit_assets.billing.deliveries import current
from audit_assets.billing.export_manifests import named_by_manifests
from audit_assets.billing.row_groups import all_dated, day_by_day, days_of_spans
from audit_assets.billing.row_sql import PART, RowSql, charges_select, count_select, days_select, undated_select, unusable_select
from audit_assets.billing.shapes import require_shape
from audit_assets.billing.tables import CHARGES
from audit_assets.objects import Listing, ObjectStat
from audit_assets.partitions import Window
from audit_assets.source import QUARANTINE, FileSource, Inputs, Partition
from audit_assets.worker_database import connect

EPOCH = date(1970, 1, 1)
# A column of more texts than this a row group is no dictionary: looking for one costs a third of the writing and saves no bytes.
PARQUET = "format parquet, compression zstd, dictionary_size_limit 1000"
ON_PREM_VERSIONS = 1000  # added to the version of a source marked `as: on_prem`: its days are other rows


@dataclass(frozen=True)
class Bad:
    """A quarantined row: its day, file, 1-based data row, column, reason and value."""

    day: date
    uri: str
    position: int
    column: str | None
    reason: str
    raw: str | None


class BillFilesSource(FileSource):
    """Bills in files. `on_prem`: every row is priced as on-premises. Subclasses say which columns they need and what rows mean."""

    tables = (CHARGES,)
    suffixes: tuple[str, ...] = (".csv", ".csv.gz", ".parquet")
    companions = ("manifest.json",)
    kind = ""
    base_version = 0
    needed: tuple[str, ...] = ()
    start_column = ""

    def __init__(self, name: str, uri: str, base: Path, index: Path, on_prem: bool = False) -> None:
        super().__init__(name, uri, base, index)
        self.on_prem = on_prem
        self.version = self.base_version + (ON_PREM_VERSIONS if on_prem else 0)

    def listing(self) -> Listing:
        """The current files; older deliveries of the same month are reported as ignored."""
        return current(named_by_manifests(super().listing()))

    def refuse(self, item: ObjectStat, bill: Relation, connection: duckdb.DuckDBPyConnection) -> None:
        """Raise SourceRejected for a file of the right shape that this source still must not read."""

    def row_sql(self, columns: Columns) -> RowSql:
        """How rows of a file with these columns become charges."""
        raise NotImplementedError

    def days_of(self, item: ObjectStat) -> frozenset[date]:
        """The UTC days in which charges of a file start. Raises SourceRejected when the file cannot be read or is of another kind."""
        with TemporaryDirectory(prefix="assay-bill-") as folder, shared_connection().cursor() as connection:
            bill = look(connection, item, Path(folder))
            require_shape(self.kind, self.needed, item, bill.columns)
            try:
                self.refuse(item, bill, connection)
                known = [days_of_spans(file.spans(self.start_column)) for file in bill.files]
                if known and known[0] is not None:
                    return known[0]
                found = connection.execute(days_select(bill, self.start_column)).fetchall()
            except duckdb.Error as problem:
                raise refusal(item, problem) from problem
        return frozenset(EPOCH + timedelta(days=number) for (number,) in found)

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """The charges of these days, each file read once, and what could not be loaded."""
        items = sorted({item for objects in inputs.values() for item in objects})
        if not items:
            return
        with connect(scratch) as connection:
            files = [open_rows(connection, item, scratch) for item in items]
            loaded = self._load(connection, files, inputs, scratch)
            bad = self._bad(connection, files, inputs, sum(rows for _, rows in loaded.values()))
        for day, objects in inputs.items():
            quarantined = _quarantine(row for row in bad if row.day == day)
            if day in loaded or quarantined.num_rows:
                rows = loaded[day][0] if day in loaded else CHARGES.schema.empty_table()
                yield Partition(CHARGES, day, rows, quarantined, objects)

    def _load(
        self, connection: duckdb.DuckDBPyConnection, files: list[BillFile], inputs: Inputs, scratch: Path
    ) -> dict[date, tuple[Path, int]]:
        """Write the days that have charges: a Parquet file and its rows each."""
        try:
            if len(inputs) > 1 and not day_by_day([file.spans(self.start_column) for file in files], inputs):
                return _write_parts(connection, self._charges(files, inputs), scratch / "parts")
            of_day = {day: [file for file in files if file.item in objects] for day, objects in inputs.items()}
            return {
                day: written
                for day, its_files in of_day.items()
                if (written := _write_day(connection, self._charges(its_files, [day]), scratch / f"{day}.parquet"))[1]
            }
        except duckdb.Error as problem:
            raise _blamed(connection, files, problem) from problem

    def _charges(self, files: Sequence[BillFile], days: Collection[date]) -> str:
        constants = {"source": literal(self.name)} | ({"price_class": "'on_prem'"} if self.on_prem else {})
        window = Window(min(days), max(days))
        bills = [relation(group) for group in _by_shape(files)]
        selects = [charges_select(bill, self.row_sql(bill.columns), window, constants) for bill in bills]
        found = f"({' union all '.join(selects)})"
        if len(days) == len(window):
            return f"select * from {found}"
        wanted = ", ".join(str((day - EPOCH).days) for day in days)
        return f"select * from {found} where list_contains([{wanted}], {PART})"

    def _bad(self, connection: duckdb.DuckDBPyConnection, files: list[BillFile], inputs: Inputs, loaded: int) -> list[Bad]:
        days = Window(min(inputs), max(inputs))
        bad: list[Bad] = []
        for group in _by_shape(files):
            bad += self._undated(connection, group, self.row_sql(group[0].columns), inputs)
        bills = [(bill, self.row_sql(bill.columns)) for bill in map(relation, _by_shape(files))]
        counts = [connection.execute(count_select(bill, rows, days)).fetchall()[0][0] for bill, rows in bills]
        if sum(counts) != loaded:
            for bill, rows in bills:
                found = connection.execute(unusable_select(bill, rows, days)).fetchall()
                bad += [Bad(EPOCH + timedelta(days=day), uri, row, *rest) for uri, row, day, *rest in found]
        return sorted(bad, key=lambda row: (row.uri, row.position))

    def _undated(self, connection: duckdb.DuckDBPyConnection, group: list[BillFile], rows: RowSql, inputs: Inputs) -> list[Bad]:
        """Rows without a day, in the first day of their file; files whose first day is not asked for are not looked at."""
        firsts = {file.item.uri: self.first_day(file.item, inputs) for file in group}
        asked = [file for file in group if firsts[file.item.uri] in inputs]
        field = group[0].columns.get(rows.start_column)
        name = field.name if field else rows.start_column
        doubtful = [file for file in asked if not all_dated(file.spans(rows.start_column))]
        found = connection.execute(undated_select(relation(doubtful), rows)).fetchall() if doubtful else []
        undated = [Bad(firsts[uri], uri, row, name, "missing or unreadable", raw) for uri, row, raw in found]
        broken = [Bad(firsts[file.item.uri], file.item.uri, no.row, no.column, no.reason, no.raw) for file in asked for no in file.no_rows]
        return undated + broken


def _by_shape(files: Sequence[BillFile]) -> list[list[BillFile]]:
    """Files that one scan can read, in the order of their names."""
    groups: dict[tuple[object, ...], list[BillFile]] = {}
    for file in files:
        groups.setdefault(file.shape, []).append(file)
    return list(groups.values())


def _write_day(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> tuple[Path, int]:
    """One day in one pass."""
    copied = f"copy (select * exclude ({PART}) from ({query})) to {literal(str(path))} ({PARQUET})"
    return path, int(connection.execute(copied).fetchall()[0][0])


def _write_parts(connection: duckdb.DuckDBPyConnection, query: str, folder: Path) -> dict[date, tuple[Path, int]]:
    """Many days in one pass, whatever the order of the rows. It costs about 1.4 times as much as writing them in order."""
    connection.execute(f"copy ({query}) to {literal(str(folder))} ({PARQUET}, partition_by ({PART}))")
    written = {}
    for part in folder.glob(f"{PART}=*"):
        (path,) = part.iterdir()  # one thread writes one file
        written[EPOCH + timedelta(days=int(part.name.split("=")[1]))] = (path, pq.read_metadata(path).num_rows)
    return written


def _blamed(connection: duckdb.DuckDBPyConnection, files: list[BillFile], problem: duckdb.Error) -> Exception:
    """Which of the files cannot be read."""
    for file in files:
        bill = relation([file])
        columns = ", ".join(field.sql for field in bill.columns.fields)
        try:
            connection.execute(f"select max(hash({columns})) from {bill.sql}").fetchall()
        except duckdb.Error as damage:
            return refusal(file.item, damage)
    return problem


def _quarantine(rows: Iterable[Bad]) -> pa.Table:
    records = [{"uri": row.uri, "position": row.position, "column": row.column, "reason": row.reason, "raw": row.raw} for row in rows]
    return pa.Table.from_pylist(records, schema=QUARANTINE)
