"""The cost details of Azure Cost Management (exports of Actual or Amortized cost, column names of EA and MCA), as FOCUS charges.

Actual and Amortized are two views of one bill, and their sum is no bill: actual has the purchase of a commitment and 0 for what it covers,
amortized has no purchase and shares of it on what it covers and on Unused… rows. The columns are the same, so `metric` says which it is,
and a file with rows that only the other view has is refused.

actual: billed cost as given; what a commitment covers has no effective cost (null), its purchase has none (0).
amortized: effective cost as given; what a commitment covers, or leaves unused, is billed 0, and purchases are not there.
Quantity is in single units, whatever the block in UnitOfMeasure ("100 Hours"). Only rows of category Virtual Machines are machine time:
licences, disks and bandwidth of a VM name its size too. A VM of a scale set is named in AdditionalInfo as {set}_{number}; its host name,
which is its node's in Kubernetes, ends in that number in base 36 and six digits, and tells its charges apart.
Source: Microsoft, "Understand cost details fields", "Get EA and MCA reservation costs and usage", "Update reports to use FOCUS columns",
"Understand names and instance IDs for Azure Virtual Machine Scale Set VMs".
"""

from pathlib import Path

import duckdb

from audit_assets.billing.bill_file import Relation
from audit_assets.billing.bill_source import BillFilesSource
from audit_assets.billing.columns import MONEY, Columns, literal
from audit_assets.billing.row_sql import Check, RowSql, Typed
from audit_assets.errors import SourceRejected
from audit_assets.objects import ObjectStat

NEEDED = ("Date", "ChargeType", "PricingModel", "MeterCategory", "Quantity", "UnitOfMeasure")
COSTS = ("CostInBillingCurrency", "Cost")
AMORTIZED_VERSION = 100  # added to the version: the same file means other rows
_TEXTS = {
    "billing_account_id": ("BillingAccountId",),
    "sub_account_id": ("SubscriptionId", "SubscriptionGuid"),
    "resource_type": ("ResourceType",),
    "service_name": ("MeterCategory",),
    "sku_id": ("ProductId", "PartNumber"),
    "sku_meter": ("MeterName",),
    "charge_description": ("ProductName", "Product"),
    "billing_currency": ("BillingCurrencyCode", "BillingCurrency", "Currency"),
    "invoice_id": ("InvoiceId",),
    "line_item_type": ("ChargeType",),
}
_CHARGES = {
    "usage": "Usage",
    "unusedreservation": "Usage",
    "unusedsavingsplan": "Usage",
    "purchase": "Purchase",
    "refund": "Purchase",
    "roundingadjustment": "Adjustment",
    "adjustment": "Adjustment",
    "tax": "Tax",
    "credit": "Credit",
}
_PRICING = {"ondemand": "Standard", "reservation": "Committed", "savingsplan": "Committed", "spot": "Dynamic"}
_CLASSES = {"Standard": "on_demand", "Committed": "committed", "Dynamic": "spot"}
_FREQUENCIES = {"onetime": "One-Time", "recurring": "Recurring", "usagebased": "Usage-Based"}
_SERVICES = {
    "Virtual Machines": "Compute",
    "Virtual Machines Licenses": "Compute",
    "Storage": "Storage",
    "Bandwidth": "Networking",
    "Virtual Network": "Networking",
    "Load Balancer": "Networking",
    "VPN Gateway": "Networking",
    "NAT Gateway": "Networking",
    "Azure Machine Learning": "AI and Machine Learning",
}
_RESOURCE = ("ResourceId", "InstanceId", "InstanceName")
_DAY = 86_400_000_000  # microseconds
_DAY_FIRST = r"^\s*(1[3-9]|2\d|3[01])[/.-]\d{1,2}[/.-]\d{4}"


