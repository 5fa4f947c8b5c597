"""Bills by others, through the project's own SQL: whatever no workload can be shown to hold stays visible, and all of it adds up to the bill."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.compiled_models import CompiledModels
from tests.unit.bill_reading import charges_of

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="needs ../shared beside the checkout (bills by others)")
GOALS = ("int_checks__allocation_identity", "int_billing__gpu_charges", "int_billing__other_charges")
BILLS = {
    "focus-sample": ("focus-sample", "focus", True),
    "focus-generated": ("focus-generated", "focus", False),
    "nise-gpu-cur": ("nise-gpu-cur", "aws_cur", True),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    return CompiledModels(tmp_path_factory.mktemp("compiled"), GOALS)


@pytest.mark.parametrize("bill", sorted(BILLS))
def test_the_parts_of_a_bill_add_up(models: CompiledModels, bill: str) -> None:
    folder, kind, has_gpus = BILLS[bill]
    charges = charges_of(DATA / folder, kind)
    with models.run({"declared_audit": [_audit(charges)], "charges": charges}) as connection:
        spend, days = connection.execute("select sum(effective_cost), count(distinct day) from fct_gpu_spend_daily").fetchall()[0]
        kept = connection.execute("select sum(effective_cost) from int_billing__gpu_charges").fetchall()[0][0]
        verdicts = connection.execute("select ok, detail from int_checks__allocation_identity").fetchall()
        lines = connection.execute("select distinct workload from fct_workload_cost_daily").fetchall()
    assert (spend is not None) == has_gpus
    assert [detail for ok, detail in verdicts if not ok] == []
    if has_gpus:
        assert abs(spend - kept) < Decimal("0.01")
        assert len(verdicts) == 3 * days
        assert lines == [("__unattributed__",)]  # no metric tells who ran on these machines


def _audit(charges: list[dict[str, Any]]) -> dict[str, Any]:
    days = [charge["charge_period_start"].date() for charge in charges]
    return {"audit": "a", "currency": charges[0]["billing_currency"], "window_start": min(days), "window_end": max(days)}
