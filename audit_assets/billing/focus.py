"""FOCUS 1.0 to 1.3, the normal form: which columns there are, and how they read. Column meanings follow the specification.

FOCUS 1.3 splits a charge over those who share a resource: such allocated charges stand in place of their origin charge and add up to it, so
a sum over rows stays the bill. It names the provider in ServiceProviderName; ProviderName and PublisherName may be gone.
Azure writes one commitment's id in several cases, and 0 for list costs that it does not know (Microsoft's FOCUS conformance summary).

What does not belong here: how files are read (bill_file.py) and loaded (bill_source.py).
"""

from audit_assets.billing.bill_source import BillFilesSource
from audit_assets.billing.charge_terms import machine_type_in, price_class, pricing_word, provider
from audit_assets.billing.columns import Columns
from audit_assets.billing.row_sql import Check, RowSql, Typed

NEEDED = ("ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory", "BilledCost", "EffectiveCost")
_TEXTS = {
    "billing_account_id": ("BillingAccountId",),
    "sub_account_id": ("SubAccountId",),
    "region_id": ("RegionId", "Region"),
    "availability_zone": ("AvailabilityZone",),
    "resource_id": ("ResourceId",),
    "resource_name": ("ResourceName",),
    "resource_type": ("ResourceType",),
    "service_name": ("ServiceName",),
    "service_category": ("ServiceCategory",),
    "sku_id": ("SkuId",),
    "sku_price_id": ("SkuPriceId",),
    "sku_meter": ("SkuMeter", "x_UsageType", "x_SkuMeterName"),
    "gpu_model": ("x_GpuModel",),
    "charge_category": ("ChargeCategory",),
    "charge_class": ("ChargeClass",),
    "charge_frequency": ("ChargeFrequency",),
    "charge_description": ("ChargeDescription",),
    "pricing_category": ("PricingCategory",),
    "pricing_unit": ("PricingUnit",),
    "consumed_unit": ("ConsumedUnit",),
    "commitment_discount_id": ("CommitmentDiscountId",),
    "commitment_discount_type": ("CommitmentDiscountType",),
    "commitment_discount_status": ("CommitmentDiscountStatus",),
    "capacity_reservation_id": ("CapacityReservationId",),
    "capacity_reservation_status": ("CapacityReservationStatus",),
    "billing_currency": ("BillingCurrency",),
    "invoice_id": ("InvoiceId",),
}
_MONEY = {"list_cost": "ListCost", "contracted_cost": "ContractedCost", "billed_cost": "BilledCost", "effective_cost": "EffectiveCost"}
_MOMENTS = {
    "charge_period_start": "ChargePeriodStart",
    "charge_period_end": "ChargePeriodEnd",
    "billing_period_start": "BillingPeriodStart",
    "billing_period_end": "BillingPeriodEnd",
}
_PROVIDERS = ("ServiceProviderName", "ProviderName", "HostProviderName", "PublisherName")
_SINCE_1_3 = (
    "ServiceProviderName",
    "HostProviderName",
    "AllocatedMethodId",
    "AllocatedMethodDetails",
    "AllocatedResourceId",
    "AllocatedResourceName",
    "AllocatedTags",
    "ContractApplied",
)
_NUMBERS = {"pricing_quantity": "PricingQuantity", "consumed_quantity": "ConsumedQuantity"}


class FocusSource(BillFilesSource):
    """A FOCUS export in files."""

    kind = "focus"
    base_version = 103
    needed = NEEDED
    start_column = "ChargePeriodStart"

    def row_sql(self, columns: Columns) -> RowSql:
        """The charges of a file with these columns."""
        typed = typed_columns(columns)
        meters = {"_meter": columns.text(*_TEXTS["sku_meter"]), "_description": columns.text("ChargeDescription")}
        values = (
            {name: columns.text(*given) for name, given in _TEXTS.items()}
            | {column.name: column.step for column in typed}
            | _derived(columns)
        )
        first = {column.step: column.value.sql for column in typed} | meters | {"_provider": provider(columns.text(*_PROVIDERS))}
        second = {"_meter_word": pricing_word("_meter"), "_description_word": pricing_word("_description")}
        return RowSql(self.start_column, (first, second), values, _checks(columns, typed))


def typed_columns(columns: Columns) -> list[Typed]:
    """The columns that are not text."""
    return [
        *(Typed(name, given, columns.money(given), "an amount") for name, given in _MONEY.items()),
        *(Typed(name, given, columns.moment(given), "a point in time") for name, given in _MOMENTS.items()),
        *(Typed(name, given, columns.number(given), "a number") for name, given in _NUMBERS.items()),
        Typed("tags", "Tags", columns.tags("Tags"), "tags as a JSON object of names and values"),
    ]


def _checks(columns: Columns, typed: list[Typed]) -> tuple[Check, ...]:
    needed = ("billed_cost", "effective_cost", "charge_period_end")
    required = [column.required(columns) for column in typed if column.name in needed]
    optional = [check for column in typed if column.name not in (*needed, "charge_period_start") for check in column.readable(columns)]
    backwards = "coalesce(_charge_period_end < _charge_period_start, false)"
    ends = Check("ChargePeriodEnd", backwards, "ends before it starts", "_charge_period_end::varchar")
    return (*required, *optional, ends)


def _derived(columns: Columns) -> dict[str, str]:
    stated = columns.inside("SkuPriceDetails", "InstanceType", "x_InstanceType"), columns.text("x_InstanceType")
    commitment = columns.text("CommitmentDiscountId")
    azure_type = columns.inside("x_SkuDetails", "ServiceType")
    return {
        "provider": "_provider",
        "list_cost": "case when _provider = 'azure' and _list_cost = 0 and _effective_cost <> 0 then null else _list_cost end",
        "commitment_discount_id": f"case when _provider = 'azure' then lower({commitment}) else {commitment} end",
        "instance_type": f"coalesce({', '.join(stated)}, {azure_type}, {machine_type_in('_meter', '_description')})",
        "gpu_count": f"try_cast({columns.inside('SkuPriceDetails', 'GpuCount', 'x_GpuCount')} as double)",
        "price_class": price_class(columns.text("PricingCategory"), commitment, ("_meter_word", "_description_word")),
        "is_final": f"{columns.text('InvoiceId')} is not null" if "InvoiceId" in columns else "null::boolean",
        "focus_version": f"'{version_of(columns)}'",
    }


def version_of(columns: Columns) -> str:
    """The oldest version that has all of these columns."""
    if any(name in columns for name in _SINCE_1_3):
        return "1.3"
    if any(name in columns for name in ("InvoiceId", "PricingCurrency", "BillingAccountType", "SubAccountType")):
        return "1.2"
    if any(name in columns for name in ("SkuMeter", "SkuPriceDetails", "CapacityReservationId", "CommitmentDiscountQuantity")):
        return "1.1"
    return "1.0"
