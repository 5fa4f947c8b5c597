"""The AWS Cost and Usage Report, legacy (`lineItem/UsageStartDate`) and 2.0 (`line_item_usage_start_date`), as FOCUS charges.

Savings plans and reservations: usage that they cover costs the effective rate; their fees are purchases, cash and no effective cost; the
unused part that a fee row states becomes a charge of its own (Unused). A fee that does not state it has no effective cost (null): the
warehouse derives it from what was covered. Source: AWS CUR user guide, "Understanding Savings Plans" and "Reservation details".
"""

from audit_assets.billing.bill_source import BillFilesSource
from audit_assets.billing.charge_terms import machine_type_in
from audit_assets.billing.columns import TAGS, Columns, literal
from audit_assets.billing.row_sql import Addition, Check, RowSql, Typed

NEEDED = ("lineItem/UsageStartDate", "lineItem/LineItemType", "lineItem/UnblendedCost")
_TEXTS = {
    "billing_account_id": ("bill/PayerAccountId",),
    "sub_account_id": ("lineItem/UsageAccountId",),
    "region_id": ("product/regionCode", "product/region"),
    "availability_zone": ("lineItem/AvailabilityZone",),
    "resource_id": ("lineItem/ResourceId",),
    "resource_type": ("product/productFamily",),
    "service_name": ("product/ProductName", "product/servicename", "lineItem/ProductCode"),
    "sku_id": ("product/sku",),
    "sku_price_id": ("pricing/RateCode", "pricing/RateId"),
    "sku_meter": ("lineItem/UsageType",),
    "charge_description": ("lineItem/LineItemDescription",),
    "pricing_unit": ("pricing/unit",),
    "consumed_unit": ("pricing/unit",),
    "billing_currency": ("lineItem/CurrencyCode",),
    "invoice_id": ("bill/InvoiceId",),
    "line_item_type": ("lineItem/LineItemType",),
}
_TERMS = {
    "_kind": ("lineItem/LineItemType",),
    "_meter": ("lineItem/UsageType",),
    "_payer": ("bill/PayerAccountId",),
    "_plan": ("savingsPlan/SavingsPlanArn",),
    "_reservation": ("reservation/ReservationARN",),
    "_term": ("pricing/term",),
    "_market": ("product/marketoption",),
}
_MONEY = {
    "list_cost": "pricing/publicOnDemandCost",
    "billed_cost": "lineItem/UnblendedCost",
    "plan_rate": "savingsPlan/SavingsPlanEffectiveCost",
    "reserved_rate": "reservation/EffectiveCost",
    "used": "savingsPlan/UsedCommitment",
    "upfront": "savingsPlan/AmortizedUpfrontCommitmentForBillingPeriod",
    "unused_recurring": "reservation/UnusedRecurringFee",
    "unused_upfront": "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
}
_MOMENTS = {
    "charge_period_start": "lineItem/UsageStartDate",
    "charge_period_end": "lineItem/UsageEndDate",
    "billing_period_start": "bill/BillingPeriodStartDate",
    "billing_period_end": "bill/BillingPeriodEndDate",
}
_LAKE_NAMES = frozenset({"list_cost", "billed_cost", "pricing_quantity", *_MOMENTS})
_CATEGORIES = {
    "Credit": "Credit",
    "Refund": "Credit",
    "Tax": "Tax",
    "BundledDiscount": "Adjustment",
    "Discount": "Adjustment",
    "EdpDiscount": "Adjustment",
    "PrivateRateDiscount": "Adjustment",
    "RiVolumeDiscount": "Adjustment",
    "SppDiscount": "Adjustment",
}
_JUDGED = {
    "_committed": "(_kind like 'SavingsPlan%' or _kind in ('DiscountedUsage', 'RIFee') or (_kind = 'Fee' and _reservation is not null))",
    "_purchase": "(_kind in ('RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'Fee'))",
    "_covered": "(_kind in ('SavingsPlanCoveredUsage', 'DiscountedUsage'))",
    "_spot": "coalesce(_term = 'Spot' or _market = 'Spot' or regexp_matches(_meter, '(?i)spotusage'), false)",
    "_block": "coalesce(regexp_matches(concat_ws(' ', _market, _meter), '(?i)capacity[ _-]?block'), false)",
}
# What a fee row says was paid for and not used; null when it does not say. A plan's is its fee, with the amortised upfront part, less
# UsedCommitment. TotalCommitmentToDate is not used: it adds up over the month.
_UNUSED = {
    "_unused": "(case when _kind = 'SavingsPlanRecurringFee' and _used is not null"
    " then greatest(_billed_cost + coalesce(_upfront, 0) - _used, 0)"
    " when _kind = 'RIFee' and coalesce(_unused_recurring, _unused_upfront) is not null"
    " then coalesce(_unused_recurring, 0) + coalesce(_unused_upfront, 0) end)"
}
_UNUSED_CHARGE = Addition(
    "_unused > 0",
    {
        "charge_category": "'Usage'",
        "charge_frequency": "'Usage-Based'",
        "pricing_category": "'Committed'",
        "commitment_discount_status": "'Unused'",
        "list_cost": "null",
        "contracted_cost": "_unused",
        "billed_cost": "0",
        "effective_cost": "_unused",
    },
)
# Amortised cost. Null where the report leaves it empty: covered usage without a rate, a fee without its used part.
_EFFECTIVE = (
    "case when _kind = 'SavingsPlanCoveredUsage' then _plan_rate when _kind = 'DiscountedUsage' then _reserved_rate"
    " when _kind in ('SavingsPlanNegation', 'SavingsPlanUpfrontFee') then 0"
    " when _kind in ('SavingsPlanRecurringFee', 'RIFee') then case when _unused is not null then 0 end"
    " when _committed then 0 else _billed_cost end"
)
# The plan's or reservation's ARN. Reports without ARNs name neither: then all of an account's are one.
_COMMITMENT_ID = (
    "case when _kind like 'SavingsPlan%' then coalesce(_plan, concat_ws('/', 'unnamed-savings-plan', _payer))"
    " when _committed then coalesce(_reservation, concat_ws('/', 'unnamed-reservation', _payer)) end"
)


