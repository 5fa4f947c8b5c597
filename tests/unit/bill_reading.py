"""How the billing tests write bills and read them through a source, as a run does."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audit_assets.audit_sources import BillingSource
from audit_assets.billing.factory import billing_source
from audit_assets.billing.tables import CHARGES
from audit_assets.source import QUARANTINE, Partition, Source

Row = dict[str, Any]
_SCRATCH = TemporaryDirectory(prefix="assay-test-")  # goes with the test process
FOCUS_ROW: Row = {
    "ProviderName": "AWS",
    "BillingAccountId": "1000",
    "SubAccountId": "2000",
    "RegionId": "eu-west-1",
    "ResourceId": "i-0a",
    "ServiceCategory": "Compute",
    "ChargeCategory": "Usage",
    "ChargeDescription": "$55.04 per On Demand Linux p5.48xlarge Instance Hour",
    "ChargePeriodStart": "2026-03-01T00:00:00Z",
    "ChargePeriodEnd": "2026-03-01T01:00:00Z",
    "BillingPeriodStart": "2026-03-01T00:00:00Z",
    "BillingPeriodEnd": "2026-04-01T00:00:00Z",
    "PricingCategory": "Standard",
    "PricingQuantity": "1",
    "PricingUnit": "Hours",
    "ConsumedQuantity": "1",
    "ConsumedUnit": "Hours",
    "ListCost": "55.04",
    "BilledCost": "55.04",
    "EffectiveCost": "55.04",
    "BillingCurrency": "USD",
    "CommitmentDiscountId": "",
    "Tags": '{"team": "search", "env": "prod"}',
}


def focus_row(**changes: object) -> Row:
    """A FOCUS row with some values changed."""
    return FOCUS_ROW | changes


def csv_text(rows: Sequence[Row], delimiter: str = ",") -> str:
    """Rows as CSV text with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_csv(path: Path, rows: Sequence[Row]) -> Path:
    """Rows as a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(csv_text(rows), encoding="utf-8")
    return path


def source(folder: Path, kind: str = "focus", uri: str = ".", **settings: object) -> Source:
    """The billing source `bill` over a folder."""
    spec = BillingSource.model_validate({"name": "bill", "kind": kind, "uri": uri} | settings)
    return billing_source(spec, folder, Path(mkdtemp(dir=_SCRATCH.name)))


def extract(reader: Source, days: Sequence[date] | None = None) -> dict[date, Partition]:
    """What the source yields, by day; default all days that it has."""
    wanted = days or sorted(reader.probe().days or [date(2026, 3, 1)])
    scratch = Path(mkdtemp(dir=_SCRATCH.name))
    return {partition.day: partition for partition in reader.extract(reader.inputs(wanted), scratch)}


def read(reader: Source, days: Sequence[date] | None = None) -> tuple[list[Row], list[Row]]:
    """Charges and quarantined rows; every partition must be in the lake's schema."""
    charges, bad = [CHARGES.schema.empty_table()], [QUARANTINE.empty_table()]
    for partition in extract(reader, days).values():
        rows = partition.rows if isinstance(partition.rows, pa.Table) else pq.ParquetFile(partition.rows).read()
        assert rows.schema.equals(CHARGES.schema)
        charges.append(rows)
        bad.append(partition.quarantined)
    return pa.concat_tables(charges).to_pylist(maps_as_pydicts="strict"), pa.concat_tables(bad).to_pylist()


def charges_of(folder: Path, kind: str = "focus", **settings: object) -> list[Row]:
    """Charges of a folder in which every row is good."""
    charges, bad = read(source(folder, kind, **settings))
    assert not bad
    return charges
