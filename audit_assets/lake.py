"""The lake: `<source>/<table>/day=YYYY-MM-DD/`, Parquet, immutable, one commit per day.

A commit writes the data under a name made of its content, flushes it, and then replaces the manifest, which alone makes it visible.
Readers follow manifests, never file listings, so a killed run leaves either the old day or the new one. Where the lake is shared in a
bucket, its objects are written before the local manifest, in the same order (lake_pull.py is the way back).
What does not belong here: what the rows mean.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from audit_assets.lake_bucket import LakeBucket
from audit_assets.objects import sha256_file
from audit_assets.restatements import KEPT, Restatement, restated
from audit_assets.source import Partition, Rejection
from audit_assets.tables import Table

MANIFEST = "_manifest.json"
REJECTIONS = "_rejected.json"
READABLE = 0o644  # temporary files are private until they are complete


class DayManifest(BaseModel):
    """The record of one committed day. rows_in = rows_loaded + rows_quarantined; `bytes` and `sha256` are of `file`.

    `restatements`: how the day's totals changed when it was replaced, the newest last. `schema_digest` is the table's when the day was
    written; earlier versions wrote none.
    """

    source: str
    table: str
    day: date
    rows_in: int
    rows_loaded: int
    rows_quarantined: int
    bytes: int
    sha256: str
    file: str
    quarantine_file: str | None
    uris: list[str]
    etags: list[str]
    input_digest: str
    gap_reason: str | None
    extracted_at: datetime
    restatements: list[Restatement] = []
    schema_digest: str | None = None

    @property
    def files(self) -> list[str]:
        """Names of the day's files, beside the manifest."""
        return [self.file, *([self.quarantine_file] if self.quarantine_file else [])]


