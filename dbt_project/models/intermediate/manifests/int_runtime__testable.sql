-- One row a kind of finding about running servers: whether anything was scraped that could show it.
select
    'kv_cache_cliff' as kind,
    coalesce(bool_or(cache_used_max is not null), false) as is_testable,
    'no KV cache usage of a model server was scraped' as gap
from {{ ref('int_runtime__serving_hours') }}
union all
select
    'head_of_line_blocking' as kind,
    coalesce(bool_or(waiting_min is not null), false) as is_testable,
    'no queue length of a model server was scraped' as gap
from {{ ref('int_runtime__serving_hours') }}
union all
select
    'control_plane_blind_spot' as kind,
    count(*) > 0 as is_testable,
    'neither request outcomes nor output tokens of pods were scraped' as gap
from {{ ref('stg_metrics__counter_5m') }} as counters
inner join {{ ref('metric_aliases') }} as aliases
    on counters.metric = aliases.metric and aliases.sli_input in ('requests_by_status', 'output_tokens')
where counters.pod is not null
union all
select
    'autoscaling_oscillation' as kind,
    count(*) > 0 as is_testable,
    'no pods with an owner were scraped' as gap
from {{ ref('stg_metrics__pod_hourly') }}
where owner_kind is not null
