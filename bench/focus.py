"""FOCUS Parquet → lake, against DuckDB loading the 13 columns that a spend table needs from the same file.

Run as a module by `bench`: `python -m bench.focus write ROWS FILE`, `… load FILE HOME`, `… reference FILE DATABASE`.
"""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

START, DAYS = date(2026, 1, 1), 90
COLUMNS = (
    "ChargePeriodStart, ChargePeriodEnd, ProviderName, SubAccountId, RegionId, ResourceId, SkuId, ChargeCategory, PricingCategory,"
    " CommitmentDiscountStatus, BilledCost, EffectiveCost, ListCost"
)
_ROWS = """
    select
        timestamp '{start}' + interval 1 hour * (i % ({days} * 24)) as ChargePeriodStart,
        timestamp '{start}' + interval 1 hour * (i % ({days} * 24) + 1) as ChargePeriodEnd,
        timestamp '2026-01-01' as BillingPeriodStart, timestamp '2026-04-01' as BillingPeriodEnd,
        'AWS' as ProviderName, 'AWS' as PublisherName, 'AWS' as InvoiceIssuerName,
        '100000000000' as BillingAccountId, '2000000000' || (i % 40) as SubAccountId,
        'eu-west-' || (i % 3 + 1) as RegionId, 'i-' || lpad(to_hex(i % 5000), 17, '0') as ResourceId,
        'Amazon Elastic Compute Cloud' as ServiceName, 'Compute' as ServiceCategory,
        'SKU' || (i % 300) as SkuId, 'SKU' || (i % 300) || '.OD' as SkuPriceId,
        'Usage' as ChargeCategory, 'Usage-Based' as ChargeFrequency, 'instance hours' as ChargeDescription,
        case when i % 3 = 0 then 'Committed' else 'Standard' end as PricingCategory,
        case when i % 3 = 0 then 'Used' end as CommitmentDiscountStatus,
        case when i % 3 = 0 then 'sp-' || (i % 7) end as CommitmentDiscountId,
        'USD' as BillingCurrency,
        1.0::decimal(18, 6) as PricingQuantity, 'Hours' as PricingUnit, 1.0::decimal(18, 6) as ConsumedQuantity, 'Hours' as ConsumedUnit,
        (0.5 + i % 100 / 10.0)::decimal(18, 6) as BilledCost, (0.5 + i % 100 / 10.0)::decimal(18, 6) as EffectiveCost,
        (1.5 + i % 100 / 10.0)::decimal(18, 6) as ListCost, (1.5 + i % 100 / 10.0)::decimal(18, 6) as ContractedCost,
        map {{'team': 'team-' || (i % 20), 'service': 'service-' || (i % 50)}} as Tags
    from range({rows}) as rows(i)
    order by ChargePeriodStart
"""


def write(rows: int, path: Path) -> None:
    """Write a FOCUS export of that many rows over 90 days."""
    duckdb.execute(f"copy ({_ROWS.format(start=START, days=DAYS, rows=rows)}) to '{path}' (format parquet, compression zstd)")


def load(path: Path, home: Path) -> None:
    """Take the export into a lake, the way a run does, in one process."""
    from audit_assets.audit import BillingSource
    from audit_assets.billing.factory import billing_source
    from audit_assets.days import chunked, extract_chunk, plan
    from audit_assets.lake import Lake
    from audit_assets.partitions import Window

    window = Window(START, date.fromordinal(START.toordinal() + DAYS - 1))
    source = billing_source(BillingSource(name="focus", kind="focus", uri=path.name), path.parent, home / "index")
    lake = Lake(home / "lake")
    with TemporaryDirectory(dir=home) as scratch:
        for chunk in chunked(plan(source, lake, list(window))):
            extract_chunk(chunk, lake, Path(scratch))


def reference(path: Path, database: Path) -> None:
    """Load the needed columns with DuckDB alone."""
    with duckdb.connect(database) as connection:
        connection.execute(f"create table charges as select {COLUMNS} from read_parquet('{path}')")


if __name__ == "__main__":
    what, first, second = sys.argv[1:4]
    if what == "write":
        write(int(first), Path(second))
    elif what == "load":
        load(Path(first), Path(second))
    else:
        reference(Path(first), Path(second))
    print(what, datetime.now(tz=UTC).isoformat())
