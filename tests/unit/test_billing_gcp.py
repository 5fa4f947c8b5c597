"""Rows as Google documents the detailed export ("Structure of Detailed data export"); amounts are made up to add up by hand."""

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.bill_reading import Row, charges_of, read, source, write_csv

ROW: Row = {
    "billing_account_id": "01-02",
    "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
    "sku": {"id": "AAAA", "description": "Nvidia H100 80GB GPU running in Iowa"},
    "usage_start_time": "2026-06-01 00:00:00 UTC",
    "usage_end_time": "2026-06-01 01:00:00 UTC",
    "project": {"id": "ml-prod", "name": "ML"},
    "labels": [{"key": "team", "value": "search"}],
    "system_labels": [{"key": "compute.googleapis.com/machine_spec", "value": "a3-highgpu-8g"}],
    "location": {"location": "us-central1-a", "region": "us-central1", "zone": "us-central1-a"},
    "resource": {"name": "projects/1/instances/gke-Gpu-1", "global_name": "//compute.googleapis.com/projects/1/zones/z/instances/99"},
    "cost": 80.0,
    "cost_at_list": 88.5,
    "currency": "USD",
    "currency_conversion_rate": 1.0,
    "usage": {"amount": 28800.0, "unit": "seconds", "amount_in_pricing_units": 8.0, "pricing_unit": "hour"},
    "credits": [],
    "invoice": {"month": "202606"},
    "cost_type": "regular",
    "export_time": "2026-06-01 05:00:00 UTC",
}


def row(sku: str | None = None, credits: dict[str, float] | None = None, **changes: object) -> Row:
    changed = dict(changes)
    if sku:
        changed["sku"] = {"id": "AAAA", "description": sku}
    if credits:
        changed["credits"] = [{"name": "c", "type": type_, "amount": amount} for type_, amount in credits.items()]
    return ROW | changed


def write_lines(path: Path, rows: Sequence[Row | str]) -> Path:
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in rows))
    return path


def gcp(folder: Path, *rows: Row) -> list[Row]:
    write_lines(folder / "bill.json", rows)
    return charges_of(folder, "gcp_billing")


def one(folder: Path, given: Row) -> Row:
    (charge,) = gcp(folder, given)
    return charge


def test_gpu_time_counts_gpus_and_its_vm_is_the_resource(tmp_path: Path) -> None:
    charge = one(tmp_path, row())
    assert charge["charge_period_start"] == datetime(2026, 6, 1, tzinfo=UTC)
    assert (charge["provider"], charge["sub_account_id"], charge["region_id"]) == ("gcp", "ml-prod", "us-central1")
    assert (charge["consumed_quantity"], charge["consumed_unit"]) == (28800.0, "GPU-seconds")
    assert (charge["pricing_quantity"], charge["pricing_unit"]) == (8.0, "GPU-hour")
    assert (charge["instance_type"], charge["resource_name"]) == ("a3-highgpu-8g", "gke-Gpu-1")
    assert (charge["billed_cost"], charge["effective_cost"], charge["list_cost"]) == (80, 80, Decimal("88.5"))
    assert (charge["price_class"], charge["charge_category"], charge["service_category"]) == ("on_demand", "Usage", "Compute")
    assert charge["tags"] == {"team": "search"}
    assert charge["billing_period_end"] == datetime(2026, 7, 1, tzinfo=UTC)
    assert charge["is_final"] is None


def test_cores_and_memory_of_a_gpu_machine_are_cost_of_its_resource_without_gpu_time(tmp_path: Path) -> None:
    core = row("A3 Instance Core running in Iowa", usage=ROW["usage"] | {"amount": 748800.0})
    charge = one(tmp_path, core)
    assert charge["instance_type"] is None  # 8 GPUs times core-seconds would be 208 times too many GPU-hours
    assert charge["consumed_unit"] == "seconds"
    assert charge["resource_id"] == ROW["resource"]["name"]


@pytest.mark.parametrize(
    ("sku", "unit", "category"),
    [
        ("Network Internet Egress from Americas to Americas", "bytes", "Networking"),
        ("SSD backed PD Capacity", "byte-seconds", "Storage"),
        ("SSD backed Local Storage attached to A3", "byte-seconds", "Compute"),
        ("Licensing Fee for Nvidia vWS GPU", "seconds", "Compute"),
    ],
)
def test_what_is_no_gpu_time(tmp_path: Path, sku: str, unit: str, category: str) -> None:
    charge = one(tmp_path, row(sku, usage=ROW["usage"] | {"unit": unit}))
    assert (charge["consumed_unit"], charge["instance_type"], charge["service_category"]) == (unit, None, category)


