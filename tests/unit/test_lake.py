from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from audit_assets.lake import MANIFEST, Lake
from audit_assets.source import QUARANTINE, Partition, Rejection
from audit_assets.tables import Column, Table

THINGS = Table("things", "billing", "things", (Column("name", pa.string(), "name"), Column("n", pa.int64(), "count")))
DAY, NOW = date(2026, 3, 1), datetime(2026, 4, 1, tzinfo=UTC)


def partition(*names: str) -> Partition:
    return Partition(THINGS, DAY, THINGS.rows([{"name": name, "n": len(name)} for name in names]))


def test_a_commit_replaces_the_day_whole(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.commit("s", partition("a", "b"), "d1", NOW)
    lake.commit("s", partition("c"), "d2", NOW)
    assert lake.read("s", THINGS, DAY)["name"].to_pylist() == ["c"]
    assert sorted(path.suffix for path in lake.folder("s", THINGS, DAY).iterdir()) == [".json", ".parquet"]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    first = lake.commit("s", partition("a"), "d", NOW)
    again = lake.commit("s", partition("a"), "d", NOW)
    assert first == again


def test_rows_in_is_loaded_plus_quarantined(tmp_path: Path) -> None:
    bad = pa.Table.from_pylist([{"uri": "f.csv", "position": 3, "column": "n", "reason": "not a number", "raw": "x"}], QUARANTINE)
    manifest = Lake(tmp_path).commit("s", Partition(THINGS, DAY, partition("a").rows, bad), "d", NOW)
    assert (manifest.rows_in, manifest.rows_loaded, manifest.rows_quarantined) == (2, 1, 1)


def test_what_no_manifest_names_is_not_there(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.commit("s", partition("a"), "d", NOW)
    (lake.folder("s", THINGS, DAY) / MANIFEST).unlink()  # as after a kill between data and manifest
    assert lake.read("s", THINGS, DAY).num_rows == 0
    assert not lake.is_current("s", [THINGS], DAY, "d")


def test_a_day_is_current_only_for_its_own_digest(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.commit("s", partition("a"), "d", NOW)
    assert lake.is_current("s", [THINGS], DAY, "d")
    assert not lake.is_current("s", [THINGS], DAY, "other")


def test_rows_in_another_schema_are_a_programming_error(tmp_path: Path) -> None:
    wrong = pa.table({"name": [1]})
    with pytest.raises(TypeError, match="schema"):
        Lake(tmp_path).commit("s", Partition(THINGS, DAY, wrong), "d", NOW)


def test_rejections_of_two_writers_of_one_source_are_kept_apart(tmp_path: Path) -> None:
    lake, other = Lake(tmp_path), Table("others", "billing", "others", THINGS.columns)
    lake.record_rejections("s", THINGS, [Rejection("a", "cut", "deliver it again")])
    lake.record_rejections("s", other, [])
    assert [refused.uri for refused in lake.rejections("s")] == ["a"]