class AzureSource(BillFilesSource):
    """Cost details of one metric, `actual` or `amortized`, in files."""

    kind = "azure_cost"
    base_version = 402
    needed = NEEDED
    start_column = "Date"

    def __init__(self, name: str, uri: str, base: Path, index: Path, on_prem: bool, metric: str) -> None:
        super().__init__(name, uri, base, index, on_prem)
        self.metric = metric
        self.version += AMORTIZED_VERSION if metric == "amortized" else 0

    def refuse(self, item: ObjectStat, bill: Relation, connection: duckdb.DuckDBPyConnection) -> None:
        """A file of the other metric, of both, with days before months, or without a cost."""
        columns = bill.columns
        if not any(name in columns for name in COSTS):
            raise SourceRejected(item.uri, f"no column holds the cost: {' or '.join(COSTS)}", "export cost details, actual or amortized")
        day_first = f"bool_or(regexp_matches({columns.text('Date')}, {literal(_DAY_FIRST)}))"
        actual, amortized, days = connection.execute(f"select {_signs(columns)}, {day_first} from {bill.sql}").fetchall()[0]
        if days:
            raise SourceRejected(item.uri, "column Date has days before months", "export dates as YYYY-MM-DD or MM/DD/YYYY")
        if actual and amortized:
            raise SourceRejected(item.uri, "it mixes actual and amortized cost, which must never be added up", "export one of them")
        if (actual and self.metric == "amortized") or (amortized and self.metric == "actual"):
            found = "actual" if actual else "amortized"
            fix = f"keep only one of the two exports in the folder, or set metric: {found}"
            raise SourceRejected(item.uri, f"this export is of {found} cost, not metric: {self.metric}", fix)

    def row_sql(self, columns: Columns) -> RowSql:
        """The charges of a file with these columns."""
        typed = _typed(columns)
        first = {column.step: column.value.sql for column in typed} | _terms(columns)
        judged = {
            "_category": _choice("_charge", _CHARGES),
            "_pricing": _choice("_model", _PRICING),
            "_unused": "coalesce(starts_with(_charge, 'unused'), false)",
            "_commitment": "coalesce(_model in ('reservation', 'savingsplan'), false) or coalesce(starts_with(_charge, 'unused'), false)",
        }
        judged["_host"] = _scale_set_host()
        covered = {"_covered": "_commitment and _category = 'Usage'", "_bought": "_commitment and _category = 'Purchase'"}
        values = {name: columns.text(*given) for name, given in _TEXTS.items()} | _values(columns) | _costs(self.metric)
        return RowSql(self.start_column, (first, judged, covered), values, _checks(columns, typed))


def _word(columns: Columns, *names: str) -> str:
    """A word as the exports vary it: OnDemand, On Demand, ondemand."""
    return f"nullif(lower(replace({columns.text(*names)}, ' ', '')), '')"


def _choice(text: str, words: dict[str, str]) -> str:
    return f"case {text} {' '.join(f'when {literal(given)} then {literal(meant)}' for given, meant in words.items())} end"


def _cost(columns: Columns) -> str:
    """The name of the cost column."""
    return next((name for name in COSTS if name in columns), COSTS[0])


def _signs(columns: Columns) -> str:
    """Whether a file holds what only actual cost has (purchases of commitments, covered usage that is all free), and what only amortized
    cost has (unused parts, covered usage that costs its share)."""
    charge, cost = _word(columns, "ChargeType"), columns.money(_cost(columns)).sql
    committed = f"coalesce({_word(columns, 'PricingModel')} in ('reservation', 'savingsplan'), false)"
    bought = f"bool_or(coalesce({charge} in ('purchase', 'refund'), false) and {committed})"
    covered = f"coalesce({charge} = 'usage', false) and {committed}"
    shares = f"bool_or({covered} and coalesce({cost} <> 0, false))"
    unused = f"bool_or(coalesce(starts_with({charge}, 'unused'), false))"
    return f"{bought} or (bool_or({covered}) and not {shares}), {unused} or {shares}"


def _typed(columns: Columns) -> list[Typed]:
    cost, listed = _cost(columns), "PaygCostInBillingCurrency"
    return [
        Typed("cost", cost, columns.money(cost), "an amount"),
        Typed("quantity", "Quantity", columns.number("Quantity"), "a number"),
        Typed("listed", listed, columns.money(listed), "an amount"),
        Typed("list_price", "PayGPrice", columns.money("PayGPrice"), "an amount"),
        Typed("rate", "ExchangeRatePricingToBilling", columns.number("ExchangeRatePricingToBilling"), "a number"),
        Typed("charge_period_start", "Date", columns.moment("Date"), "a day"),
        Typed("billing_period_start", "BillingPeriodStartDate", columns.moment("BillingPeriodStartDate"), "a day"),
        Typed("billing_period_end", "BillingPeriodEndDate", columns.moment("BillingPeriodEndDate"), "a day"),
        Typed("tags", "Tags", columns.tags("Tags"), "tags as a JSON object of names and values"),
    ]


def _terms(columns: Columns) -> dict[str, str]:
    return {
        "_charge": _word(columns, "ChargeType"),
        "_model": _word(columns, "PricingModel"),
        "_service": columns.text("MeterCategory"),
        "_meter": columns.text("MeterName"),
        "_size": columns.inside("AdditionalInfo", "ServiceType"),
        "_unit": columns.text("UnitOfMeasure"),
        "_resource": columns.text(*_RESOURCE),
        "_vm": columns.inside("AdditionalInfo", "VMName"),
        "_benefit": columns.text("BenefitId", "ReservationId"),
        "_pricing_currency": columns.text("PricingCurrencyCode", "PricingCurrency"),
        "_currency": columns.text(*_TEXTS["billing_currency"]),
    }


