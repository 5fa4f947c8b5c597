"""The detailed usage cost export of Google Cloud Billing (BigQuery table gcp_billing_export_resource_v1_…), as FOCUS charges.

As Parquet or newline-delimited JSON with nested columns, or as CSV with nested columns as JSON or flat (`usage_amount`, `usage.amount`).

Cost: `cost` and the credits that are discounts, as billed and effective cost. Credits that pay (promotions, and types not known) are
charges of their own of category Credit, as in FOCUS. `cost_at_list` is the list cost.

Committed use: usage under a commitment is credited its whole price, and the fee is a row of its own that no column ties to it.
So each amount counts once, where the bill has it: covered usage costs what is left of it, and the fee of a commitment to GPUs, or to
machines that only come with GPUs, is GPU spend of its own resource (its subscription), hour by hour, never spread by a guess.
Usage of a GPU machine that another commitment covers (generic cores, spend-based credits) has no effective cost (null): its fee may be
anywhere. In the newer spend-based model the fee less FEE_UTILIZATION_OFFSET is what was not used.

A VM is billed by its parts: only GPU SKUs hold GPU time (GPUs x seconds); cores and memory add cost to the same resource.
Rows equal but for `export_time` were appended at different times and are both real, so it stays in the fingerprint.
Source: Cloud Billing documentation, "Structure of Detailed data export".
"""

import duckdb

from audit_assets.billing.bill_file import Relation
from audit_assets.billing.bill_source import BillFilesSource
from audit_assets.billing.charge_terms import pricing_word
from audit_assets.billing.columns import MONEY, Columns, Value, literal
from audit_assets.billing.json_lines import SUFFIXES
from audit_assets.billing.row_sql import Addition, Check, RowSql, Typed
from audit_assets.errors import SourceRejected
from audit_assets.objects import ObjectStat

NEEDED = ("usage_start_time", "usage_end_time", "cost", "currency", "credits")
_RESOURCE_COMMITMENT = "COMMITTED_USAGE_DISCOUNT"
_SPEND_COMMITMENT = "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE"
_DISCOUNTS = (
    _RESOURCE_COMMITMENT,
    _SPEND_COMMITMENT,
    "FEE_UTILIZATION_OFFSET",
    "SUSTAINED_USAGE_DISCOUNT",
    "DISCOUNT",
    "FREE_TIER",
    "RESELLER_MARGIN",
    "SUBSCRIPTION_BENEFIT",
)
_COST_TYPES = {"regular": "Usage", "tax": "Tax", "adjustment": "Adjustment", "rounding_error": "Adjustment"}
_SYSTEM = "compute.googleapis.com/"
_NETWORK = r"(?i)\b(network|egress|ingress|data transfer|ip charge|nat gateway|load balanc\w*|vpn|forwarding rule)\b"
_STORAGE = r"(?i)(\bpd capacity|hyperdisk|snapshot|storage image|machine image)"
_TEXTS = {
    "_sku": ("sku", "description"),
    "_service": ("service", "description"),
    "_unit": ("usage", "unit"),
    "_pricing_unit": ("usage", "pricing_unit"),
    "_subscription": ("subscription", "instance_id"),
    "_resource": ("resource", "name"),
    "_global": ("resource", "global_name"),
    "_model": ("consumption_model", "description"),
    "_correction": ("adjustment_info", "type"),
    "_month": ("invoice", "month"),
    "_region": ("location", "region"),
    "_zone": ("location", "zone"),
    "_project": ("project", "id"),
    "_sku_id": ("sku", "id"),
}
_JUDGED = {
    "_fee": r"coalesce(regexp_matches(_sku, '(?i)^commitment\b'), false)",
    "_names_gpu": r"coalesce(regexp_matches(_sku, '(?i)\b(gpu|nvidia)\b') and not regexp_matches(_sku, '(?i)licen[sc]'), false)",
    "_gpu_family": r"coalesce(regexp_matches(_sku, '\b(A2|A3|G2)\w*\b'), false)",
    "_is_time": "coalesce(regexp_matches(_unit, '(?i)^(seconds?|hours?)$'), false)",
    "_spot": f"{pricing_word('_sku')} <> ''",
    "_net": f"_cost + coalesce(_discounts, 0)::{MONEY}",
}
_CLASSED = {
    "_gpu_time": "_names_gpu and _is_time and not _fee",
    "_gpu_fee": "_fee and (_names_gpu or _gpu_family)",
    "_committed": "_fee or coalesce(regexp_matches(_model, '(?i)\\bCUD\\b|commit'), false)"
    " or (_cost > 0 and -(_by_resource + _by_spend) >= _cost / 2)",
}
_PRICE_CLASS = "case when _kind <> 'Usage' then null when _committed then 'committed' when _spot then 'spot' else 'on_demand' end"
_PRICING = "case _price_class when 'committed' then 'Committed' when 'spot' then 'Dynamic' when 'on_demand' then 'Standard' end"
_EFFECTIVE = (
    "case when _fee then _net when _by_spend <> 0 then null"
    " when _by_resource <> 0 and not (_names_gpu or _gpu_family) then null else _net end"
)
_CREDIT = Addition(
    "_grants <> 0",
    {
        "charge_category": "'Credit'",
        "charge_frequency": "'One-Time'",
        "charge_description": "'credits: ' || _grant_names",
        "billed_cost": "_grants",
        "effective_cost": "_grants",
        **dict.fromkeys(
            ("list_cost", "contracted_cost", "consumed_quantity", "pricing_quantity", "pricing_category", "price_class"), "null"
        ),
    },
)