def test_spot_by_its_sku(tmp_path: Path) -> None:
    charge = one(tmp_path, row("Nvidia L4 GPU attached to Spot Preemptible VMs running in Iowa"))
    assert (charge["price_class"], charge["pricing_category"], charge["consumed_unit"]) == ("spot", "Dynamic", "GPU-seconds")


@pytest.mark.parametrize("kind", ["SUSTAINED_USAGE_DISCOUNT", "DISCOUNT", "FREE_TIER", "RESELLER_MARGIN", "SUBSCRIPTION_BENEFIT"])
def test_discounts_lower_the_cost_of_the_row(tmp_path: Path, kind: str) -> None:
    charge = one(tmp_path, row(credits={kind: -12.5}))
    assert (charge["billed_cost"], charge["effective_cost"], charge["price_class"]) == (Decimal("67.5"), Decimal("67.5"), "on_demand")


@pytest.mark.parametrize("kind", ["PROMOTION", "SOMETHING_NEW"])
def test_credits_that_pay_are_charges_of_their_own(tmp_path: Path, kind: str) -> None:
    usage, credit = gcp(tmp_path, row(credits={kind: -80.0, "DISCOUNT": -10.0}))
    assert (usage["billed_cost"], usage["effective_cost"]) == (70, 70)
    assert (credit["charge_category"], credit["billed_cost"], credit["effective_cost"]) == ("Credit", -80, -80)
    assert (credit["consumed_quantity"], credit["list_cost"], credit["price_class"]) == (None, None, None)
    assert kind in credit["charge_description"]
    assert usage["row_fingerprint"] != credit["row_fingerprint"]


def test_a_gpu_commitment_counts_once_in_its_fee(tmp_path: Path) -> None:
    fee = row("Commitment v1: Nvidia H100 80GB GPU in Iowa for 1 Year", subscription={"instance_id": "sub-7"}, resource=None, cost=44.0)
    covered, paid = gcp(tmp_path, row(credits={"COMMITTED_USAGE_DISCOUNT": -80.0}), fee)
    assert (covered["effective_cost"], covered["price_class"]) == (0, "committed")
    assert (paid["effective_cost"], paid["billed_cost"], paid["price_class"]) == (44, 44, "committed")
    assert (paid["charge_category"], paid["charge_frequency"], paid["resource_id"]) == ("Usage", "Recurring", "sub-7")
    assert (paid["consumed_quantity"], paid["consumed_unit"], paid["commitment_discount_id"]) == (0.0, "GPU-hours", None)
    assert sum(charge["effective_cost"] for charge in (covered, paid)) == 44  # and not 124


@pytest.mark.parametrize(
    ("sku", "credit", "effective"),
    [
        ("A3 Instance Core running in Iowa", "COMMITTED_USAGE_DISCOUNT", 0),
        ("N1 Predefined Instance Core running in Americas", "COMMITTED_USAGE_DISCOUNT", None),
        ("A3 Instance Core running in Iowa", "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE", None),
    ],
)
def test_usage_whose_fee_may_be_anywhere_has_no_effective_cost(tmp_path: Path, sku: str, credit: str, effective: int | None) -> None:
    charge = one(tmp_path, row(sku, credits={credit: -80.0}))
    assert (charge["billed_cost"], charge["effective_cost"], charge["price_class"]) == (0, effective, "committed")


def test_the_fee_of_the_newer_model_less_its_offset_is_what_was_not_used(tmp_path: Path) -> None:
    fee = row("Commitment - dollar based v1: GCE for 1 year", credits={"FEE_UTILIZATION_OFFSET": -30.0}, cost=40.0)
    charge = one(tmp_path, fee)
    assert (charge["effective_cost"], charge["commitment_discount_status"]) == (10, "Unused")
    assert charge["consumed_quantity"] is None


