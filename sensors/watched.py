"""What schedules and sensors look at: the audit as it is now, its home, and what of the lake is not up to date.

The truth is the lake: a day is due until it is committed from the inputs that are there, so a failed run loses nothing, and nothing has
to be remembered. audit.yaml is read at every look, because a window without a fixed end moves at midnight.
"""

import math
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from audit_assets.days import compare
from audit_assets.ingest import Ingestion
from audit_assets.partitions import Window
from audit_assets.resources import AuditResource
from audit_assets.source import Source
from audit_assets.tables import Table

LOOK_EVERY_SECONDS = 60  # at a shared lake, however many sensors ask
_looking = threading.Lock()
_looked: dict[Path, float] = {}
RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


@dataclass(frozen=True)
class Due:
    """The days that are not up to date, and the digest of why: the same inputs of the same days have the same key."""

    days: Window
    key: str

    @property
    def tags(self) -> dict[str, str]:
        """What makes a run of the partitioned job cover these days."""
        return dict(zip(RANGE_TAGS, (self.days.start.isoformat(), self.days.end.isoformat()), strict=True))


@dataclass(frozen=True)
class Watched:
    """One audit and its home."""

    audit_path: Path
    home_path: Path
    ingestions: tuple[Ingestion, ...]

    def look(self) -> AuditResource:
        """The audit as it is declared now."""
        return AuditResource(audit_path=str(self.audit_path), home_path=str(self.home_path))

    def look_at_lake(self) -> AuditResource:
        """The same, after what other homes wrote to a shared lake was taken in. Raises LakeUnavailable and LakeDamaged."""
        audit = self.look()
        if audit.audit.lake and _looking.acquire(blocking=False):  # ticks run side by side; one of them looks
            try:
                _look_again(audit)
            finally:
                _looking.release()
        return audit

    def of_group(self, group: str) -> tuple[Ingestion, ...]:
        """The ingestions of one kind of source."""
        return tuple(one for one in self.ingestions if one.group == group)


def _look_again(audit: AuditResource) -> None:
    now, home = time.monotonic(), audit.home
    if now - _looked.get(home.root, -math.inf) >= LOOK_EVERY_SECONDS:
        _looked[home.root] = now
        home.look()


def arrived(audit: AuditResource, ingestions: Iterable[Ingestion]) -> Due | None:
    """Days whose files are new, changed or gone. Live sources are not asked, and days that nobody delivered are left to the schedule."""
    facts: dict[tuple[date, str], str] = {}
    for one in ingestions:
        for source in one.sources(audit):
            if not source.live and one.upstream is None:
                facts |= {(day, source.name): digest for day, digest in _changed(audit, source, one.tables, one.snapshot).items()}
    return due_of(facts, audit.audit.window)


def outdated(audit: AuditResource, ingestions: Iterable[Ingestion]) -> Due | None:
    """Every day that a refresh would read: those that arrived, those never looked at, and those that a live source may have changed."""
    facts: dict[tuple[date, str], str] = {}
    for one in ingestions:
        for source in one.sources(audit):
            planned = compare(source, audit.home.lake, list(audit.audit.window), look_back_days=audit.look_back_days)
            facts |= {(day, source.name): planned.digests[day] for day in planned.todo}
    return due_of(facts, audit.audit.window)


def due_of(facts: dict[tuple[date, str], str], window: Window) -> Due | None:
    """The range of the days in `facts` and the day after: what is reduced from a day carries on from the day before."""
    if not facts:
        return None
    days = {day for day, _ in facts}
    told = "\n".join(f"{day} {source} {digest}" for (day, source), digest in sorted(facts.items()))
    return Due(Window(min(days), min(window.end, date.fromordinal(max(days).toordinal() + 1))), sha256(told.encode()).hexdigest())


def _changed(audit: AuditResource, source: Source, tables: tuple[Table, ...], snapshot: bool) -> dict[date, str]:
    window = audit.audit.window
    planned = compare(source, audit.home.lake, [window.end] if snapshot else list(window))
    was_there = {m.day for table in tables for _, m in audit.home.lake.committed(source.name, table, planned.todo) if m.uris}
    return {day: planned.digests[day] for day in planned.todo if planned.inputs[day] or day in was_there}