class CurSource(BillFilesSource):
    """An AWS Cost and Usage Report in files."""

    kind = "aws_cur"
    base_version = 202
    needed = NEEDED
    start_column = "lineItem/UsageStartDate"

    def row_sql(self, columns: Columns) -> RowSql:
        """The charges of a file with these columns."""
        typed = _typed(columns)
        values = (
            {name: columns.text(*given) for name, given in _TEXTS.items()}
            | {column.name: column.step for column in typed if column.name in _LAKE_NAMES}
            | {"contracted_cost": "_billed_cost", "consumed_quantity": "_pricing_quantity"}
            | _derived(columns)
        )
        first = {column.step: column.value.sql for column in typed} | {name: columns.text(*given) for name, given in _TERMS.items()}
        return RowSql(self.start_column, (first, _JUDGED, _UNUSED), values, _checks(columns, typed), (_UNUSED_CHARGE,))


def _typed(columns: Columns) -> list[Typed]:
    return [
        *(Typed(name, given, columns.money(given), "an amount") for name, given in _MONEY.items()),
        *(Typed(name, given, columns.moment(given), "a point in time") for name, given in _MOMENTS.items()),
        Typed("pricing_quantity", "lineItem/UsageAmount", columns.number("lineItem/UsageAmount"), "a number"),
    ]


def _checks(columns: Columns, typed: list[Typed]) -> tuple[Check, ...]:
    """What must read. The list price need not: generators write words there (nise: 'convertible'), and no sum rests on it."""
    read = ("charge_period_end", "pricing_quantity", "plan_rate", "reserved_rate", "used", "unused_recurring")
    optional = [check for column in typed if column.name in read for check in column.readable(columns)]
    return (*(column.required(columns) for column in typed if column.name == "billed_cost"), *optional)


