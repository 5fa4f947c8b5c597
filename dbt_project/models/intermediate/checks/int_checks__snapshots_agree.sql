-- One row a billing source and day with charges: no two files give the same charge another cost. Two snapshots of one day, of which the
-- later was restated, are otherwise added up.
with shared_days as (
    select
        source,
        day
    from {{ ref('int_billing__charges_deduplicated') }}
    group by all
    having min(source_uri) <> max(source_uri)
),

keyed as (
    select
        charges.source,
        charges.day,
        charges.source_uri,
        hash(
            charges.charge_period_start, charges.charge_period_end, charges.resource_id, charges.sku_id, charges.charge_category,
            charges.charge_class, charges.pricing_category, charges.sub_account_id, charges.charge_description
        ) as charge_key,
        cast(sum(charges.effective_cost) as double) as effective_cost
    from {{ ref('int_billing__charges_deduplicated') }} as charges
    semi join shared_days on charges.source = shared_days.source and charges.day = shared_days.day
    where charges.resource_id is not null
    group by all
),

sizes as (
    select
        source,
        day,
        source_uri,
        count(*) as charges
    from keyed
    group by all
),

pairs as (
    select
        first.source,
        first.day,
        first.source_uri as first_uri,
        later.source_uri as later_uri,
        count(*) as charges,
        sum(first.effective_cost) as first_cost,
        sum(later.effective_cost) as later_cost
    from keyed as first
    inner join keyed as later
        on
            first.source = later.source
            and first.day = later.day
            and first.charge_key = later.charge_key
            and first.source_uri < later.source_uri
    group by all
),

-- One export in several parts may cut a charge in two; two snapshots share most of what the smaller one holds.
snapshots as (
    select
        pairs.source,
        pairs.day,
        pairs.first_uri,
        pairs.later_uri,
        pairs.charges,
        pairs.first_cost,
        pairs.later_cost
    from pairs
    inner join sizes as firsts on pairs.source = firsts.source and pairs.day = firsts.day and pairs.first_uri = firsts.source_uri
    inner join sizes as laters on pairs.source = laters.source and pairs.day = laters.day and pairs.later_uri = laters.source_uri
    where pairs.charges >= 0.5 * least(firsts.charges, laters.charges)
    qualify
        row_number() over (
            partition by pairs.source, pairs.day
            order by pairs.charges desc, pairs.first_uri asc, pairs.later_uri asc
        ) = 1
),

days as (
    select
        source,
        day,
        cast(sum(effective_cost) as double) as effective_cost
    from {{ ref('int_billing__charges_deduplicated') }}
    group by all
)

select
    days.source,
    cast(days.day as varchar) as subject,
    snapshots.charges is null as ok,
    days.effective_cost as console_value,
    days.effective_cost - least(snapshots.first_cost, snapshots.later_cost) as true_value,
    'currency' as unit,
    least(snapshots.first_cost, snapshots.later_cost) as cost_at_stake,
    coalesce(
        printf(
            '%d charges of %s on %s cost %.2f in %s and %.2f in %s, and both are counted; remove the older snapshot',
            snapshots.charges, days.source, days.day, snapshots.first_cost, snapshots.first_uri, snapshots.later_cost, snapshots.later_uri
        ),
        'one cost a charge'
    ) as detail
from days
left join snapshots on days.source = snapshots.source and days.day = snapshots.day
