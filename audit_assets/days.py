"""What runs the days: plan which are not current, extract them in parallel, commit each.

`extract_chunk` is the unit of work: it is picklable and shares no state, so another engine can run it on another machine against the
same lake. A chunk is a day, or several days that share input objects, so that a monthly file is read once and not thirty times; or
several small days of files, where starting costs more than reading.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from audit_assets.audit import LOOK_BACK_DAYS
from audit_assets.errors import AssayError, SourceRejected, SourceUnavailable
from audit_assets.lake import DayManifest, Lake
from audit_assets.partitions import day_bounds
from audit_assets.processes import exit_with_parent
from audit_assets.source import HasSettings, Inputs, Partition, Rejection, Source, input_digest

LONGEST_CHUNK = 31
SMALL_BYTES = 1_000_000  # of inputs: days below go together


@dataclass(frozen=True)
class Plan:
    """What a source has to do: the days whose inputs changed, and the days that are current already.

    `problem`: it could not be asked, and days that were read before stay as they are.
    """

    source: Source
    inputs: Inputs
    digests: dict[date, str]
    todo: tuple[date, ...]
    current: tuple[date, ...]
    problem: SourceUnavailable | SourceRejected | None = None


@dataclass(frozen=True)
class DayDone:
    """A committed or skipped day of a source, for progress displays."""

    source: str
    day: date
    rows_loaded: int
    rows_quarantined: int
    bytes: int
    skipped: bool


@dataclass(frozen=True)
class Chunk:
    """Days of one source that are extracted together."""

    source: Source
    inputs: Inputs
    digests: dict[date, str]


Listener = Callable[[DayDone], None]


def plan(source: Source, lake: Lake, days: Sequence[date], fresh: bool = False, look_back_days: int = LOOK_BACK_DAYS) -> Plan:
    """`compare`, and note the inputs that the source refused."""
    planned = compare(source, lake, days, fresh, look_back_days)
    if not isinstance(planned.problem, SourceUnavailable):
        refused = (Rejection.of(planned.problem),) if planned.problem else source.rejections()
        lake.record_rejections(source.name, source.tables[0], refused)
    return planned


def compare(source: Source, lake: Lake, days: Sequence[date], fresh: bool = False, look_back_days: int = LOOK_BACK_DAYS) -> Plan:
    """Compare the source's inputs with what the lake was made from; writes nothing to the lake. `fresh` redoes every day.

    `look_back_days`: a day of a live source is asked for again, once a UTC day, until it was read so many days after its end.
    """
    try:
        inputs = source.inputs(days)
        settings = source.settings if isinstance(source, HasSettings) else ""
    except (SourceUnavailable, SourceRejected) as problem:
        return Plan(source, {}, {}, (), (), problem)
    digests = {day: input_digest(source, inputs[day], settings) for day in days}
    current = () if fresh else tuple(day for day in days if _is_current(source, lake, day, digests[day], look_back_days))
    return Plan(source, inputs, digests, tuple(day for day in days if day not in set(current)), current)


def _is_current(source: Source, lake: Lake, day: date, digest: str, look_back_days: int) -> bool:
    if not lake.is_current(source.name, source.tables, day, digest):
        return False
    if not source.live:
        return True
    manifests = list(_manifests(lake, source, day))
    settled, today = day_bounds(day)[1] + timedelta(days=look_back_days), datetime.now(tz=UTC).date()
    is_read = all(manifest.extracted_at >= settled or manifest.extracted_at.date() == today for manifest in manifests)
    return is_read and (not source.back_filled or any(manifest.rows_loaded for manifest in manifests))


def run_plans(plans: Iterable[Plan], lake: Lake, scratch: Path, listener: Listener) -> list[AssayError]:
    """Extract and commit every pending day of the plans; returns what went wrong, by chunk, after all others were done."""
    scratch.mkdir(parents=True, exist_ok=True)
    chunks, problems = [], list[AssayError]()
    for planned in plans:
        problems += [planned.problem] if planned.problem else []
        report_current(planned.source, planned.current, lake, listener)
        chunks += list(chunked(planned))
    if not chunks:
        return problems
    try:
        return [*problems, *_extract(chunks, lake, scratch, listener)]
    except BrokenProcessPool:
        close_workers()
        return [AssayError("a worker process was ended from outside, perhaps for want of memory; run again: finished days are kept")]


def _extract(chunks: Sequence[Chunk], lake: Lake, scratch: Path, listener: Listener) -> Iterator[AssayError]:
    """Extract side by side; yields what went wrong. Small days that go together are tried one by one when one of them is refused."""
    running = {_workers().submit(extract_chunk, chunk, lake, scratch): chunk for chunk in chunks}
    for done in as_completed(running):
        chunk = running[done]
        apart = list(_grouped(chunk, list(chunk.inputs), small=0)) if isinstance(done.exception(), SourceRejected) else [chunk]
        if len(apart) > 1:
            yield from _extract(apart, lake, scratch, listener)
        else:
            yield from _report(done, chunk, lake, listener)


@cache
def _workers() -> ProcessPoolExecutor:
    """The processes that extract; all sources share them, because starting one costs a second of imports."""
    return ProcessPoolExecutor(os.cpu_count() or 1, mp_context=get_context("spawn"), initializer=exit_with_parent, initargs=(os.getpid(),))


def close_workers() -> None:
    """End the processes that extract and free their memory; the next chunks start new ones."""
    _workers().shutdown(cancel_futures=True)
    _workers.cache_clear()


def report_current(source: Source, days: Iterable[date], lake: Lake, listener: Listener) -> None:
    """Tell of days that need no work."""
    for day in days:
        listener(DayDone(source.name, day, *_totals(_manifests(lake, source, day)), skipped=True))


def chunked(planned: Plan) -> Iterator[Chunk]:
    """Cut a plan into chunks: neighbouring days that share an object, or are small together, stay together, up to a month."""
    small = 0 if planned.source.live else SMALL_BYTES  # of live sources a day is a question, whatever its bytes
    yield from _grouped(Chunk(planned.source, planned.inputs, planned.digests), planned.todo, small)


def extract_chunk(chunk: Chunk, lake: Lake, scratch: Path) -> list[DayManifest]:
    """Extract a chunk and commit each (table, day); what the source did not yield is committed as a gap with its reason."""
    manifests = []
    missing = {(table.name, day): table for table in chunk.source.tables for day in chunk.inputs}
    with TemporaryDirectory(dir=scratch) as folder:
        for partition in chunk.source.extract(chunk.inputs, Path(folder)):
            missing.pop((partition.table.name, partition.day))
            manifests.append(_commit(chunk, lake, partition))
    for (_, day), table in missing.items():
        reason = "the inputs hold no rows for this day" if chunk.inputs[day] else "no input covers this day"
        gap = Partition(table, day, table.schema.empty_table(), inputs=chunk.inputs[day], gap_reason=reason)
        manifests.append(_commit(chunk, lake, gap))
    return manifests


def _commit(chunk: Chunk, lake: Lake, partition: Partition) -> DayManifest:
    return lake.commit(chunk.source.name, partition, chunk.digests[partition.day], datetime.now(tz=UTC))


def _grouped(whole: Chunk, days: Sequence[date], small: int) -> Iterator[Chunk]:
    group: list[date] = []
    for day in days:
        if group and (len(group) == LONGEST_CHUNK or not _belong(whole.inputs, group, day, small)):
            yield _part(whole, group)
            group = []
        group.append(day)
    if group:
        yield _part(whole, group)


def _part(whole: Chunk, days: list[date]) -> Chunk:
    return Chunk(whole.source, {d: whole.inputs[d] for d in days}, {d: whole.digests[d] for d in days})


def _belong(inputs: Inputs, group: list[date], day: date, small: int) -> bool:
    return _share_objects(inputs, group[-1], day) or sum(item.size for one in (*group, day) for item in inputs[one]) < small


def _share_objects(inputs: Inputs, one: date, other: date) -> bool:
    return bool({item.etag for item in inputs[one]} & {item.etag for item in inputs[other]})


def _report(done: "Future[list[DayManifest]]", chunk: Chunk, lake: Lake, listener: Listener) -> list[AssayError]:
    try:
        manifests = done.result()
    except SourceRejected as refusal:
        refused = Rejection.of(refusal)
        known = lake.rejections(chunk.source.name)
        if refused not in known:
            lake.record_rejections(chunk.source.name, chunk.source.tables[0], [*known, refused])
        return [refusal]
    except AssayError as problem:
        return [problem]
    for day in chunk.inputs:
        listener(DayDone(chunk.source.name, day, *_totals(m for m in manifests if m.day == day), skipped=False))
    return []


def _manifests(lake: Lake, source: Source, day: date) -> Iterator[DayManifest]:
    for table in source.tables:
        for _, manifest in lake.committed(source.name, table, [day]):
            yield manifest


def _totals(manifests: Iterable[DayManifest]) -> tuple[int, int, int]:
    listed = list(manifests)
    return (
        sum(m.rows_loaded for m in listed),
        sum(m.rows_quarantined for m in listed),
        sum(m.bytes for m in listed),
    )
