"""Generated FOCUS 1.2 exports of three clouds, with commitments: every row loads, sums and states are the files'."""

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.bill_reading import Row, read, source

GENERATED = Path(__file__).parents[2].parent / "shared" / "data" / "focus-generated"
pytestmark = pytest.mark.skipif(not GENERATED.exists(), reason="needs ../shared beside the checkout (generated FOCUS bills)")


@pytest.mark.parametrize("provider", ["aws", "azure", "gcp"])
def test_a_clouds_bill_is_the_files(provider: str) -> None:
    path = GENERATED / f"focus_1_2_cost_and_usage_{provider}.csv"
    charges, bad = read(source(GENERATED, uri=path.name))
    with path.open(newline="") as file:
        delivered: list[Row] = list(csv.DictReader(file))
    assert (len(charges), bad) == (3000, [])
    assert {charge["provider"] for charge in charges} == {provider}
    assert {charge["focus_version"] for charge in charges} == {"1.2"}
    for column, given in {"billed_cost": "BilledCost", "effective_cost": "EffectiveCost", "list_cost": "ListCost"}.items():
        difference = sum(charge[column] for charge in charges) - sum(Decimal(row[given]) for row in delivered)
        assert abs(difference) < Decimal("0.0000003")  # ten decimals a row
    states = Counter((charge["charge_category"], charge["commitment_discount_status"]) for charge in charges)
    assert states == Counter((row["ChargeCategory"], row["CommitmentDiscountStatus"] or None) for row in delivered)


@pytest.mark.parametrize("provider", ["aws", "azure", "gcp"])
def test_what_a_commitment_covers_costs_what_it_was_bought_for(provider: str) -> None:
    """In these bills BilledCost and EffectiveCost add up to the same: purchases are cash, used and unused their amortisation."""
    charges, _ = read(source(GENERATED, uri=f"focus_1_2_cost_and_usage_{provider}.csv"))
    committed = [charge for charge in charges if charge["price_class"] == "committed"]
    purchases = [charge for charge in committed if charge["charge_category"] == "Purchase"]
    assert {charge["effective_cost"] for charge in purchases} == {0}
    billed = sum(charge["billed_cost"] for charge in purchases)
    amortised = sum(charge["effective_cost"] for charge in committed)
    assert abs(billed - amortised) < Decimal("0.001")
