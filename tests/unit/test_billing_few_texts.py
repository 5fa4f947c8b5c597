from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit_assets.billing import few_texts
from audit_assets.billing.few_texts import FEW, texts_of_columns_with_few
from tests.unit.bill_reading import charges_of, extract, focus_row, source, write_csv


@pytest.fixture
def any_size(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files of any size are looked at."""
    monkeypatch.setattr(few_texts, "FEWEST_ROWS", 1)
    few_texts._looked_up.cache_clear()
    yield
    few_texts._looked_up.cache_clear()


def texts(path: Path, values: pa.Array, **options: object) -> frozenset[str] | None:
    pq.write_table(pa.table({"Region": values}), path / "bill.parquet", **options)
    return texts_of_columns_with_few(path / "bill.parquet", ["Region"]).get("Region")


@pytest.mark.parametrize("use_dictionary", [True, False])
@pytest.mark.usefixtures("any_size")
def test_the_texts_of_all_row_groups_are_found(tmp_path: Path, use_dictionary: bool) -> None:
    values = pa.array(["eu", None, "us", "eu", "NULL", None])
    assert texts(tmp_path, values, row_group_size=2, use_dictionary=use_dictionary) == {"eu", "us", "NULL"}


@pytest.mark.usefixtures("any_size")
def test_a_column_without_a_text_holds_none(tmp_path: Path) -> None:
    assert texts(tmp_path, pa.array([None, None], pa.string())) == frozenset()


@pytest.mark.usefixtures("any_size")
def test_a_column_of_many_texts_is_left_alone_even_when_each_row_group_has_few(tmp_path: Path) -> None:
    many = pa.array([f"i-{number}" for number in range(FEW + 1)])
    assert texts(tmp_path, many, row_group_size=5) is None
    assert len(texts(tmp_path, many[:-1], row_group_size=5) or ()) == FEW


@pytest.mark.usefixtures("any_size")
def test_what_is_no_text_is_left_alone(tmp_path: Path) -> None:
    assert texts(tmp_path, pa.array([1, 2])) is None
    assert texts(tmp_path, pa.array([b"\xff", b"a"])) is None


@pytest.mark.usefixtures("any_size")
def test_texts_that_are_no_utf8_are_left_to_the_reader(tmp_path: Path) -> None:
    broken = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff\xfe"]).buffers())
    assert texts(tmp_path, broken) is None


@pytest.mark.usefixtures("any_size")
def test_a_text_with_a_nul_is_loaded_as_it_is(tmp_path: Path) -> None:
    rows = {name: pa.array([value] * 2) for name, value in focus_row(RegionId="eu\0west").items()}
    pq.write_table(pa.table(rows), tmp_path / "bill.parquet")
    assert {charge["region_id"] for charge in charges_of(tmp_path)} == {"eu\0west"}


def test_a_small_file_is_not_looked_at(tmp_path: Path) -> None:
    assert texts(tmp_path, pa.array(["eu"])) is None


@pytest.mark.usefixtures("any_size")
def test_a_file_that_is_written_anew_is_looked_at_anew(tmp_path: Path) -> None:
    assert texts(tmp_path, pa.array(["eu"])) == {"eu"}
    assert texts(tmp_path, pa.array(["eu", "us"])) == {"eu", "us"}


def test_charges_are_the_same_whether_texts_are_known_or_not(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    rows = [
        focus_row(RegionId=("eu-1", "us'1", "NULL", "")[n % 4], ResourceId=f"i-{n}", PricingCategory=("Standard", "None")[n % 2])
        for n in range(3 * FEW)
    ]
    write_csv(tmp_path / "a.csv", rows)
    write_csv(tmp_path / "b.csv", [focus_row(RegionId="ap-1", ProviderName=None), focus_row(RegionId=None)])  # columns of other texts
    write_csv(tmp_path / "c.csv", [focus_row(x_More="1")])  # another shape: its columns are other ENUMs
    unknown = charges_of(tmp_path)
    request.getfixturevalue("any_size")
    assert charges_of(tmp_path) == unknown
    assert {charge["region_id"] for charge in unknown} == {"eu-1", "us'1", "ap-1", "eu-west-1", None}
    assert {charge["pricing_category"] for charge in unknown} == {"Standard", None}


@pytest.mark.usefixtures("any_size")
def test_known_texts_are_dictionaries_in_the_lake(tmp_path: Path) -> None:
    write_csv(tmp_path / "bill.csv", [focus_row(ResourceId=f"i-{n}") for n in range(3)])
    rows = extract(source(tmp_path))[date(2026, 3, 1)].rows
    assert isinstance(rows, Path)
    group = pq.ParquetFile(rows).metadata.row_group(0)
    chunks = {group.column(number).path_in_schema: group.column(number) for number in range(group.num_columns)}
    assert all(chunks[name].has_dictionary_page for name in ("source", "region_id", "billing_currency", "source_uri"))
    assert (chunks["region_id"].statistics.min, chunks["region_id"].statistics.max) == ("eu-west-1", "eu-west-1")
