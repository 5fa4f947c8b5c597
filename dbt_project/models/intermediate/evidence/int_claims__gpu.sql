-- One row a draft claim about how busy GPUs are, by both of the counters that people call utilisation.
with workloads as (
    select workload from {{ ref('stg_declared__workloads') }}
    union
    select workload from {{ ref('fct_gpu_activity_daily') }}
)

{% for id, column, what in [
    ('util', 'gpu_util', 'Share of time in which the GPUs of ' ~ "' || workload || '" ~ ' ran anything (GPU_UTIL)'),
    ('sm_active', 'sm_active', 'Share of the GPUs of ' ~ "' || workload || '" ~ ' that worked (SM_ACTIVE)'),
] %}
{{ claim_family(
    'gpu', "'gpu." ~ id ~ ".' || workload", "'" ~ what ~ "'", 'fct_gpu_activity_daily',
    'sum(' ~ column ~ '_hours) / nullif(sum(' ~ column ~ '_measured_hours), 0)', keys=['workload'], subjects='workloads', unit="'share'",
    coverage='sum(' ~ column ~ '_measured_hours) / nullif(sum(gpu_hours), 0)', needs="['metrics']",
    rests_on="['metrics', 'manifests', 'declared']", missing="'no metric says how busy the GPUs of its pods were'"
) }}
    {{ 'union all' if not loop.last }}
{% endfor %}
