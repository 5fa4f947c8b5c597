"""The FOCUS specification's own examples of commitments, through the source: amounts, states and one known error of the examples."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.bill_reading import charges_of, read, source

SHARED = Path(__file__).parents[2].parent / "shared"
SPECIFICATION = SHARED / "data" / "focus-spec"
pytestmark = pytest.mark.skipif(not SPECIFICATION.exists(), reason="needs ../shared beside the checkout (FOCUS specification)")
SCENARIOS = range(1, 5)


@pytest.mark.parametrize("number", SCENARIOS)
def test_usage_scenarios(number: int, tmp_path: Path) -> None:
    oracle = json.loads((SHARED / "cost" / "oracles.json").read_text())["focus_usage_scenarios"][number - 1]
    name = f"commitment_discount_scenarios/commitment_discount_usage_scenario_{number}.csv"
    charges, bad = read(source(SPECIFICATION, uri=name))
    assert not bad
    found = [(float(c["billed_cost"]), float(c["effective_cost"]), c["commitment_discount_status"]) for c in charges]
    assert found == [(row["BilledCost"], row["EffectiveCost"], row["status"]) for row in oracle["rows"]]
    assert sum(c["effective_cost"] for c in charges) == Decimal(str(oracle["effective_total"]))
    assert {c["price_class"] for c in charges if c["commitment_discount_status"]} == {"committed"}


@pytest.mark.parametrize(("number", "loaded"), [(1, 1), (2, 2), (3, 3)])
def test_purchase_scenarios_are_cash_and_their_impossible_moment_is_quarantined(number: int, loaded: int) -> None:
    """Scenarios 2 and 3 end a period at 2023-02-01T30:00:00Z, which is no point in time."""
    name = f"commitment_discount_scenarios/commitment_discount_purchase_scenario_{number}.csv"
    charges, bad = read(source(SPECIFICATION, uri=name))
    assert len(charges) == loaded
    assert [(row["column"], row["raw"]) for row in bad] == ([] if number == 1 else [("ChargePeriodEnd", "2023-02-01T30:00:00Z")])
    assert {(c["charge_category"], c["effective_cost"], c["price_class"]) for c in charges} == {("Purchase", 0, "committed")}


@pytest.mark.parametrize("path", sorted(SPECIFICATION.rglob("commitment_discount_flexibility/*.csv")), ids=lambda path: path.stem)
def test_flexibility_examples_keep_their_sums(path: Path, tmp_path: Path) -> None:
    with path.open(newline="") as file:
        delivered = [row for row in csv.DictReader(file) if row["BilledCost"]]
    (tmp_path / "bill.csv").write_bytes(path.read_bytes())
    charges = charges_of(tmp_path)
    assert len(charges) == len(delivered)
    for column, given in {"billed_cost": "BilledCost", "effective_cost": "EffectiveCost", "list_cost": "ListCost"}.items():
        assert sum(c[column] for c in charges) == sum(Decimal(row[given]) for row in delivered)
