"""Reads a generated estate with DuckDB alone: an independent look at its files, without the audit's own readers."""

from pathlib import Path

import duckdb

COLUMNS = "ProviderName, ResourceId, ResourceName, RegionId, SubAccountId, ChargePeriodStart, ChargeCategory, PricingCategory"
STATES = "CommitmentDiscountStatus, CommitmentDiscountId, ConsumedUnit, PricingUnit"
MONEY = "cast(EffectiveCost as decimal(28,10)) as cost, cast(ListCost as decimal(28,10)) as list_cost, PricingQuantity::double as quantity"


def connect(estate: Path) -> duckdb.DuckDBPyConnection:
    """A database with `bill` (GPU charges, each delivered once) and `node_day` (cost of a node's day)."""
    database = duckdb.connect()
    database.sql("set TimeZone = 'UTC'")
    as_map = "from_json({}, '\"MAP(VARCHAR,VARCHAR)\"')"
    csv = f"select {COLUMNS}, {STATES}, {MONEY}, {as_map.format('Tags')} as tags, {as_map.format('SkuPriceDetails')} as sku"
    read = "from read_csv('{}/billing/{}', all_varchar = true)"
    database.sql(
        f"""
        create table bill as
        select * replace (ChargePeriodStart::timestamptz as ChargePeriodStart)
        from (
            select {COLUMNS}, {STATES}, {MONEY}, Tags as tags, SkuPriceDetails as sku
            from read_parquet('{estate}/billing/aws/**/*.parquet', filename = true)
            where filename not like '%redelivered%'
            union all {csv} {read.format(estate, "nimbus/*.csv")}
            union all {csv} {read.format(estate, "dc1/*.csv.gz")}
        )
        where sku['GpuCount'] is not null
        """
    )
    return database


def load_metric(database: duckdb.DuckDBPyConnection, estate: Path, table: str, *names: str) -> None:
    """Sample lines of the metrics `names` as rows (name, labels as a map, value, ts)."""
    wanted = "|".join(names)
    database.sql(
        f"""
        create table {table} as
        with lines as (
            select line
            from read_csv(
                '{estate}/metrics/*/*.om.gz', columns = {{'line': 'varchar'}}, delim = '\x01', quote = '', header = false
            )
            where regexp_matches(line, '^({wanted})[{{ ]')
        ),
        parts as (
            select regexp_extract(line, '^([^{{ ]+)(?:\\{{(.*)\\}})? ([^ ]+) ([0-9]+)$', ['name', 'inside', 'value', 'ts']) as p from lines
        )
        select
            p.name,
            map_from_entries(list_transform(
                regexp_extract_all(p.inside, '[a-zA-Z_]+="[^"]*"'),
                pair -> {{'k': split_part(pair, '=', 1), 'v': rtrim(substr(pair, strpos(pair, '=') + 2), '"')}}
            )) as labels,
            p.value::double as value,
            to_timestamp(p.ts::bigint) as ts
        from parts
        """
    )
