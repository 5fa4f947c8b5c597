"""A real FOCUS 1.0 export (FinOps Foundation, FOCUS-Sample-Data@adbdd17): every row loads, every sum is the file's."""

import csv
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.bill_reading import Row, charges_of

SAMPLE = Path(__file__).parents[2].parent / "shared" / "data" / "focus-sample"
pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason="needs ../shared beside the checkout (FOCUS sample)")


@pytest.fixture(scope="module")
def charges() -> list[Row]:
    return charges_of(SAMPLE)


@pytest.fixture(scope="module")
def delivered() -> list[Row]:
    with (SAMPLE / "focus_sample.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_loads_with_its_number(charges: list[Row], delivered: list[Row]) -> None:
    assert len(delivered) == 1000
    assert sorted(charge["source_row"] for charge in charges) == list(range(1, 1001))


COSTS = {"BilledCost": "billed_cost", "EffectiveCost": "effective_cost", "ListCost": "list_cost", "ContractedCost": "contracted_cost"}


@pytest.mark.parametrize("column", COSTS)
def test_sums_by_provider_are_the_files(charges: list[Row], delivered: list[Row], column: str) -> None:
    names = {"AWS": "aws", "Microsoft": "azure", "Oracle": "oracle"}
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    for row in delivered:
        wanted[names[row["ProviderName"]]] += Decimal(row[column] if row[column] not in ("", "NULL") else 0)
    found: dict[str, Decimal] = defaultdict(Decimal)
    for charge in charges:
        found[charge["provider"]] += charge[COSTS[column]] or 0
    assert found.keys() == wanted.keys()
    assert all(abs(found[name] - wanted[name]) < Decimal("0.0000001") for name in wanted)


def test_the_rounded_effective_costs_of_aws_are_visible(charges: list[Row]) -> None:
    aws = [charge for charge in charges if charge["provider"] == "aws"]
    assert len(aws) == 942
    assert all(charge["effective_cost"] == int(charge["effective_cost"]) for charge in aws)
    assert sum(charge["effective_cost"] for charge in aws) == 13
    assert round(sum(charge["billed_cost"] for charge in aws), 3) == Decimal("18.007")


def test_words_for_null_are_null(charges: list[Row]) -> None:
    assert Counter(charge["commitment_discount_status"] for charge in charges) == {None: 996, "Used": 4}
    assert Counter(charge["charge_category"] for charge in charges) == {"Usage": 997, "Adjustment": 2, "Credit": 1}


def test_gpu_machines_are_recognised_by_their_description(charges: list[Row]) -> None:
    """FOCUS 1.0 has no column for the machine type; the description of the hour names it."""
    gpus = [charge for charge in charges if (charge["instance_type"] or "").startswith("g")]
    assert Counter(charge["instance_type"] for charge in gpus) == {"g5.4xlarge": 8, "g3.4xlarge": 2}
    assert {charge["pricing_unit"] for charge in gpus} == {"Hours"}
    an_hour = [charge for charge in gpus if charge["billed_cost"] == Decimal("1.624")]
    assert {charge["effective_cost"] for charge in an_hour} == {2}
