"""The amounts follow AWS' own examples (CUR user guide, "Understanding Savings Plans"): 0.0052 USD on demand, 0.0026 under the plan."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.bill_reading import Row, charges_of, read, source, write_csv

ROW: Row = {
    "bill/PayerAccountId": "1000",
    "bill/InvoiceId": "",
    "bill/BillingPeriodStartDate": "2026-06-01T00:00:00Z",
    "bill/BillingPeriodEndDate": "2026-07-01T00:00:00Z",
    "lineItem/UsageAccountId": "2000",
    "lineItem/LineItemType": "Usage",
    "lineItem/UsageStartDate": "2026-06-01T00:00:00Z",
    "lineItem/UsageEndDate": "2026-06-01T01:00:00Z",
    "lineItem/ProductCode": "AmazonEC2",
    "lineItem/UsageType": "EUW1-BoxUsage:p5.48xlarge",
    "lineItem/ResourceId": "i-0a",
    "lineItem/UsageAmount": "1",
    "lineItem/CurrencyCode": "USD",
    "lineItem/UnblendedCost": "0.0052",
    "product/instanceType": "p5.48xlarge",
    "product/regionCode": "eu-west-1",
    "product/productFamily": "Compute Instance",
    "pricing/unit": "Hrs",
    "pricing/term": "OnDemand",
    "pricing/publicOnDemandCost": "0.0052",
    "reservation/ReservationARN": "",
    "reservation/EffectiveCost": "",
    "reservation/UnusedRecurringFee": "",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": "",
    "savingsPlan/SavingsPlanArn": "",
    "savingsPlan/SavingsPlanEffectiveCost": "",
    "savingsPlan/UsedCommitment": "",
    "resourceTags/user:team": "search",
    "resourceTags/aws:createdBy": "root",
}


def line(kind: str, **changes: object) -> Row:
    names = {name.split("/")[1]: name for name in ROW}
    return ROW | {"lineItem/LineItemType": kind} | {names[name]: value for name, value in changes.items()}


def one(folder: Path, row: Row) -> Row:
    write_csv(folder / "cur.csv", [row])
    (charge,) = charges_of(folder, "aws_cur")
    return charge


def test_on_demand_usage(tmp_path: Path) -> None:
    charge = one(tmp_path, line("Usage"))
    assert charge["charge_period_start"] == datetime(2026, 6, 1, tzinfo=UTC)
    assert (charge["provider"], charge["instance_type"], charge["region_id"]) == ("aws", "p5.48xlarge", "eu-west-1")
    assert (charge["pricing_category"], charge["price_class"], charge["charge_category"]) == ("Standard", "on_demand", "Usage")
    assert charge["billed_cost"] == charge["effective_cost"] == charge["list_cost"] == Decimal("0.0052")
    assert (charge["pricing_quantity"], charge["pricing_unit"]) == (1.0, "Hrs")
    assert charge["tags"] == {"team": "search"}
    assert charge["is_final"] is False
    assert charge["focus_version"] == "cur-legacy"


def test_an_invoice_makes_it_final(tmp_path: Path) -> None:
    assert one(tmp_path, line("Usage", InvoiceId="42"))["is_final"] is True


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (line("Usage", term="Spot"), ("spot", "Dynamic", "Usage")),
        (line("Usage", UsageType="EUW1-SpotUsage:p4d.24xlarge"), ("spot", "Dynamic", "Usage")),
        (line("Usage", UsageType="USE2-CapacityBlock:p5.48xlarge"), ("capacity_block", "Standard", "Usage")),
        (line("DiscountedUsage", EffectiveCost="1"), ("committed", "Committed", "Usage")),
        (line("Tax"), (None, None, "Tax")),
        (line("Credit", UnblendedCost="-1"), (None, None, "Credit")),
        (line("RIFee", UnusedRecurringFee="0"), ("committed", "Standard", "Purchase")),
        (line("Fee", ReservationARN="arn:ri"), ("committed", "Standard", "Purchase")),
        (line("EdpDiscount", UnblendedCost="-1"), (None, "Standard", "Adjustment")),
    ],
)
def test_line_item_types(tmp_path: Path, row: Row, expected: tuple[str | None, ...]) -> None:
    charge = one(tmp_path, row)
    assert (charge["price_class"], charge["pricing_category"], charge["charge_category"]) == expected


def test_savings_plan_usage_costs_the_plan_rate_and_the_negation_nothing(tmp_path: Path) -> None:
    rows = [
        line("SavingsPlanCoveredUsage", SavingsPlanArn="sp-1", SavingsPlanEffectiveCost="0.0026"),
        line("SavingsPlanCoveredUsage", SavingsPlanArn="sp-1", UnblendedCost="0.0026", SavingsPlanEffectiveCost="0.0013"),
        line("SavingsPlanNegation", SavingsPlanArn="sp-1", UnblendedCost="-0.0078", ResourceId="", UsageAmount="-1.5"),
    ]
    write_csv(tmp_path / "cur.csv", rows)
    charges = charges_of(tmp_path, "aws_cur")
    assert sum(charge["effective_cost"] for charge in charges) == Decimal("0.0039")
    assert sum(charge["billed_cost"] for charge in charges) == 0
    assert [charge["commitment_discount_status"] for charge in charges] == ["Used", "Used", None]
    assert {charge["commitment_discount_id"] for charge in charges} == {"sp-1"}


def test_the_unused_part_that_a_fee_states_is_a_charge_of_its_own(tmp_path: Path) -> None:
    rows = [
        line("SavingsPlanRecurringFee", SavingsPlanArn="sp-1", UnblendedCost="15", UsedCommitment="13.17"),
        line("RIFee", ReservationARN="ri-1", UnblendedCost="100", UnusedRecurringFee="7", UnusedAmortizedUpfrontFeeForBillingPeriod="3"),
        line("SavingsPlanRecurringFee", SavingsPlanArn="sp-2", UnblendedCost="15", UsedCommitment="15"),
    ]
    write_csv(tmp_path / "cur.csv", rows)
    charges = charges_of(tmp_path, "aws_cur")
    fees = [(c["commitment_discount_id"], c["billed_cost"], c["effective_cost"]) for c in charges if c["charge_category"] == "Purchase"]
    assert fees == [("sp-1", 15, 0), ("ri-1", 100, 0), ("sp-2", 15, 0)]
    unused = [c for c in charges if c["commitment_discount_status"] == "Unused"]
    assert [(c["commitment_discount_id"], c["billed_cost"], c["effective_cost"]) for c in unused] == [
        ("sp-1", 0, Decimal("1.83")),
        ("ri-1", 0, 10),
    ]
    assert len({c["row_fingerprint"] for c in charges}) == len(charges)


@pytest.mark.parametrize(
    "row",
    [
        line("SavingsPlanRecurringFee", SavingsPlanArn="sp-1", UnblendedCost="15"),
        line("RIFee", ReservationARN="ri-1", UnblendedCost="15"),
        line("DiscountedUsage", ReservationARN="ri-1", UnblendedCost="0"),
        line("SavingsPlanCoveredUsage", SavingsPlanArn="sp-1"),
    ],
)
def test_an_amortised_cost_that_the_report_leaves_out_is_null_and_not_zero(tmp_path: Path, row: Row) -> None:
    assert one(tmp_path, row)["effective_cost"] is None


def test_a_list_price_that_is_no_number_costs_no_row(tmp_path: Path) -> None:
    assert one(tmp_path, line("Usage", publicOnDemandCost="convertible"))["list_cost"] is None


def test_a_cost_that_is_no_number_is_quarantined(tmp_path: Path) -> None:
    write_csv(tmp_path / "cur.csv", [line("Usage"), line("Usage", UnblendedCost="?")])
    charges, bad = read(source(tmp_path, "aws_cur"))
    assert len(charges) == 1
    assert [(row["position"], row["column"]) for row in bad] == [(2, "lineItem/UnblendedCost")]


def snake(name: str) -> str:
    group, column = name.split("/")
    words = "".join(f"_{c.lower()}" if c.isupper() and not column.startswith("ReservationARN") else c.lower() for c in column)
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in group) + "_" + words.lstrip("_")


def test_cur_2_in_parquet_with_maps(tmp_path: Path) -> None:
    row = {snake(name): pa.array([value]) for name, value in line("Usage").items() if not name.startswith(("resourceTags", "product/"))}
    maps = {
        "resource_tags": pa.array([[("user_team", "search"), ("aws_created_by", "root")]], pa.map_(pa.string(), pa.string())),
        "product": pa.array([[("instance_type", "p5.48xlarge")]], pa.map_(pa.string(), pa.string())),
        "line_item_unblended_cost": pa.array([0.0052]),
        "line_item_usage_start_date": pa.array([datetime(2026, 6, 1)], pa.timestamp("ms")),  # noqa: DTZ001
    }
    pq.write_table(pa.table(row | maps), tmp_path / "cur.parquet")
    (charge,) = charges_of(tmp_path, "aws_cur")
    assert charge["focus_version"] == "cur-2.0"
    assert charge["tags"] == {"team": "search"}
    assert (charge["instance_type"], charge["billed_cost"]) == ("p5.48xlarge", Decimal("0.0052"))
    assert charge["sub_account_id"] == "2000"


def test_tags_of_athena_reports(tmp_path: Path) -> None:
    row = {snake(name): value for name, value in line("Usage").items() if not name.startswith("resourceTags")}
    assert one(tmp_path, row | {"resource_tags_user_cost_center": "42", "resource_tags_aws_created_by": "x"})["tags"] == {
        "cost_center": "42"
    }
