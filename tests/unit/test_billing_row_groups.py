from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit_assets.billing.columns import Field
from audit_assets.billing.row_groups import Span, all_dated, days_of_spans, spans_of
from tests.unit.bill_reading import extract, focus_row, read, source

START = Field("ChargePeriodStart", '"ChargePeriodStart"', "TIMESTAMP WITH TIME ZONE")


def moment(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def written(path: Path, moments: list[datetime | None], unit: str = "us", **options: object) -> Path:
    """A bill with a row for each moment, the first column after the others."""
    rows = {name: pa.array([value] * len(moments)) for name, value in focus_row(ChargePeriodEnd="2026-03-09T00:00:00Z").items()}
    starts = pa.array(moments, pa.timestamp(unit, tz="UTC"))
    pq.write_table(pa.table(rows | {"ChargePeriodStart": starts}), path / "bill.parquet", **options)
    return path / "bill.parquet"


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_a_row_group_tells_its_days_and_how_many_rows_have_none(tmp_path: Path, unit: str) -> None:
    path = written(tmp_path, [moment(1), moment(1, 23), moment(2), None], unit, row_group_size=2)
    first, second = Span(date(2026, 3, 1), date(2026, 3, 1), 2, 0), Span(date(2026, 3, 2), date(2026, 3, 2), 2, 1)
    assert spans_of(path, START) == [first, second]


def test_a_file_without_statistics_tells_nothing(tmp_path: Path) -> None:
    assert spans_of(written(tmp_path, [moment(1)], write_statistics=False), START) is None
    assert spans_of(written(tmp_path, [None, None]), START) is None
    assert spans_of(written(tmp_path, [moment(1)]), Field("Other", '"Other"', "TIMESTAMP")) is None


def test_bounds_tell_all_days_of_neighbours_only() -> None:
    one, two = Span(date(2026, 3, 1), date(2026, 3, 1), 5, 0), Span(date(2026, 3, 2), date(2026, 3, 3), 5, 0)
    assert days_of_spans([one, two]) == {date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)}
    assert days_of_spans([one, Span(date(2026, 3, 1), date(2026, 3, 3), 5, 0)]) is None
    assert days_of_spans(None) is None
    assert days_of_spans([]) is None


def test_rows_are_dated_for_certain_when_every_row_group_says_so() -> None:
    assert all_dated([Span(date(2026, 3, 1), date(2026, 3, 1), 5, 0)])
    assert not all_dated([Span(date(2026, 3, 1), date(2026, 3, 1), 5, 1)])
    assert not all_dated([Span(date(2026, 3, 1), date(2026, 3, 1), 5, None)])
    assert not all_dated(None)


def test_days_between_the_bounds_of_a_row_group_are_looked_for(tmp_path: Path) -> None:
    written(tmp_path, [moment(1), moment(3), moment(7)])
    assert sorted(extract(source(tmp_path))) == [date(2026, 3, day) for day in (1, 3, 7)]


def test_a_row_without_a_moment_is_quarantined_beside_dated_ones(tmp_path: Path) -> None:
    written(tmp_path, [moment(1), moment(2), None], row_group_size=2)
    (tmp_path / "a").mkdir()
    written(tmp_path / "a", [moment(1), moment(2)])
    charges, bad = read(source(tmp_path))
    assert len(charges) == 4
    assert [(row["uri"], row["position"], row["column"]) for row in bad] == [("bill.parquet", 3, "ChargePeriodStart")]