class GcpSource(BillFilesSource):
    """A detailed Cloud Billing export in files."""

    kind = "gcp_billing"
    base_version = 302
    needed = NEEDED
    start_column = "usage_start_time"
    suffixes = (*BillFilesSource.suffixes, *SUFFIXES)

    def refuse(self, item: ObjectStat, bill: Relation, connection: duckdb.DuckDBPyConnection) -> None:
        """The standard export: what cores and memory of a GPU machine cost cannot be told from other machines'."""
        if not any(name in bill.columns for name in ("resource", "resource.name", "resource.global_name")):
            reason = "this is the standard usage cost export: it has no column resource"
            raise SourceRejected(item.uri, reason, "export the detailed one, gcp_billing_export_resource_v1_…")

    def row_sql(self, columns: Columns) -> RowSql:
        """The charges of a file with these columns."""
        typed, labels = _typed(columns), columns.tags("system_labels").sql
        first = (
            {column.step: column.value.sql for column in typed}
            | {name: _inside(columns, *path) for name, path in _TEXTS.items()}
            | {"_credits": _credits(columns)}
            | {"_machine": _label(labels, "machine_spec"), "_reservation": _label(labels, "reservation_name")}
            | {"_unused_reservation": f"coalesce({_label(labels, 'is_unused_reservation')} = 'true', false)"}
            | {"_cost_type": f"replace(lower(coalesce({columns.text('cost_type')}, 'regular')), ' ', '_')"}
        )
        kinds = " ".join(f"when '{word}' then '{kind}'" for word, kind in _COST_TYPES.items())
        steps = (first, _sums() | {"_kind": f"case _cost_type {kinds} end"}, _JUDGED, _CLASSED, {"_price_class": _PRICE_CLASS})
        return RowSql(self.start_column, steps, _values(columns), _checks(columns, typed), (_CREDIT,))


def _inside(columns: Columns, name: str, part: str) -> str:
    """A nested text, from a flat column or from inside its struct or JSON."""
    flat = f"{name}.{part}"
    return columns.text(flat) if flat in columns else columns.inside(name, part)


def _number(columns: Columns, name: str, part: str) -> Value:
    text = _inside(columns, name, part)
    number = f"try_cast({text} as double)"
    return Value(f"case when isfinite({number}) then {number} end", text, can_fail=True)


def _typed(columns: Columns) -> list[Typed]:
    return [
        Typed("cost", "cost", columns.money("cost"), "an amount"),
        Typed("list_cost", "cost_at_list", columns.money("cost_at_list"), "an amount"),
        Typed("contracted_cost", "cost_at_effective_price_default", columns.money("cost_at_effective_price_default"), "an amount"),
        Typed("charge_period_start", "usage_start_time", columns.moment("usage_start_time"), "a point in time"),
        Typed("charge_period_end", "usage_end_time", columns.moment("usage_end_time"), "a point in time"),
        Typed("consumed_quantity", "usage.amount", _number(columns, "usage", "amount"), "a number"),
        Typed("pricing_quantity", "usage.amount_in_pricing_units", _number(columns, "usage", "amount_in_pricing_units"), "a number"),
        Typed("tags", "labels", columns.tags("labels"), "labels as a list of keys and values"),
    ]


def _credits(columns: Columns) -> str:
    """The credits of a row; null when they cannot be read."""
    field = columns.get("credits")
    if field is None:
        return "null"
    if field.type.endswith("[]") and {"type", "amount"} <= field.parts:
        named = "{'type': credit.type::varchar, 'amount': credit.amount::varchar}"
        return f"list_transform(coalesce({field.sql}, []), lambda credit: {named})"
    text = f"coalesce({field.sql}, '[]')" if field.is_text else f"coalesce(to_json({field.sql}), '[]')"
    read = f"""from_json({text}, '[{{"type": "VARCHAR", "amount": "VARCHAR"}}]')"""
    return f"case when json_valid({text}) then {read} end"


def _label(labels: str, name: str) -> str:
    return f"({labels})[{literal(_SYSTEM + name)}]"


