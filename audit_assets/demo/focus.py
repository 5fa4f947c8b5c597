"""FOCUS 1.2 rows as files: Parquet as AWS exports it (maps, decimals), CSV as others do (JSON text, empty for null).

What does not belong here: which charges there are (bill.py).
"""

import csv
import gzip
import io
import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audit_assets.demo.clock import iso

_MONEY = pa.decimal128(28, 10)
_WHEN = pa.timestamp("us", tz="UTC")
_MAP = pa.map_(pa.string(), pa.string())
_TEXT = pa.string()

COLUMNS: dict[str, pa.DataType] = {
    "AvailabilityZone": _TEXT,
    "BilledCost": _MONEY,
    "BillingAccountId": _TEXT,
    "BillingAccountName": _TEXT,
    "BillingCurrency": _TEXT,
    "BillingPeriodEnd": _WHEN,
    "BillingPeriodStart": _WHEN,
    "CapacityReservationId": _TEXT,
    "CapacityReservationStatus": _TEXT,
    "ChargeCategory": _TEXT,
    "ChargeClass": _TEXT,
    "ChargeDescription": _TEXT,
    "ChargeFrequency": _TEXT,
    "ChargePeriodEnd": _WHEN,
    "ChargePeriodStart": _WHEN,
    "CommitmentDiscountCategory": _TEXT,
    "CommitmentDiscountId": _TEXT,
    "CommitmentDiscountName": _TEXT,
    "CommitmentDiscountStatus": _TEXT,
    "CommitmentDiscountType": _TEXT,
    "ConsumedQuantity": _MONEY,
    "ConsumedUnit": _TEXT,
    "ContractedCost": _MONEY,
    "ContractedUnitPrice": _MONEY,
    "EffectiveCost": _MONEY,
    "InvoiceId": _TEXT,
    "InvoiceIssuerName": _TEXT,
    "ListCost": _MONEY,
    "ListUnitPrice": _MONEY,
    "PricingCategory": _TEXT,
    "PricingQuantity": _MONEY,
    "PricingUnit": _TEXT,
    "ProviderName": _TEXT,
    "PublisherName": _TEXT,
    "RegionId": _TEXT,
    "RegionName": _TEXT,
    "ResourceId": _TEXT,
    "ResourceName": _TEXT,
    "ResourceType": _TEXT,
    "ServiceCategory": _TEXT,
    "ServiceName": _TEXT,
    "SkuId": _TEXT,
    "SkuMeter": _TEXT,
    "SkuPriceDetails": _MAP,
    "SkuPriceId": _TEXT,
    "SubAccountId": _TEXT,
    "SubAccountName": _TEXT,
    "Tags": _MAP,
}

Charge = dict[str, Any]


def write_parquet(path: Path, charges: list[Charge]) -> None:
    """Charges as Parquet, in column order."""
    unknown = set().union(*(charge.keys() for charge in charges)) - COLUMNS.keys()
    assert not unknown, f"no FOCUS columns: {sorted(unknown)}"
    schema = pa.schema(list(COLUMNS.items()))
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(charges, schema=schema), path, compression="zstd")


def write_csv(path: Path, charges: Iterable[Charge]) -> None:
    """Charges as CSV; gzip (without a time stamp) when the name ends in .gz."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for charge in charges:
        writer.writerow([_cell(charge.get(column)) for column in COLUMNS])
    content = text.getvalue().encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 6, mtime=0) if path.suffix == ".gz" else content)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else str(value)
