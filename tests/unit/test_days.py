from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from audit_assets.days import SMALL_BYTES, DayDone, chunked, extract_chunk, plan, run_plans
from audit_assets.errors import SourceRejected
from audit_assets.lake import Lake
from audit_assets.objects import ObjectStat
from audit_assets.partitions import Window
from audit_assets.source import Inputs, Partition, Probe, Rejection
from audit_assets.tables import Column, Table

THINGS = Table("things", "billing", "things", (Column("day", pa.string(), "day"),))
DAYS = list(Window(date(2026, 3, 1), date(2026, 3, 4)))


@dataclass(frozen=True)
class Days:
    """A source of one row a day; `shared` days come from one object, `refuse` is a day whose extraction is refused."""

    name: str = "s"
    version: int = 1
    live: bool = False
    back_filled: bool = False
    tables: tuple[Table, ...] = (THINGS,)
    shared: frozenset[date] = frozenset()
    gap: frozenset[date] = frozenset()
    refuse: date | None = None
    size: int = SMALL_BYTES  # of the object of a day
    etags: dict[date, str] = field(default_factory=dict)

    def probe(self) -> Probe:
        return Probe(True, "")

    def rejections(self) -> tuple[Rejection, ...]:
        return ()

    def inputs(self, days: Sequence[date]) -> Inputs:
        return {day: self._objects(day) for day in days}

    def _objects(self, day: date) -> tuple[ObjectStat, ...]:
        if day in self.gap:
            return ()
        name = "shared" if day in self.shared else self.etags.get(day, day.isoformat())
        return (ObjectStat(name, self.size, name, Path(name)),)

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        for day in inputs:
            if day == self.refuse:
                raise SourceRejected("file", "is cut", "deliver it again")
            if day not in self.gap:
                yield Partition(THINGS, day, THINGS.rows([{"day": day.isoformat()}]), inputs=inputs[day])


def run(source: Days, lake: Lake, tmp_path: Path) -> tuple[list[DayDone], list[str]]:
    heard: list[DayDone] = []
    problems = run_plans([plan(source, lake, DAYS)], lake, tmp_path / "scratch", heard.append)
    return heard, [str(problem) for problem in problems]


def test_a_second_run_skips_every_day(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    first, _ = run(Days(), lake, tmp_path)
    second, _ = run(Days(), lake, tmp_path)
    assert [done.skipped for done in first] == [False] * 4
    assert [done.skipped for done in second] == [True] * 4


def test_a_restated_day_is_the_only_one_redone(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    run(Days(), lake, tmp_path)
    again, _ = run(Days(etags={DAYS[2]: "restated"}), lake, tmp_path)
    assert [done.day for done in again if not done.skipped] == [DAYS[2]]


def test_a_live_source_is_asked_again_for_a_day_that_had_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for source, asked in ((Days(live=True, back_filled=True, gap=frozenset({DAYS[1]})), [DAYS[1]]), (Days(live=True), [])):
        run(source, lake, tmp_path)
        again, _ = run(source, lake, tmp_path)
        assert [done.day for done in again if not done.skipped] == asked


def read_at(lake: Lake, day: date, moment: datetime) -> None:
    """Let the lake say that a day was read at another time."""
    ((folder, manifest),) = lake.committed("s", THINGS, [day])
    (folder / "_manifest.json").write_text(manifest.model_copy(update={"extracted_at": moment}).model_dump_json())


@pytest.mark.parametrize("back_filled", [True, False])
def test_a_live_day_is_asked_for_again_once_a_day_until_it_has_settled(tmp_path: Path, back_filled: bool) -> None:
    lake, source, now = Lake(tmp_path / "lake"), Days(live=True, back_filled=back_filled), datetime.now(tz=UTC)
    run(source, lake, tmp_path)
    day, ended = DAYS[1], datetime(2026, 3, 3, tzinfo=UTC)
    told = {
        now: (),  # read today, and long after its end
        ended + timedelta(days=2): (day,),
        ended + timedelta(days=3): (),
    }
    for moment, todo in told.items():
        read_at(lake, day, moment)
        assert plan(source, lake, DAYS, look_back_days=3).todo == todo
        assert plan(replace(source, live=False, back_filled=False), lake, DAYS, look_back_days=3).todo == ()


def test_a_young_day_is_asked_for_once_a_day(tmp_path: Path) -> None:
    lake, now = Lake(tmp_path / "lake"), datetime.now(tz=UTC)
    source, days = Days(live=True), [now.date() - timedelta(days=1)]
    assert not run_plans([plan(source, lake, days)], lake, tmp_path / "scratch", lambda done: None)
    assert plan(source, lake, days).todo == ()
    read_at(lake, days[0], now - timedelta(days=1))
    assert plan(source, lake, days).todo == tuple(days)


def test_a_day_without_input_is_a_gap_with_a_reason(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    run(Days(gap=frozenset({DAYS[1]})), lake, tmp_path)
    manifest = lake.manifest("s", THINGS, DAYS[1])
    assert manifest is not None
    assert (manifest.rows_in, manifest.gap_reason) == (0, "no input covers this day")


@pytest.mark.parametrize("size", [1, SMALL_BYTES])
def test_a_refused_day_leaves_the_others_loaded(tmp_path: Path, size: int) -> None:
    lake = Lake(tmp_path / "lake")
    _, problems = run(Days(refuse=DAYS[1], size=size), lake, tmp_path)
    assert problems == ["file: is cut — deliver it again"]
    assert [lake.read("s", THINGS, day).num_rows for day in DAYS] == [1, 0, 1, 1]
    assert [refused.uri for refused in lake.rejections("s")] == ["file"]


def test_days_that_share_an_object_are_one_chunk(tmp_path: Path) -> None:
    source = Days(shared=frozenset(DAYS[:3]))
    chunks = list(chunked(plan(source, Lake(tmp_path), DAYS)))
    assert [len(chunk.inputs) for chunk in chunks] == [3, 1]


def test_small_days_of_files_are_one_chunk(tmp_path: Path) -> None:
    for source, sizes in (
        (Days(size=SMALL_BYTES // 3), [3, 1]),
        (Days(size=1, gap=frozenset(DAYS[2:])), [4]),
        (Days(size=1, live=True), [1, 1, 1, 1]),
    ):
        assert [len(chunk.inputs) for chunk in chunked(plan(source, Lake(tmp_path), DAYS))] == sizes


def test_a_chunk_commits_without_any_shared_state(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    (tmp_path / "scratch").mkdir()
    (first, *_) = chunked(plan(Days(), lake, DAYS))
    assert [manifest.rows_loaded for manifest in extract_chunk(first, lake, tmp_path / "scratch")] == [1]
