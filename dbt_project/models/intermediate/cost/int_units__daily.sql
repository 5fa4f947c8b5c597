-- One row a declared workload, unit and day on which its work was counted (workload, unit, day).
-- A day without counter data has no row; a counted day without work has 0.
with workloads as (
    select
        service,
        workload,
        kind,
        units_counter,
        tokens_per_vector
    from {{ ref('stg_declared__workloads') }}
),

amounts as (
    select
        service,
        workload,
        kind,
        cast(hour as date) as day,
        role,
        string_agg(distinct counters, ', ' order by counters) as counters,
        sum(amount) as amount
    from {{ ref('int_units__hourly') }}
    group by all
),

declared_units as (
    select
        amounts.service,
        amounts.workload,
        amounts.kind,
        amounts.day,
        case
            when amounts.kind = 'training' then 'epoch'
            when amounts.kind = 'embeddings' then '1m_vectors'
            when amounts.kind = 'batch' then 'job'
            when contains(lower(workloads.units_counter), 'token') then '1k_tokens'
            else 'request'
        end as unit,
        amounts.amount,
        amounts.counters
    from amounts
    inner join workloads on amounts.workload = workloads.workload
    where amounts.role = 'declared'
),

usual_units as (
    select
        service,
        workload,
        kind,
        day,
        '1k_tokens' as unit,
        sum(amount) as amount,
        string_agg(counters, ' + ' order by role desc) as counters
    from amounts
    where kind = 'inference' and role in ('prompt_tokens', 'generation_tokens')
    group by all
    union all
    select
        service,
        workload,
        kind,
        day,
        'request' as unit,
        amount,
        counters
    from amounts
    where kind = 'inference' and role = 'requests'
    union all
    select
        amounts.service,
        amounts.workload,
        amounts.kind,
        amounts.day,
        '1m_vectors' as unit,
        amounts.amount / workloads.tokens_per_vector as amount,
        amounts.counters || ' / tokens_per_vector' as counters
    from amounts
    inner join workloads on amounts.workload = workloads.workload
    where amounts.kind = 'embeddings' and amounts.role = 'prompt_tokens' and workloads.tokens_per_vector is not null
),

-- A day on which the cluster's Jobs were scraped counts, also when none of them finished.
job_days as (
    select distinct
        gauges.cluster,
        cast(gauges.hour as date) as day
    from {{ ref('stg_metrics__gauge_hourly') }} as gauges
    where gauges.metric = 'kube_job_status_succeeded'
),

job_workloads as (
    select distinct
        service,
        workload,
        kind,
        cluster
    from {{ ref('int_units__jobs') }}
),

job_units as (
    select
        job_workloads.service,
        job_workloads.workload,
        job_workloads.kind,
        job_days.day,
        case when job_workloads.kind = 'training' then 'training_run' else 'job' end as unit,
        count(jobs.job_name) as amount,
        'kube_job_status_succeeded' as counters
    from job_workloads
    inner join job_days on job_workloads.cluster = job_days.cluster
    left join {{ ref('int_units__jobs') }} as jobs
        on
            job_workloads.workload = jobs.workload
            and job_workloads.cluster = jobs.cluster
            and job_days.day = cast(jobs.finished_in_hour as date)
    where job_workloads.kind in ('training', 'batch')
    group by all
),

-- What the declaration names comes before what is usual.
ranked as (
    select
        service,
        workload,
        kind,
        day,
        unit,
        amount,
        counters,
        1 as preference
    from declared_units
    union all
    select
        service,
        workload,
        kind,
        day,
        unit,
        amount,
        counters,
        2 as preference
    from usual_units
    union all
    select
        service,
        workload,
        kind,
        day,
        unit,
        amount,
        counters,
        3 as preference
    from job_units
)

select
    service,
    workload,
    kind,
    unit,
    day,
    sum(amount) / case unit when '1k_tokens' then 1e3 when '1m_vectors' then 1e6 else 1 end as units,
    string_agg(distinct counters, ', ' order by counters) as counters
from ranked
group by service, workload, kind, unit, day, preference
qualify preference = min(preference) over (partition by workload, unit)
