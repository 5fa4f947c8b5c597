from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.bill_reading import Row, extract, read, source

NODE: Row = {
    "name": "dgx-01",
    "cluster": "dc1",
    "gpus": 8,
    "gpu_model": "H100",
    "purchase_price": 292200,
    "purchase_date": date(2025, 1, 1),
    "useful_life_months": 48,
    "power_kw": 6,
    "network_per_month": 310,
}
DAY = date(2026, 3, 5)


def write(folder: Path, *nodes: Row, **changes: Any) -> Path:
    declared = {"currency": "EUR", "pue": 1.5, "tariff_per_kwh": 0.2, "nodes": list(nodes or [NODE])} | changes
    (folder / "on_prem.yaml").write_text(yaml.safe_dump(declared))
    return folder


def charges(folder: Path, *days: date) -> list[Row]:
    rows, bad = read(source(folder, "on_prem", "on_prem.yaml"), days or [DAY])
    assert not bad
    return rows


def test_one_charge_a_day_node_and_component(tmp_path: Path) -> None:
    rows = charges(write(tmp_path))
    costs = {row["sku_id"]: row["effective_cost"] for row in rows}
    # 292,200 over the 1,461 days of four years; 6 kW x 24 h x 1.5 x 0.20; 310 over the 31 days of March
    assert costs == {"depreciation": Decimal(200), "power": Decimal("43.2"), "network": Decimal(10)}
    assert {row["billed_cost"] == row["effective_cost"] for row in rows} == {True}
    assert {(row["price_class"], row["provider"], row["billing_currency"], row["gpu_count"]) for row in rows} == {
        ("on_prem", "on_prem", "EUR", 8.0)
    }
    assert {row["resource_name"] for row in rows} == {"dgx-01"}
    assert {row["sku_id"]: (row["pricing_quantity"], row["pricing_unit"]) for row in rows}["depreciation"] == (24.0, "Hours")
    assert len({row["row_fingerprint"] for row in rows}) == 3


def test_a_rented_node_costs_its_hours_of_a_month(tmp_path: Path) -> None:
    bought = {"purchase_price", "network_per_month"}
    rented = {name: value for name, value in NODE.items() if name not in bought} | {"rent_per_gpu_month": 500, "gpus": 2, "power_kw": 0}
    costs = {row["sku_id"]: row["effective_cost"] for row in charges(write(tmp_path, rented))}
    assert costs["rent"] / 24 == pytest.approx(Decimal("1.369863"), abs=Decimal("0.000001"))
    assert costs["power"] == 0 and "depreciation" not in costs


def test_a_node_without_a_price_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {name: value for name, value in NODE.items() if name != "purchase_price"})
    (refused,) = source(tmp_path, "on_prem", "on_prem.yaml").probe().rejected
    assert "rent_per_gpu_month" in refused.reason


def test_depreciation_over_the_whole_life_is_the_price(tmp_path: Path) -> None:
    write(tmp_path, NODE | {"useful_life_months": 2, "purchase_price": 1000})
    reader = source(tmp_path, "on_prem", "on_prem.yaml")
    days = sorted(reader.probe().days or [])
    assert (days[0], days[-1]) == (date(2025, 1, 1), date(2025, 2, 28))
    rows = [row for row in charges(tmp_path, *days) if row["sku_id"] == "depreciation"]
    assert abs(sum(row["effective_cost"] for row in rows) - 1000) < Decimal("0.000001")


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2029, 1, 1)])
def test_no_charge_outside_the_useful_life(tmp_path: Path, day: date) -> None:
    assert extract(source(write(tmp_path), "on_prem", "on_prem.yaml"), [day]) == {}


def test_a_node_past_its_life_is_named(tmp_path: Path) -> None:
    write(tmp_path, NODE | {"useful_life_months": 1})
    (said,) = source(tmp_path, "on_prem", "on_prem.yaml").probe().missing
    assert said == "dgx-01: its useful life ended on 2025-02-01; no charge from then on"


def test_the_end_of_life_of_a_node_bought_on_the_31st(tmp_path: Path) -> None:
    write(tmp_path, NODE | {"purchase_date": date(2026, 1, 31), "useful_life_months": 1})
    days = source(tmp_path, "on_prem", "on_prem.yaml").probe().days
    assert Counter(day.month for day in days or ()) == {1: 1, 2: 27}


@pytest.mark.parametrize(
    ("nodes", "changes", "reason"),
    [
        ([NODE | {"gpu": 8}], {}, "nodes.0.gpu: Extra inputs are not permitted"),
        ([NODE | {"power_kw": -1}], {}, "nodes.0.power_kw"),
        ([NODE | {"purchase_price": float("nan")}], {}, "nodes.0.purchase_price"),
        ([NODE, NODE | {"purchase_date": date(2025, 1, 2)}], {}, "nodes declared twice: dgx-01"),
        ([NODE], {"pue": 0.9}, "pue: Input should be greater than or equal to 1"),
        ([NODE], {"nodes": []}, "nodes: List should have at least 1 item"),
    ],
)
def test_a_wrong_declaration_is_refused_by_key(tmp_path: Path, nodes: list[Row], changes: Row, reason: str) -> None:
    (refused,) = source(write(tmp_path, *nodes, **changes), "on_prem", "on_prem.yaml").probe().rejected
    assert reason in refused.reason


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "x: [", "a: &a [1]\nb: *a\n"])
def test_what_is_no_declaration_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "on_prem.yaml").write_text(content)
    (refused,) = source(tmp_path, "on_prem", "on_prem.yaml").probe().rejected
    assert refused.fix


def test_focus_refuses_a_declaration_and_names_its_kind(tmp_path: Path) -> None:
    (tmp_path / "on_prem.yaml").write_text("nodes:\n- name: x\n")
    (refused,) = source(tmp_path, "focus", "on_prem.yaml").probe().rejected
    assert refused.fix == "set kind: on_prem"