@dataclass(frozen=True)
class Lake:
    """A lake in a local folder; with a bucket, the copy of a lake that homes share."""

    root: Path
    bucket: LakeBucket | None = None

    def folder(self, source: str, table: Table, day: date) -> Path:
        """Where a day of a table lives."""
        return self.root / source / table.name / f"day={day.isoformat()}"

    def manifest(self, source: str, table: Table, day: date) -> DayManifest | None:
        """The committed state of a day, or None when there is none."""
        path = self.folder(source, table, day) / MANIFEST
        try:
            return DayManifest.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None

    def is_current(self, source: str, tables: Iterable[Table], day: date, digest: str) -> bool:
        """Whether every table of the day is committed from exactly these inputs, with the columns that it has now."""
        manifests = ((table, self.manifest(source, table, day)) for table in tables)
        return all(found is not None and found.input_digest == digest and self.has_columns(table, found) for table, found in manifests)

    def has_columns(self, table: Table, manifest: DayManifest) -> bool:
        """Whether a committed day has the columns that its table has now."""
        if manifest.schema_digest is not None:
            return manifest.schema_digest == table.schema_digest
        path = self.folder(manifest.source, table, manifest.day) / manifest.file
        return path.exists() and bool(pq.read_schema(path).equals(table.schema, check_metadata=False))

    def commit(self, source: str, partition: Partition, digest: str, now: datetime) -> DayManifest:
        """Replace a day of a table. The same input leaves the same bytes and the same manifest but for `extracted_at`; other totals than
        before are kept beside the new ones."""
        folder = self.folder(source, partition.table, partition.day)
        folder.mkdir(parents=True, exist_ok=True)
        data = _settle(folder, partition.rows, partition.table.schema)
        quarantined = partition.quarantined.num_rows
        quarantine = _settle(folder, partition.quarantined, partition.quarantined.schema) if quarantined else None
        loaded = pq.read_metadata(data).num_rows
        previous = self.manifest(source, partition.table, partition.day)
        manifest = DayManifest(
            source=source,
            table=partition.table.name,
            day=partition.day,
            rows_in=loaded + quarantined,
            rows_loaded=loaded,
            rows_quarantined=quarantined,
            bytes=data.stat().st_size,
            sha256=data.stem,
            file=data.name,
            quarantine_file=quarantine.name if quarantine else None,
            uris=[item.uri for item in partition.inputs],
            etags=[item.etag for item in partition.inputs],
            input_digest=digest,
            gap_reason=partition.gap_reason,
            extracted_at=now,
            restatements=_history(previous, partition.table, data, now),
            schema_digest=partition.table.schema_digest,
        )
        self._replace(folder / MANIFEST, manifest.model_dump_json(indent=1).encode(), manifest.files)
        sweep(folder, keep={MANIFEST, *manifest.files})
        self._forget(folder, {*(previous.files if previous else [])} - {*manifest.files})
        return manifest

    def _replace(self, path: Path, content: bytes, files: Iterable[str] = ()) -> None:
        """Make files visible by what names them: in the bucket, and then here."""
        if self.bucket:
            folder = self._inside(path.parent)
            self.bucket.push(self.root, self._inside(path), content, [f"{folder}/{name}" for name in files])
        write_atomically(path, content)

    def _forget(self, folder: Path, names: Iterable[str]) -> None:
        """Remove from the bucket what a replaced manifest named, and nothing that a listing shows: another home may be about to name it."""
        if self.bucket:
            for name in names:
                self.bucket.remove(f"{self._inside(folder)}/{name}")

    def _inside(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def record_rejections(self, source: str, table: Table, rejections: Iterable[Rejection]) -> None:
        """Replace the list of inputs refused whole by the source that writes `table`."""
        folder = self.root / source / table.name
        folder.mkdir(parents=True, exist_ok=True)
        path, content = folder / REJECTIONS, orjson.dumps(list(rejections))
        if not path.exists() or path.read_bytes() != content:  # they are listed at every look
            self._replace(path, content)

    def rejections(self, source: str) -> list[Rejection]:
        """The inputs that a source refused whole, at its last look."""
        listed = sorted((self.root / source).glob(f"*/{REJECTIONS}"))
        return [Rejection(**item) for path in listed for item in orjson.loads(path.read_bytes())]

    def committed(self, source: str, table: Table, days: Iterable[date]) -> Iterator[tuple[Path, DayManifest]]:
        """The committed days among `days`, each with the folder of its files."""
        for day in days:
            manifest = self.manifest(source, table, day)
            if manifest is not None:
                yield self.folder(source, table, day), manifest

    def read(self, source: str, table: Table, day: date) -> pa.Table:
        """A committed day as Arrow; empty when it is not committed."""
        manifest = self.manifest(source, table, day)
        if manifest is None:
            return table.schema.empty_table()
        return pq.read_table(self.folder(source, table, day) / manifest.file, schema=table.schema)


def write_atomically(path: Path, content: bytes) -> None:
    """Write, flush to disk, rename; then flush the folder, so that a crash leaves the old file or the new one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    with os.fdopen(handle, "wb") as stream:
        os.fchmod(handle, READABLE)
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    Path(temporary).replace(path)
    _flush_folder(path.parent)


def _history(previous: DayManifest | None, table: Table, data: Path, now: datetime) -> list[Restatement]:
    """The restatements of a day, with the one that its new data make; the old data are still there."""
    if previous is None:
        return []
    return [*previous.restatements, *restated(table, data.parent / previous.file, data, now)][-KEPT:]


def _settle(folder: Path, rows: pa.Table | Path, schema: pa.Schema) -> Path:
    handle, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    if isinstance(rows, Path):
        _require_schema(pq.read_schema(rows), schema, rows)
        shutil.move(rows, temporary)
    else:
        _require_schema(rows.schema, schema, folder)
        pq.write_table(rows, temporary, compression="zstd")
    with temporary.open("rb+") as stream:
        os.fchmod(stream.fileno(), READABLE)
        os.fsync(stream.fileno())
    settled = folder / f"{sha256_file(temporary)}.parquet"
    temporary.replace(settled)  # the folder is flushed after the manifest's rename, which cannot overtake this one
    return settled


def _require_schema(found: pa.Schema, wanted: pa.Schema, where: Path) -> None:
    if not found.equals(wanted, check_metadata=False):
        differing = [field for field in found if field not in list(wanted)] or found
        raise TypeError(f"{where}: rows are not in the table's schema: {differing}; wanted {wanted}")


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path, keep: set[str]) -> None:
    """Remove the files of a day that its manifest does not name."""
    for path in folder.iterdir():
        if path.name not in keep:
            path.unlink(missing_ok=True)
