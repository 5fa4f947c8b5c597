-- Who held which GPU: one row a series of a GPU metric, with a number for (GPU or slice, pod), and GPU memory as a share of what there is.

create or replace temp table gpu_series as
with identified as (
    select
        series_id,
        metric,
        coalesce(
            tidy(labels['Hostname']), tidy(labels['hostname']), tidy(labels['exported_node']), tidy(labels['node']), tidy(labels['kubernetes_node'])
        ) as node,
        tidy(labels['gpu']) as gpu,
        tidy(labels['UUID']) as gpu_uuid,
        tidy(labels['modelName']) as gpu_model,
        tidy(labels['GPU_I_PROFILE']) as mig_profile,
        tidy(labels['GPU_I_ID']) as mig_instance,
        namespace,
        pod,
        interval_seconds
    from series
    where metric in (select unnest($gpu_metrics))
)

select
    *,
    dense_rank() over (order by node, gpu, gpu_uuid, gpu_model, mig_profile, mig_instance, namespace, pod) as holding
from identified;

create or replace temp table holdings as
select
    holding,
    any_value(node) as node,
    any_value(gpu) as gpu,
    any_value(gpu_uuid) as gpu_uuid,
    any_value(gpu_model) as gpu_model,
    any_value(mig_profile) as mig_profile,
    any_value(mig_instance) as mig_instance,
    any_value(namespace) as namespace,
    any_value(pod) as pod,
    coalesce(median(interval_seconds), (select median(interval_seconds) from gpu_series)) as interval_seconds
from gpu_series
group by holding;

create or replace temp table gpu_memory as
with used as (
    select gpu_series.holding, epoch_us(samples.ts) as ts, samples.value
    from samples
    inner join gpu_series using (series_id)
    where gpu_series.metric = $fb_used
),

free as (
    select gpu_series.holding, epoch_us(samples.ts) as ts, samples.value
    from samples
    inner join gpu_series using (series_id)
    where gpu_series.metric = $fb_free
)

select used.holding, used.ts, max(used.value / nullif(used.value + free.value, 0)) as share
from used
inner join free on used.holding = free.holding and used.ts = free.ts
group by used.holding, used.ts;
