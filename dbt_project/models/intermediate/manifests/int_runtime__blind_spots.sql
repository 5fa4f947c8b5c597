-- One row an owner whose pods Kubernetes called running while they served nothing good: half of an hour's requests and more failed, or
-- requests waited the whole hour and not one token came out. Fewer than 20 requests an hour say nothing.
{%- set fewest_requests = 20 %}
{%- set bad_share = 0.5 %}
with requests as (
    select
        counters.cluster,
        counters.namespace,
        counters.pod,
        date_trunc('hour', counters.bucket_start) as hour,
        sum(counters.increase) filter (where {{ request_outcome('series.labels') }} = 'bad') as bad,
        sum(counters.increase) as total
    from {{ ref('stg_metrics__counter_5m') }} as counters
    inner join {{ ref('metric_aliases') }} as aliases
        on counters.metric = aliases.metric and aliases.sli_input = 'requests_by_status'
    inner join {{ ref('stg_metrics__series') }} as series
        on
            counters.source = series.source
            and counters.series_id = series.series_id
            and cast(counters.bucket_start as date) = cast(series.first_ts as date)
    anti join {{ ref('int_metrics__repeated_series') }} as repeated
        on
            counters.source = repeated.source
            and counters.series_id = repeated.series_id
            and cast(counters.bucket_start as date) = repeated.day
    where counters.pod is not null and {{ request_outcome('series.labels') }} is not null
    group by all
),

tokens as (
    select
        counters.cluster,
        counters.namespace,
        counters.pod,
        date_trunc('hour', counters.bucket_start) as hour,
        sum(counters.increase) as output_tokens,
        count(distinct counters.bucket_start) as slots
    from {{ ref('stg_metrics__counter_5m') }} as counters
    inner join {{ ref('metric_aliases') }} as aliases
        on counters.metric = aliases.metric and aliases.sli_input = 'output_tokens'
    anti join {{ ref('int_metrics__repeated_series') }} as repeated
        on
            counters.source = repeated.source
            and counters.series_id = repeated.series_id
            and cast(counters.bucket_start as date) = repeated.day
    where counters.pod is not null
    group by all
),

waits as (
    select
        cluster,
        namespace,
        pod,
        hour,
        max(waiting_min) as waiting_min
    from {{ ref('int_runtime__serving_hours') }}
    where coverage >= 0.5
    group by all
),

judged as (
    select
        hours.cluster,
        hours.namespace,
        hours.pod,
        hours.hour,
        requests.total >= {{ fewest_requests }} and requests.bad >= {{ bad_share }} * requests.total as is_failing,
        waits.waiting_min > 0 and tokens.output_tokens = 0 and tokens.slots >= 6 as is_stuck
    from {{ ref('stg_metrics__pod_hourly') }} as hours
    left join requests
        on
            hours.cluster = requests.cluster
            and hours.namespace = requests.namespace
            and hours.pod = requests.pod
            and hours.hour = requests.hour
    left join tokens
        on
            hours.cluster = tokens.cluster
            and hours.namespace = tokens.namespace
            and hours.pod = tokens.pod
            and hours.hour = tokens.hour
    left join waits
        on
            hours.cluster = waits.cluster
            and hours.namespace = waits.namespace
            and hours.pod = waits.pod
            and hours.hour = waits.hour
    where hours.running_share >= 0.99
    qualify
        row_number() over (
            partition by hours.cluster, hours.namespace, hours.pod, hours.hour
            order by hours.samples desc nulls last, hours.source asc
        ) = 1
)

select
    'control_plane_blind_spot' as kind,
    pods.owner_kind || '/' || pods.owner_name as object,
    concat_ws('.', judged.cluster, judged.namespace, lower(pods.owner_kind), pods.owner_name) as object_id,
    judged.namespace,
    judged.cluster,
    'Kubernetes called its pods running in ' || count(*) || ' pod-hours in which '
    || concat_ws(
        ' and ',
        case when count(*) filter (where judged.is_failing) > 0 then 'most requests failed' end,
        case when count(*) filter (where judged.is_stuck) > 0 then 'requests waited and no token came out' end
    )
    || ', first on ' || strftime(min(judged.hour), '%Y-%m-%d %H:00') as evidence,
    null::varchar as source_uri,
    'PIQC-25' as requirement_id,
    cast(count(*) as double) as quantity,
    'pod-hours' as unit
from judged
inner join {{ ref('int_runtime__pod_owners') }} as pods
    on judged.cluster = pods.cluster and judged.namespace = pods.namespace and judged.pod = pods.pod
where judged.is_failing or judged.is_stuck
group by all
