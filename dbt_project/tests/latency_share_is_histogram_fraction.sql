-- The share within a threshold is counted twice, from five-minute events and from pooled buckets; both must be the same number.
with within as (
    select
        service,
        sli,
        good / total as counted
    from (
        select
            service,
            sli,
            sum(good) as good,
            sum(total) as total
        from {{ ref('int_sli__events_5m') }}
        group by service, sli
    )
    where sli <> 'availability' and total > 0
),

thresholds as (
    select distinct
        service,
        sli,
        threshold_ms
    from {{ ref('int_sli__latency_thresholds') }}
    where is_bound
),

buckets as (
    select
        buckets.service,
        thresholds.sli,
        thresholds.threshold_ms,
        buckets.le,
        buckets.increase
    from {{ ref('int_sli__latency_buckets') }} as buckets
    inner join thresholds
        on buckets.service = thresholds.service
    -- with several sets of bounds the pooled histogram is another one than the counted events
    where
        buckets.family = 'e2e'
        and buckets.service in (
            select service from {{ ref('int_sli__bucket_epochs') }} where family = 'e2e' group by service having count(*) = 1
        )
),

pooled as (
    {{ histogram_fraction('buckets', ['service', 'sli', 'threshold_ms'], "'-infinity'", 'threshold_ms') | indent(4) }}
)

select
    within.service,
    within.sli,
    within.counted,
    pooled.fraction
from within
inner join pooled
    on within.service = pooled.service and within.sli = pooled.sli
where abs(within.counted - pooled.fraction) > 1e-9
