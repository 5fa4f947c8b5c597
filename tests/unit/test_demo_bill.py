"""The planted money facts, computed from the generated bills alone."""

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from audit_assets.demo.bill import Bill, write_bill
from audit_assets.demo.blueprint import draw
from tests.unit.demo_reading import connect

SEEDS = (7, random.Random("demo").randrange(10**6))


@pytest.fixture(scope="module", params=SEEDS)
def bill(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    estate = tmp_path_factory.mktemp(f"bill-{request.param}")
    write_bill(Bill(draw(request.param, control=False)), estate / "billing")
    yield connect(estate)


def one(database: duckdb.DuckDBPyConnection, query: str) -> float:
    found = database.sql(query).fetchone()
    assert found is not None
    return float(found[0])


def test_the_total_is_exact_to_the_cent(bill: duckdb.DuckDBPyConnection) -> None:
    assert one(bill, "select sum(cost) from bill") == pytest.approx(1_842_611.40, abs=1e-6)


def test_fixed_share(bill: duckdb.DuckDBPyConnection) -> None:
    fixed = "PricingCategory = 'Committed' or ProviderName = 'on_prem'"
    assert one(bill, f"select sum(cost) filter ({fixed}) / sum(cost) from bill") == pytest.approx(0.68, abs=1e-5)


def test_untagged_share(bill: duckdb.DuckDBPyConnection) -> None:
    untagged = "coalesce(tags['team'], '') = '' or coalesce(tags['env'], '') = ''"
    assert one(bill, f"select sum(cost) filter ({untagged}) / sum(cost) from bill") == pytest.approx(0.17, abs=1e-4)


def test_spot_discount(bill: duckdb.DuckDBPyConnection) -> None:
    assert one(bill, "select 1 - sum(cost) / sum(list_cost) from bill where PricingCategory = 'Dynamic'") == pytest.approx(0.52, abs=1e-6)


def test_reservation_utilisation(bill: duckdb.DuckDBPyConnection) -> None:
    committed = "CommitmentDiscountId is not null and ChargeCategory = 'Usage'"
    used = "CommitmentDiscountStatus = 'Used'"
    assert one(bill, f"select sum(cost) filter ({used}) / sum(cost) from bill where {committed}") == pytest.approx(0.71, abs=1e-5)


def test_spend_outside_allowed_regions(bill: duckdb.DuckDBPyConnection) -> None:
    query = "select sum(cost), count(distinct SubAccountId) from bill where RegionId not in ('eu-west-1', 'eu-north', 'dc1')"
    assert [float(value) for value in bill.sql(query).fetchall()[0]] == [4210.0, 1.0]


def test_weekly_growth(bill: duckdb.DuckDBPyConnection) -> None:
    week = "sum(cost) filter (ChargePeriodStart::date between date '{}' and date '{}')"
    query = f"select {week.format('2026-11-09', '2026-11-15')} / {week.format('2026-08-24', '2026-08-30')} - 1 from bill"
    assert one(bill, query) == pytest.approx(0.38, abs=1e-4)


def test_the_main_cloud_lacks_day_63_and_delivers_day_57_twice(bill: duckdb.DuckDBPyConnection) -> None:
    days = bill.sql("select distinct ChargePeriodStart::date::varchar from bill where ProviderName = 'AWS'").fetchall()
    assert len(days) == 89 and ("2026-10-19",) not in days


def test_seconds_and_shifted_days(bill: duckdb.DuckDBPyConnection) -> None:
    query = "select distinct PricingUnit, quantity, hour(ChargePeriodStart) from bill where ProviderName = 'nimbus'"
    assert bill.sql(query).fetchall() == [("GPU-Seconds", 345_600.0, 8)]


def test_redelivery_is_the_same_bytes(tmp_path: Path) -> None:
    write_bill(Bill(draw(7, control=False)), tmp_path)
    twice = sorted(tmp_path.glob("aws/2026-10/2026-10-13*.parquet"))
    assert len(twice) == 2 and twice[0].read_bytes() == twice[1].read_bytes()


def test_a_control_estate_has_an_ordinary_bill(tmp_path: Path) -> None:
    write_bill(Bill(draw(7, control=True)), tmp_path / "billing")
    control = connect(tmp_path)
    assert one(control, "select count(distinct ChargePeriodStart::date) from bill where ProviderName = 'AWS'") == 90
    assert one(control, "select count(*) from bill where PricingUnit ilike '%second%' or RegionId = 'us-east-1'") == 0
    assert one(control, "select count(*) from bill where coalesce(tags['team'], '') = ''") == 0
    assert one(control, "select count(*) from bill where CommitmentDiscountStatus = 'Unused'") == 0