def _sum_of(condition: str) -> str:
    amounts = f"list_transform(list_filter(_credits, lambda credit: {condition}), lambda credit: try_cast(credit.amount as {MONEY}))"
    return f"coalesce(list_sum({amounts}), 0)::{MONEY}"


def _sums() -> dict[str, str]:
    known = f"coalesce(list_contains([{', '.join(map(literal, _DISCOUNTS))}], credit.type), false)"
    others = f"list_filter(_credits, lambda credit: not {known})"
    return {
        "_discounts": _sum_of(known),
        "_grants": _sum_of(f"not {known}"),
        "_by_resource": _sum_of(f"credit.type = '{_RESOURCE_COMMITMENT}'"),
        "_by_spend": _sum_of(f"credit.type = '{_SPEND_COMMITMENT}'"),
        "_offset": _sum_of("credit.type = 'FEE_UTILIZATION_OFFSET'"),
        "_grant_names": f"array_to_string(list_distinct(list_transform({others}, lambda credit: coalesce(credit.type, 'untyped'))), ', ')",
    }


def _checks(columns: Columns, typed: list[Typed]) -> tuple[Check, ...]:
    """What must read. A credit that does not would change the cost, so its row is set aside."""
    field = columns.get("credits")
    raw = f"{field.sql}::varchar" if field else "null::varchar"
    unreadable = f"_credits is null or len(list_filter(_credits, lambda credit: try_cast(credit.amount as {MONEY}) is null)) > 0"
    required = ("cost", "charge_period_end")
    return (
        *(column.required(columns) for column in typed if column.name in required),
        *(check for column in typed if column.name not in (*required, "charge_period_start") for check in column.readable(columns)),
        Check("credits", unreadable, "not a list of credits with amounts", raw),
        Check("cost_type", "_kind is null", "not a known cost type", "_cost_type"),
    )


def _values(columns: Columns) -> dict[str, str]:
    month = "try_strptime(_month || '01', '%Y%m%d')"
    return {
        "provider": "'gcp'",
        "billing_account_id": columns.text("billing_account_id"),
        "sub_account_id": "_project",
        "region_id": "_region",
        "availability_zone": "_zone",
        "resource_id": "case when _fee then coalesce(_subscription, _sku) else coalesce(_resource, _global) end",
        "resource_name": "regexp_extract(_resource, '([^/]+)$', 1)",
        "resource_type": "case when _fee then 'Commitment' end",
        "service_name": "_service",
        "service_category": _service_category(),
        "sku_id": "_sku_id",
        "sku_meter": "_sku",
        "instance_type": "case when _gpu_time then _machine end",
        "charge_category": "_kind",
        "charge_class": "case when _correction like '%\\_CORRECTION' escape '\\' then 'Correction' end",
        "charge_frequency": "case when _fee then 'Recurring' when _kind = 'Usage' then 'Usage-Based' else 'One-Time' end",
        "charge_description": "_sku",
        "charge_period_start": "_charge_period_start",
        "charge_period_end": "_charge_period_end",
        "billing_period_start": f"make_timestamptz(epoch_us({month}))",
        "billing_period_end": f"make_timestamptz(epoch_us({month} + interval 1 month))",
        "pricing_category": _PRICING,
        "price_class": "_price_class",
        "pricing_quantity": "case when _fee then null else _pricing_quantity end",
        "pricing_unit": "case when _gpu_time then 'GPU-' || _pricing_unit else _pricing_unit end",
        # a fee buys time and runs nothing: no GPU-hours, but GPU spend
        "consumed_quantity": "case when _gpu_fee then 0 when _fee then null else _consumed_quantity end",
        "consumed_unit": "case when _gpu_fee then 'GPU-hours' when _gpu_time then 'GPU-' || _unit else _unit end",
        "commitment_discount_type": "case when _committed and _kind = 'Usage' then 'Committed Use Discount' end",
        "commitment_discount_status": "case when _fee and _offset <> 0 then 'Unused' end",
        "capacity_reservation_id": "_reservation",
        "capacity_reservation_status": "case when _unused_reservation then 'Unused' when _reservation is not null then 'Used' end",
        "list_cost": "_list_cost",
        "contracted_cost": "coalesce(_contracted_cost, _cost)",
        "billed_cost": "_net",
        "effective_cost": _EFFECTIVE,
        "billing_currency": columns.text("currency"),
        "tags": "_tags",
        "focus_version": "'gcp-detailed'",
    }


def _service_category() -> str:
    return (
        f"case when _service = 'Vertex AI' then 'AI and Machine Learning' when _service = 'Cloud Storage' then 'Storage'"
        f" when _service = 'Compute Engine' then case when regexp_matches(_sku, {literal(_NETWORK)}) then 'Networking'"
        f" when regexp_matches(_sku, {literal(_STORAGE)}) then 'Storage' else 'Compute' end end"
    )
