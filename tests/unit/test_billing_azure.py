"""Rows as Microsoft documents cost details (actual and amortized, EA and MCA); amounts are made up to add up by hand."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from audit_assets.audit import Audit
from audit_assets.audit_sources import BillingSource
from tests.unit.bill_reading import Row, charges_of, read, source, write_csv

VM = "/subscriptions/s1/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/GPU-1"
MCA: Row = {
    "date": "03/31/2026",
    "billingAccountId": "b-1",
    "SubscriptionId": "s1",
    "ResourceId": VM,
    "meterCategory": "Virtual Machines",
    "meterSubCategory": "NDasrA100v4 Series",
    "meterName": "ND96asr A100 v4",
    "ProductName": "Virtual Machines NDasrA100v4 Series",
    "quantity": "24",
    "unitOfMeasure": "1 Hour",
    "costInBillingCurrency": "600",
    "billingCurrency": "EUR",
    "pricingCurrency": "USD",
    "PayGPrice": "27.2",
    "exchangeRatePricingToBilling": "0.9",
    "chargeType": "Usage",
    "pricingModel": "OnDemand",
    "frequency": "UsageBased",
    "reservationId": "",
    "benefitId": "",
    "resourceLocation": "West Europe",
    "billingPeriodStartDate": "03/01/2026",
    "billingPeriodEndDate": "03/31/2026",
    "tags": '"team": "search","env": "prod"',
    "additionalInfo": json.dumps({"ServiceType": "Standard_ND96asr_v4", "VCPUs": 96}),
}
EA_NAMES = {
    "ResourceId": "InstanceId",
    "SubscriptionId": "SubscriptionGuid",
    "costInBillingCurrency": "Cost",
    "billingCurrency": "BillingCurrencyCode",
    "ProductName": "Product",
    "date": "Date",
    "quantity": "Quantity",
}
ORDER = "/providers/Microsoft.Capacity/reservationOrders/O1/reservations/R-1"


def row(**changes: object) -> Row:
    return MCA | changes


COVERED = row(pricingModel="Reservation", benefitId=ORDER, costInBillingCurrency="0")
SHARED = row(pricingModel="Reservation", benefitId=ORDER.lower(), costInBillingCurrency="400")
UNUSED = row(chargeType="UnusedReservation", pricingModel="Reservation", reservationId="r-1", costInBillingCurrency="50", ResourceId="")
BOUGHT = row(chargeType="Purchase", pricingModel="Reservation", reservationId="R-1", frequency="OneTime", costInBillingCurrency="9000")


def azure(folder: Path, *rows: Row, metric: str = "amortized") -> list[Row]:
    write_csv(folder / "cost.csv", rows)
    return charges_of(folder, "azure_cost", metric=metric)


def one(folder: Path, given: Row, metric: str = "amortized") -> Row:
    (charge,) = azure(folder, given, metric=metric)
    return charge


def refusal(folder: Path, *rows: Row, metric: str = "amortized") -> str:
    write_csv(folder / "cost.csv", rows)
    (rejection,) = source(folder, "azure_cost", metric=metric).probe().rejected
    return rejection.reason


@pytest.mark.parametrize("names", [{}, EA_NAMES])
@pytest.mark.parametrize("day", ["03/31/2026", "3/31/2026", "2026-03-31", "2026-03-31T00:00:00Z"])
def test_usage_under_the_names_of_every_agreement(tmp_path: Path, names: dict[str, str], day: str) -> None:
    charge = one(tmp_path, {names.get(name, name): value for name, value in row(date=day).items()})
    assert (charge["charge_period_start"], charge["charge_period_end"]) == (
        datetime(2026, 3, 31, tzinfo=UTC),
        datetime(2026, 4, 1, tzinfo=UTC),
    )
    assert (charge["billing_period_start"], charge["billing_period_end"]) == (
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 4, 1, tzinfo=UTC),
    )
    assert (charge["provider"], charge["sub_account_id"], charge["region_id"], charge["resource_id"]) == ("azure", "s1", "westeurope", VM)
    assert (charge["instance_type"], charge["service_category"]) == ("Standard_ND96asr_v4", "Compute")
    assert (charge["consumed_quantity"], charge["consumed_unit"]) == (24.0, "Hour")
    assert (charge["billed_cost"], charge["effective_cost"], charge["billing_currency"]) == (600, 600, "EUR")
    assert charge["list_cost"] == Decimal("587.52")  # 27.2 USD x 24 h x 0.9
    assert (charge["price_class"], charge["pricing_category"], charge["charge_frequency"]) == ("on_demand", "Standard", "Usage-Based")
    assert charge["tags"] == {"team": "search", "env": "prod"}


@pytest.mark.parametrize(
    ("unit", "plain"), [("1 Hour", "Hour"), ("10 Hours", "Hours"), ("100 Hours", "Hours"), ("1 GB/Month", "GB/Month"), ("1/Month", "Month")]
)
def test_a_quantity_is_in_single_units_whatever_the_block(tmp_path: Path, unit: str, plain: str) -> None:
    charge = one(tmp_path, row(unitOfMeasure=unit))
    assert (charge["consumed_quantity"], charge["consumed_unit"]) == (24.0, plain)  # 24 h, not 24 times 100 h


@pytest.mark.parametrize(
    ("changes", "machine"),
    [
        ({}, "Standard_ND96asr_v4"),
        ({"additionalInfo": ""}, "ND96asr A100 v4"),
        ({"additionalInfo": "", "meterName": "NC24ads A100 v4 Spot"}, "NC24ads A100 v4"),
        ({"meterCategory": "Virtual Machines Licenses", "meterName": "96 vCPU VM License"}, None),
        ({"meterCategory": "Storage", "meterName": "P30 LRS Disk"}, None),
        ({"meterCategory": "Bandwidth"}, None),
    ],
)
def test_only_rows_of_virtual_machines_are_machine_time(tmp_path: Path, changes: Row, machine: str | None) -> None:
    assert one(tmp_path, row(**changes))["instance_type"] == machine


@pytest.mark.parametrize(
    ("model", "expected"), [("Spot", ("spot", "Dynamic")), ("On Demand", ("on_demand", "Standard")), ("", (None, None))]
)
def test_pricing_models(tmp_path: Path, model: str, expected: tuple[str | None, ...]) -> None:
    charge = one(tmp_path, row(pricingModel=model))
    assert (charge["price_class"], charge["pricing_category"]) == expected


def test_amortized_cost_is_effective_and_a_commitment_bills_nothing_where_it_is_used(tmp_path: Path) -> None:
    plain, covered, unused = azure(tmp_path, row(), SHARED, UNUSED)
    assert [(c["billed_cost"], c["effective_cost"]) for c in (plain, covered, unused)] == [(600, 600), (0, 400), (0, 50)]
    assert [c["commitment_discount_status"] for c in (plain, covered, unused)] == [None, "Used", "Unused"]
    assert {c["commitment_discount_id"] for c in (covered, unused)} == {"r-1"}  # written as a path, in other cases, and bare
    assert [c["consumed_quantity"] for c in (plain, covered, unused)] == [24.0, 24.0, None]
    assert covered["price_class"] == "committed"


def test_actual_cost_is_billed_and_what_a_commitment_covers_has_no_effective_cost(tmp_path: Path) -> None:
    plain, covered, bought = azure(tmp_path, row(), COVERED, BOUGHT, metric="actual")
    assert [(c["billed_cost"], c["effective_cost"]) for c in (plain, covered, bought)] == [(600, 600), (0, None), (9000, 0)]
    assert (bought["charge_category"], bought["pricing_category"], bought["commitment_discount_id"]) == ("Purchase", "Standard", "r-1")


@pytest.mark.parametrize(
    ("rows", "metric", "reason"),
    [
        ([row(), UNUSED], "actual", "this export is of amortized cost, not metric: actual"),
        ([row(), SHARED], "actual", "this export is of amortized cost, not metric: actual"),
        ([row(), COVERED], "amortized", "this export is of actual cost, not metric: amortized"),
        ([row(), BOUGHT], "amortized", "this export is of actual cost, not metric: amortized"),
        ([BOUGHT, UNUSED], "amortized", "it mixes actual and amortized cost, which must never be added up"),
        ([BOUGHT, UNUSED], "actual", "it mixes actual and amortized cost, which must never be added up"),
    ],
)
def test_the_other_view_of_the_bill_is_refused_by_name(tmp_path: Path, rows: list[Row], metric: str, reason: str) -> None:
    assert refusal(tmp_path, *rows, metric=metric) == reason


@pytest.mark.parametrize("metric", ["actual", "amortized"])
def test_a_month_without_commitments_is_the_same_in_both_views(tmp_path: Path, metric: str) -> None:
    charge = one(tmp_path, row(), metric=metric)
    assert (charge["billed_cost"], charge["effective_cost"]) == (600, 600)


def test_days_before_months_are_refused_and_not_swapped(tmp_path: Path) -> None:
    assert refusal(tmp_path, row(date="03/04/2026"), row(date="31/03/2026")) == "column Date has days before months"


def test_what_cannot_be_told_is_quarantined(tmp_path: Path) -> None:
    rows = [
        row(),
        row(chargeType="Gift"),
        row(pricingModel="Barter"),
        row(costInBillingCurrency="1,5"),
        row(quantity="many"),
        row(date="soon"),
    ]
    write_csv(tmp_path / "cost.csv", rows)
    charges, bad = read(source(tmp_path, "azure_cost", metric="amortized"))
    assert len(charges) == 1
    assert [(problem["position"], problem["column"], problem["reason"]) for problem in bad] == [
        (2, "ChargeType", "not a known charge type"),
        (3, "PricingModel", "not a known pricing model"),
        (4, "costInBillingCurrency", "missing or unreadable"),
        (5, "quantity", "not a number"),
        (6, "date", "missing or unreadable"),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"chargeType": "Refund"}, ("Purchase", "Correction")),
        ({"chargeType": "RoundingAdjustment"}, ("Adjustment", None)),
        ({"chargeType": "Tax"}, ("Tax", None)),
    ],
)
def test_charge_types(tmp_path: Path, changes: Row, expected: tuple[str, str | None]) -> None:
    charge = one(tmp_path, row(**changes))
    assert (charge["charge_category"], charge["charge_class"]) == expected


@pytest.mark.parametrize("changes", [{"PayGPrice": "0"}, {"exchangeRatePricingToBilling": ""}])
def test_a_list_price_that_the_export_does_not_give_is_unknown(tmp_path: Path, changes: Row) -> None:
    assert one(tmp_path, row(**changes))["list_cost"] is None


def test_the_old_usage_export_is_refused_for_the_columns_that_it_lacks(tmp_path: Path) -> None:
    old = {
        "UsageDateTime": "2026-03-31",
        "InstanceId": VM,
        "MeterCategory": "x",
        "UsageQuantity": "1",
        "PreTaxCost": "1",
        "UnitOfMeasure": "1 Hour",
    }
    assert refusal(tmp_path, old) == "columns Date, ChargeType, PricingModel, Quantity are missing"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"kind": "azure_cost"}, "takes `metric: amortized` or `metric: actual`"),
        ({"kind": "focus", "metric": "actual"}, "takes no `metric`"),
    ],
)
def test_the_metric_belongs_to_azure_and_must_be_said(entry: Row, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        BillingSource.model_validate({"name": "az", "uri": "."} | entry)


def test_both_views_as_two_sources_are_refused() -> None:
    sources = [{"name": name, "kind": "azure_cost", "uri": name, "metric": name} for name in ("actual", "amortized")]
    with pytest.raises(ValidationError, match="two views of one bill"):
        Audit.model_validate(yaml.safe_load("{version: 1, audit: {name: a}}") | {"sources": {"billing": sources}})


@pytest.mark.parametrize(
    ("vm", "key", "name"),
    [
        ("aks-gpu-1-vmss_10", "/aks-gpu-1-vmss00000a", "aks-gpu-1-vmss00000a"),
        ("AKS-gpu-1-vmss_85", "/aks-gpu-1-vmss00002d", "aks-gpu-1-vmss00002d"),  # Microsoft's example: 85 is 2D
        ("aks-gpu-1-vmss_1a2b3c4d", "", "aks-gpu-1-vmss"),  # flexible orchestration: no number to tell the host name from
        ("", "", "aks-gpu-1-vmss"),
    ],
)
def test_machines_of_a_scale_set_are_told_apart_by_their_host_name(tmp_path: Path, vm: str, key: str, name: str) -> None:
    scale_set = "/subscriptions/s1/resourceGroups/RG/providers/Microsoft.Compute/virtualMachineScaleSets/aks-gpu-1-vmss"
    info = json.dumps({"ServiceType": "Standard_ND96asr_v4"} | ({"VMName": vm} if vm else {}))
    charge = one(tmp_path, row(ResourceId=scale_set, additionalInfo=info))
    assert (charge["resource_id"], charge["resource_name"]) == (scale_set + key, name)


def test_a_machine_of_no_scale_set_keeps_its_id(tmp_path: Path) -> None:
    charge = one(tmp_path, row(additionalInfo=json.dumps({"ServiceType": "Standard_ND96asr_v4", "VMName": "GPU_1"})))
    assert (charge["resource_id"], charge["resource_name"]) == (VM, "GPU-1")