def _checks(columns: Columns, typed: list[Typed]) -> tuple[Check, ...]:
    read = ("quantity", "listed", "tags")
    required = [column.required(columns) for column in typed if column.name == "cost"]
    optional = [check for column in typed if column.name in read for check in column.readable(columns)]
    charge = Check("ChargeType", "_category is null", "not a known charge type", columns.text("ChargeType"))
    model = Check("PricingModel", "_pricing is null and _model is not null", "not a known pricing model", columns.text("PricingModel"))
    return (*required, *optional, charge, model)


def _values(columns: Columns) -> dict[str, str]:
    region = columns.text("ResourceLocation", "Location")
    size = "coalesce(_size, regexp_replace(_meter, '(?i) (spot|low priority)$', ''))"
    classes = _choice("_pricing", _CLASSES)
    return {
        "provider": "'azure'",
        "resource_id": "_resource || coalesce('/' || _host, '')",
        "resource_name": f"coalesce(_host, {columns.text('ResourceName')}, nullif(regexp_extract(_resource, '([^/]+)$', 1), ''))",
        "region_id": f"lower(replace({region}, ' ', ''))",
        "service_category": _choice("_service", _SERVICES),
        "instance_type": f"case when _service = 'Virtual Machines' then {size} end",
        "charge_category": "_category",
        "charge_class": "case when _charge = 'refund' then 'Correction' end",
        "charge_frequency": _choice(_word(columns, "Frequency"), _FREQUENCIES),
        "charge_period_start": "_charge_period_start",
        "charge_period_end": f"make_timestamptz(epoch_us(_charge_period_start) + {_DAY})",
        "billing_period_start": "_billing_period_start",
        # the export names the last day, FOCUS the day after
        "billing_period_end": f"make_timestamptz(epoch_us(_billing_period_end) + {_DAY})",
        "pricing_category": "case when _bought then 'Standard' else _pricing end",
        "price_class": f"case when _category in ('Usage', 'Purchase') then {classes} end",
        "pricing_quantity": "_quantity",
        "pricing_unit": _single_unit(),
        "consumed_quantity": "case when _category = 'Usage' and not _unused then _quantity end",
        "consumed_unit": f"case when _category = 'Usage' and not _unused then {_single_unit()} end",
        # by its last part and without case: one commitment is written in several ways
        "commitment_discount_id": "case when _commitment then lower(regexp_extract(_benefit, '([^/]+)/?$', 1)) end",
        "commitment_discount_type": "case when _model = 'savingsplan' or _charge = 'unusedsavingsplan' then 'Savings Plan'"
        " when _commitment then 'Reservation' end",
        "commitment_discount_status": "case when _unused then 'Unused' when _covered then 'Used' end",
        "list_cost": _list_cost(),
        "contracted_cost": "case when not _commitment then _cost end",
        "tags": "_tags",
    }


def _scale_set_host() -> str:
    """The host name of a VM of a scale set: aks-gpu-1-vmss_10 is aks-gpu-1-vmss00000a."""
    number = r"regexp_extract(_vm, '_(\d{1,9})$', 1)"
    name = r"lower(regexp_extract(_vm, '^(.+)_\d{1,9}$', 1))"
    is_one = r"contains(lower(_resource), '/virtualmachinescalesets/') and regexp_matches(_vm, '_\d{1,9}$')"
    return f"case when {is_one} then {name} || lpad(lower(to_base(try_cast({number} as bigint), 36)), 6, '0') end"


def _single_unit() -> str:
    return r"regexp_replace(_unit, '^\s*[\d.,]+\s*[KM]?[ /]\s*', '')"


def _list_cost() -> str:
    """At the pay-as-you-go price, which is in the pricing currency; null where the export does not give it (0)."""
    rate = "case when _rate is not null then _rate when _pricing_currency = _currency then 1.0 end"
    priced = f"try_cast(_list_price * _quantity * ({rate}) as {MONEY})"
    return f"case when _category = 'Usage' and not _unused then coalesce(nullif(_listed, 0), nullif({priced}, 0)) end"


def _costs(metric: str) -> dict[str, str]:
    if metric == "actual":
        return {
            "billed_cost": "_cost",
            "effective_cost": "case when _bought then 0 when _covered then null else _cost end",
            "focus_version": "'azure-actual'",
        }
    return {
        "billed_cost": "case when _covered then 0 else _cost end",
        "effective_cost": "_cost",
        "focus_version": "'azure-amortized'",
    }
