-- One row an owner whose KV cache was full while requests waited for it, or that threw running requests out: pod-hours of it.
-- Full is 95 % and more: a sequence that no longer fits is preempted and computed again, and throughput falls while load rises.
{%- set full = 0.95 %}
with cliffs as (
    select
        cluster,
        namespace,
        pod,
        hour,
        max(cache_used_max) as cache_used_max,
        sum(preemptions) as preemptions
    from {{ ref('int_runtime__serving_hours') }}
    where (cache_used_max >= {{ full }} and waiting_max > 0) or preemptions > 0
    group by all
)

select
    'kv_cache_cliff' as kind,
    pods.owner_kind || '/' || pods.owner_name as object,
    concat_ws('.', cliffs.cluster, cliffs.namespace, lower(pods.owner_kind), pods.owner_name) as object_id,
    cliffs.namespace,
    cliffs.cluster,
    count(*) || ' pod-hours with a full KV cache (up to '
    || format('{:.0f}', 100 * max(cliffs.cache_used_max)) || ' %) and waiting requests'
    || coalesce('; ' || format('{:.0f}', sum(cliffs.preemptions)) || ' requests preempted', '')
    || ', first on ' || strftime(min(cliffs.hour), '%Y-%m-%d %H:00') as evidence,
    null::varchar as source_uri,
    'PIQC-23' as requirement_id,
    cast(count(*) as double) as quantity,
    'pod-hours' as unit
from cliffs
inner join {{ ref('int_runtime__pod_owners') }} as pods
    on cliffs.cluster = pods.cluster and cliffs.namespace = pods.namespace and cliffs.pod = pods.pod
group by all
