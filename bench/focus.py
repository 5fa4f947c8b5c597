"""FOCUS Parquet → lake → spend mart, against DuckDB loading the 13 columns that a spend table needs, and summing them, from the same file.

Run as a module by `bench`: `python -m bench.focus write ROWS FILE`, `… load FILE HOME`, `… mart HOME DATABASE`,
`… resource_days HOME DATABASE`, `… reference FILE DATABASE`, `… aggregate FILE DATABASE`. One machine of fifty has GPUs.
"""

import sys
from collections.abc import Callable
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
        case when i % 50 = 0 then 'p5.48xlarge' else 'm7i.4xlarge' end as x_InstanceType,
        map {{'team': 'team-' || (i % 20), 'service': 'service-' || (i % 50)}} as Tags
    from range({rows}) as rows(i)
    order by ChargePeriodStart
"""


def write(rows: int, path: Path) -> None:
    """Write a FOCUS export of that many rows over 90 days."""
    duckdb.execute(f"copy ({_ROWS.format(start=START, days=DAYS, rows=rows)}) to '{path}' (format parquet, compression zstd)")


def load(path: Path, home: Path) -> None:
    """Take the export into a lake, the way a run does, in one process."""
    from audit_assets.audit_sources import BillingSource
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


def mart(home: Path, database: Path) -> None:
    """Build the spend mart from the lake with the project's own SQL. Prints CPU seconds, wall seconds and peak MiB of that."""
    _print_cost(home, database, "fct_gpu_spend_daily")


def resource_days(home: Path, database: Path) -> None:
    """Sum the deduplicated bill by day and resource, as `aggregate` sums the file; prints as `mart` does."""
    _print_cost(
        home,
        database,
        "int_billing__charges_deduplicated",
        "create table spend as select day, resource_id, pricing_category, sum(billed_cost) as billed_cost,"
        " sum(effective_cost) as effective_cost from int_billing__charges_deduplicated group by all",
    )


def _print_cost(home: Path, database: Path, goal: str, query: str = "select 1") -> None:
    from audit_assets.audit import Audit
    from audit_assets.declared.declare import declared_partitions
    from audit_assets.lake import Lake
    from bench.models import cost
    from tests.compiled_models import CompiledModels

    window = {"days": DAYS, "end": date.fromordinal(START.toordinal() + DAYS - 1)}
    billing = [{"name": "focus", "kind": "focus", "uri": "focus.parquet"}]
    audit = Audit.model_validate({"version": 1, "audit": {"name": "bench", "window": window}, "sources": {"billing": billing}})
    lake = Lake(home / "lake")
    for partition in declared_partitions(audit):
        lake.commit("declared", partition, "bench", datetime.now(tz=UTC))
    print(*cost(CompiledModels(home, (goal,)), audit, lake, database, query))


def aggregate(path: Path, database: Path) -> None:
    """Spend by day and resource with DuckDB alone."""
    with duckdb.connect(database) as connection:
        connection.execute(
            "create table spend as select ChargePeriodStart::date as day, ResourceId, PricingCategory, sum(BilledCost) as billed_cost,"
            f" sum(EffectiveCost) as effective_cost from read_parquet('{path}') group by all"
        )


def reference(path: Path, database: Path) -> None:
    """Load the needed columns with DuckDB alone."""
    with duckdb.connect(database) as connection:
        connection.execute(f"create table charges as select {COLUMNS} from read_parquet('{path}')")


STEPS: dict[str, Callable[[Path, Path], None]] = {
    "load": load,
    "mart": mart,
    "resource_days": resource_days,
    "reference": reference,
    "aggregate": aggregate,
}

if __name__ == "__main__":
    what, first, second = sys.argv[1:4]
    if what == "write":
        write(int(first), Path(second))
    else:
        STEPS[what](Path(first), Path(second))