def test_an_unused_reservation_runs_nothing(tmp_path: Path) -> None:
    labels = [
        {"key": f"compute.googleapis.com/{key}", "value": value}
        for key, value in [("is_unused_reservation", "true"), ("reservation_name", "r1")]
    ]
    charge = one(tmp_path, row(system_labels=labels))
    assert (charge["capacity_reservation_id"], charge["capacity_reservation_status"]) == ("r1", "Unused")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"cost_type": "tax"}, ("Tax", None, None)),
        ({"cost_type": "rounding_error"}, ("Adjustment", None, None)),
        ({"cost_type": "adjustment", "adjustment_info": {"type": "PRICE_CORRECTION"}}, ("Adjustment", "Correction", None)),
        ({"cost_type": "adjustment", "adjustment_info": {"type": "GOODWILL"}}, ("Adjustment", None, None)),
        ({"adjustment_info": {"type": "USAGE_CORRECTION", "mode": "PARTIAL_CORRECTION"}}, ("Usage", "Correction", "on_demand")),
    ],
)
def test_cost_types(tmp_path: Path, changes: Row, expected: tuple[str | None, ...]) -> None:
    charge = one(tmp_path, row(**changes))
    assert (charge["charge_category"], charge["charge_class"], charge["price_class"]) == expected


def test_usage_that_arrives_after_its_month_keeps_its_day_and_its_invoice(tmp_path: Path) -> None:
    charge = one(tmp_path, row(invoice={"month": "202607"}))
    assert charge["charge_period_start"].month == 6
    assert charge["billing_period_start"] == datetime(2026, 7, 1, tzinfo=UTC)


def nested_parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([row(credits={"PROMOTION": -1.0}), row(credits={"DISCOUNT": -12.5})]), path)


def csv_of_json(path: Path) -> None:
    rows = [row(credits={"PROMOTION": -1.0}), row(credits={"DISCOUNT": -12.5})]
    write_csv(path, [{name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in one.items()} for one in rows])


def flat_csv(path: Path) -> None:
    flat = [
        {
            f"{name}_{part}" if part else name: json.dumps(inner) if isinstance(inner, list) else inner
            for name, value in one.items()
            for part, inner in (value.items() if isinstance(value, dict) else [("", value)])
        }
        for one in (row(credits={"PROMOTION": -1.0}), row(credits={"DISCOUNT": -12.5}))
    ]
    write_csv(path, flat)


def packed_lines(path: Path) -> None:
    lines = [json.dumps(one) for one in (row(credits={"PROMOTION": -1.0}), row(credits={"DISCOUNT": -12.5}))]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))


def test_every_way_to_export_gives_the_same_charges(tmp_path: Path) -> None:
    ways = {"a.parquet": nested_parquet, "b.csv": csv_of_json, "c.csv": flat_csv, "d.jsonl.gz": packed_lines}
    found = {}
    for name, write in ways.items():
        (tmp_path / name).mkdir()
        write(tmp_path / name / name)
        apart = ("source_uri", "row_fingerprint")
        charges = charges_of(tmp_path / name, "gcp_billing")
        found[name] = sorted([{key: value for key, value in charge.items() if key not in apart} for charge in charges], key=str)
    assert len(found["a.parquet"]) == 3
    assert all(charges == found["a.parquet"] for charges in found.values())


def test_rows_appended_again_at_another_time_are_other_rows(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.json", [row()])
    write_lines(tmp_path / "b.json", [row(export_time="2026-06-02 05:00:00 UTC")])
    assert len({charge["row_fingerprint"] for charge in charges_of(tmp_path, "gcp_billing")}) == 2


def test_lines_that_are_no_rows_and_credits_that_do_not_read_are_quarantined(tmp_path: Path) -> None:
    lines = [
        row(),
        "{broken",
        row(credits={"DISCOUNT": -1.0}) | {"credits": [{"type": "DISCOUNT", "amount": "a lot"}]},
        "",
        row(cost_type="gift"),
    ]
    write_lines(tmp_path / "bill.json", [*lines, row(cost=None), row()])
    charges, bad = read(source(tmp_path, "gcp_billing"))
    assert [charge["source_row"] for charge in charges] == [1, 7]
    assert [(problem["position"], problem["column"], problem["reason"]) for problem in bad] == [
        (2, None, "not a JSON object"),
        (3, "credits", "not a list of credits with amounts"),
        (4, None, "a blank line"),
        (5, "cost_type", "not a known cost type"),
        (6, "cost", "missing or unreadable"),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps([ROW]), "JSON as one array"),
        ("{}{}", "no line is a JSON object"),
        ("<html>", "no line is a JSON object"),
        (json.dumps({name: value for name, value in ROW.items() if name != "resource"}), "standard usage cost export"),
        (json.dumps({name: value for name, value in ROW.items() if name != "credits"}), "column credits is missing"),
    ],
)
def test_what_is_no_detailed_export_is_refused_by_name(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "bill.json").write_text(text + "\n")
    (rejection,) = source(tmp_path, "gcp_billing").probe().rejected
    assert reason in rejection.reason
