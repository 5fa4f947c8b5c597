-- One row a time in which an alert fired without a break: windows that were cut at midnight are joined again, and so are
-- windows of two metric sources that overlap.
with windows as (
    select
        cluster,
        alert,
        labels,
        cast({{ without_replica_labels('labels') }} as varchar) as label_text,
        started_at,
        ended_at
    from {{ ref('stg_metrics__alert_windows') }}
    where state = 'firing'
),

marked as (
    select
        *,
        coalesce(
            started_at > max(ended_at) over earlier
            and not {{ continues_after_midnight('started_at', 'max(ended_at) over earlier') }}, true
        ) as is_new
    from windows
    window earlier as (
        partition by cluster, alert, label_text order by started_at, ended_at rows between unbounded preceding and 1 preceding
    )
),

numbered as (
    select
        *,
        count(*) filter (where is_new) over (partition by cluster, alert, label_text order by started_at, ended_at) as firing
    from marked
)

select
    cluster,
    alert,
    label_text,
    firing,
    any_value(labels) as labels,
    min(started_at) as started_at,
    max(ended_at) as ended_at
from numbered
group by cluster, alert, label_text, firing