def _derived(columns: Columns) -> dict[str, str]:
    stated = columns.text("product/instanceType", "product_instance_type"), columns.inside("product", "instance_type", "instanceType")
    others = " ".join(f"when _kind = '{name}' then '{category}'" for name, category in _CATEGORIES.items())
    legacy = any("/" in field.name for field in columns.fields)
    return {
        "provider": "'aws'",
        "service_category": _service_category(columns),
        "instance_type": f"coalesce({', '.join(stated)}, {machine_type_in('_meter')})",
        "charge_category": f"case when _purchase then 'Purchase' {others} else 'Usage' end",
        "charge_class": "case when _kind = 'Refund' then 'Correction' end",
        "charge_frequency": "case when _kind in ('RIFee', 'SavingsPlanRecurringFee') then 'Recurring'"
        " when _purchase or _kind in ('Credit', 'Refund', 'Tax') then 'One-Time' else 'Usage-Based' end",
        "pricing_category": "case when _covered then 'Committed' when _spot then 'Dynamic'"
        " when _kind in ('Tax', 'Credit', 'Refund') then null else 'Standard' end",
        "price_class": "case when _block then 'capacity_block' when _committed then 'committed' when _spot then 'spot'"
        " when _kind in ('Usage', 'Fee') then 'on_demand' end",
        "commitment_discount_id": _COMMITMENT_ID,
        "commitment_discount_type": "case when _kind like 'SavingsPlan%' then 'Savings Plan' when _committed then 'Reserved Instance' end",
        "commitment_discount_status": "case when _covered then 'Used' end",
        "capacity_reservation_id": columns.text("reservation/CapacityReservationArn", "capacityReservation/CapacityReservationArn"),
        "effective_cost": _EFFECTIVE,
        "is_final": f"{columns.text('bill/InvoiceId')} is not null" if "bill/InvoiceId" in columns else "null::boolean",
        "tags": _tags(columns),
        "focus_version": "'cur-legacy'" if legacy else "'cur-2.0'",
    }


def _service_category(columns: Columns) -> str:
    code, family = columns.text("lineItem/ProductCode"), columns.text("product/productFamily")
    return (
        f"case when {family} in ('Compute Instance', 'Compute Instance (bare metal)', 'Dedicated Host') then 'Compute'"
        f" when {code} = 'ComputeSavingsPlans' then 'Compute'"
        f" when {family} in ('Data Transfer', 'NAT Gateway', 'Load Balancer', 'IP Address') then 'Networking'"
        f" when {family} in ('Storage', 'Storage Snapshot', 'System Operation') then 'Storage'"
        f" when {code} = 'AmazonSageMaker' then 'AI and Machine Learning' end"
    )


def _tags(columns: Columns) -> str:
    """User tags by name, without the `user:` of AWS; tags that AWS sets itself (aws:…) are none."""
    if columns.get("resource_tags"):
        entries = f"map_entries({columns.tags('resource_tags').sql})"
        users = f"list_filter({entries}, lambda tag: regexp_matches(tag.key, '^user[:_]') and tag.value is not null)"
        named = f"list_transform({users}, lambda tag: {{'k': regexp_replace(tag.key, '^user[:_]', ''), 'v': tag.value}})"
        return f"map_from_entries({named})::{TAGS}"
    pairs: dict[str, str] = {}
    for prefix in ("resourceTags/user:", "resource_tags_user_"):
        pairs |= {field.name[len(prefix) :]: field.sql for field in columns.starting(prefix)}
    if not pairs:
        return f"null::{TAGS}"
    listed = ", ".join(f"{{'k': {literal(name)}, 'v': {sql}::varchar}}" for name, sql in pairs.items())
    return f"map_from_entries(list_filter([{listed}], lambda tag: tag.v is not null))"
