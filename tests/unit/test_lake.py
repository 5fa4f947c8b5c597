from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import orjson
import pyarrow as pa
import pytest

from audit_assets.lake import MANIFEST, Lake
from audit_assets.source import QUARANTINE, Partition, Rejection
from audit_assets.tables import MONEY, Column, Table

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


def test_a_day_with_the_columns_of_an_earlier_version_is_not_current(tmp_path: Path) -> None:
    lake, later = Lake(tmp_path), replace(THINGS, columns=(*THINGS.columns[:1], Column("n", pa.uint64(), "count")))
    lake.commit("s", partition("a"), "d", NOW)
    assert not lake.is_current("s", [later], DAY, "d")
    without_digest(lake)
    assert lake.is_current("s", [THINGS], DAY, "d")
    assert not lake.is_current("s", [later], DAY, "d")


def without_digest(lake: Lake) -> None:
    """The manifest as versions wrote it that knew no schema_digest."""
    path = lake.folder("s", THINGS, DAY) / MANIFEST
    path.write_bytes(orjson.dumps({name: value for name, value in orjson.loads(path.read_bytes()).items() if name != "schema_digest"}))


def test_rows_in_another_schema_are_a_programming_error(tmp_path: Path) -> None:
    wrong = pa.table({"name": [1]})
    with pytest.raises(TypeError, match="schema"):
        Lake(tmp_path).commit("s", Partition(THINGS, DAY, wrong), "d", NOW)


def test_rejections_of_two_writers_of_one_source_are_kept_apart(tmp_path: Path) -> None:
    lake, other = Lake(tmp_path), Table("others", "billing", "others", THINGS.columns)
    lake.record_rejections("s", THINGS, [Rejection("a", "cut", "deliver it again")])
    lake.record_rejections("s", other, [])
    assert [refused.uri for refused in lake.rejections("s")] == ["a"]


BILL = Table(
    "bill",
    "billing",
    "a bill",
    (Column("currency", pa.string(), "currency"), Column("cost", MONEY, "cost")),
    totals=("cost",),
    totals_by="currency",
)


def bill(**costs: list[str] | None) -> Partition:
    rows = [{"currency": currency, "cost": cost and Decimal(cost)} for currency, listed in costs.items() for cost in listed or [None]]
    return Partition(BILL, DAY, BILL.rows(rows))


def test_a_restated_day_keeps_what_it_cost_before(tmp_path: Path) -> None:
    lake, later = Lake(tmp_path), datetime(2026, 5, 1, tzinfo=UTC)
    assert lake.commit("s", bill(USD=["1.10", "2"], EUR=["5"]), "d1", NOW).restatements == []
    lake.commit("s", bill(USD=["3"], EUR=["5"], CHF=["7"]), "d2", NOW)
    (usd,) = [change for change in lake.commit("s", bill(USD=["3"], EUR=["5"]), "d3", later).restatements if change.group == "USD"]
    assert (usd.restated_at, usd.before, usd.after) == (NOW, {"cost": Decimal("3.10")}, {"cost": Decimal("3")})
    manifest = lake.manifest("s", BILL, DAY)
    assert manifest is not None
    assert [(one.group, one.before["cost"], one.after["cost"], one.restated_at) for one in manifest.restatements] == [
        ("CHF", None, 7, NOW),
        ("USD", Decimal("3.1"), 3, NOW),
        ("CHF", 7, None, later),
    ]


def test_other_rows_with_the_same_totals_are_no_restatement(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.commit("s", bill(USD=["1", "2"]), "d1", NOW)
    assert lake.commit("s", bill(USD=["3"]), "d2", NOW).restatements == []
    assert lake.commit("s", bill(USD=None), "d3", NOW).restatements[0].after == {"cost": None}


def test_a_day_whose_old_data_are_lost_is_replaced_without_a_history(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    first = lake.commit("s", bill(USD=["1"]), "d1", NOW)
    (lake.folder("s", BILL, DAY) / first.file).unlink()
    assert lake.commit("s", bill(USD=["3"]), "d2", NOW).restatements == []
