-- One row an owner whose number of running pods went up and down again and again: days on which it turned four times and more. Following
-- the day's load turns twice. Pods that run to completion are left out.
{%- set turns_a_day = 4 %}
with counted as (
    select
        cluster,
        namespace,
        owner_kind,
        owner_name,
        hour,
        count(distinct pod) filter (where running_share > 0.5) as pods
    from {{ ref('stg_metrics__pod_hourly') }}
    where owner_kind in ('Deployment', 'StatefulSet', 'ReplicaSet', 'Rollout', 'LeaderWorkerSet', 'RayCluster')
    group by all
),

steps as (
    select
        *,
        sign(pods - lag(pods) over owners) as step
    from counted
    window owners as (partition by cluster, namespace, owner_kind, owner_name order by hour)
    qualify hour - lag(hour) over owners = interval '1 hour'
),

turns as (
    select
        *,
        step != lag(step) over (partition by cluster, namespace, owner_kind, owner_name order by hour) as is_turn
    from steps
    where step != 0
),

days as (
    select
        cluster,
        namespace,
        owner_kind,
        owner_name,
        cast(hour as date) as day,
        count(*) filter (where is_turn) as turns
    from turns
    group by all
    having count(*) filter (where is_turn) >= {{ turns_a_day }}
)

select
    'autoscaling_oscillation' as kind,
    owner_kind || '/' || owner_name as object,
    concat_ws('.', cluster, namespace, lower(owner_kind), owner_name) as object_id,
    namespace,
    cluster,
    'its number of pods turned up and down ' || max(turns) || ' times on ' || arg_max(day, turns)
    || if(count(*) > 1, ', and at least {{ turns_a_day }} times on ' || (count(*) - 1) || ' more days', '') as evidence,
    null::varchar as source_uri,
    'PIQC-22' as requirement_id,
    cast(count(*) as double) as quantity,
    'days' as unit
from days
group by all
