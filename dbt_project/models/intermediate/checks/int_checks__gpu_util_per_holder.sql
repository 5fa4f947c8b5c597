-- One row a node whose GPUs are cut (MIG) or shared by pods at one time: whether GPU utilisation can be read per holder. DCGM gives none
-- for MIG slices, which reads as 0, and gives every pod that shares a GPU the numbers of the whole device, which adds them up.
with gpu_hours as (
    select
        cluster,
        node,
        gpu,
        hour,
        count(mig_profile) > 0 as is_cut,
        count(distinct namespace || '/' || pod) as holders,
        sum(coverage) as covered,
        count(gpu_util_mean) as rows_with_util,
        sum(gpu_util_mean) as util_added_up,
        max(gpu_util_mean) as util_of_device,
        sum(share * sm_active_mean) / nullif(sum(share) filter (where sm_active_mean is not null), 0) as sm_active
    from {{ ref('int_gpus__hourly') }}
    group by all
),

judged as (
    select
        cluster,
        node,
        hour,
        is_cut,
        -- two pods one after the other cover the hour once
        not is_cut and holders > 1 and covered > 1.2 as is_shared,
        case
            when is_cut then rows_with_util = 0 and coalesce(sm_active, 1) > 0.05
            else holders > 1 and covered > 1.2 and util_added_up > util_of_device + 0.05
        end as misleads,
        case when is_cut then 0 else util_added_up end as shown,
        case when is_cut then sm_active else util_of_device end as measured
    from gpu_hours
),

nodes as (
    select
        judged.cluster,
        judged.node,
        count(*) as gpu_hours,
        count(*) filter (where judged.is_cut) as cut_hours,
        count(*) filter (where judged.misleads) as misleading_hours,
        min(cast(judged.hour as date)) filter (where judged.misleads) as first_day,
        avg(judged.shown) filter (where judged.misleads) as shown,
        avg(judged.measured) filter (where judged.misleads) as measured,
        sum(costs.cost / nullif(costs.gpus, 0)) filter (where judged.misleads) as cost
    from judged
    left join {{ ref('int_nodes__hourly_cost') }} as costs
        on judged.cluster = costs.cluster and judged.node = costs.node and judged.hour = costs.hour
    where judged.is_cut or judged.is_shared
    group by all
)

select
    cluster as source,
    node as subject,
    misleading_hours <= 0.01 * gpu_hours as ok,
    shown as console_value,
    measured as true_value,
    'share' as unit,
    cost as cost_at_stake,
    case
        when misleading_hours = 0 then 'utilisation is known for each holder'
        when cut_hours > 0
            then
                printf('in %d GPU-hours on %s, first %s, MIG slices have no GPU utilisation; ', misleading_hours, node, first_day)
                || coalesce(printf('they worked at %.0f %%', 100 * measured), 'what they did is unknown')
        else
            printf(
                'in %d GPU-hours on %s, first %s, pods share GPUs and each shows the whole device: %.0f %% added up, %.0f %% measured',
                misleading_hours, node, first_day, 100 * shown, 100 * measured
            )
    end as detail
from nodes
