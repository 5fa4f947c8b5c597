-- One row a node and hour with pressure stall information (cluster, node, hour): the share of the hour in which some task waited for I/O.
-- Empty when the node exporter does not export PSI; then nothing is blamed on I/O.
with series as (
    select
        cluster,
        series_id,
        any_value(coalesce(
            labels['node'], labels['nodename'], labels['kubernetes_node'],
            regexp_replace(labels['instance'], ':[0-9]+$', '')
        )) as reported_node
    from {{ ref('stg_metrics__series') }}
    where metric = 'node_pressure_io_waiting_seconds_total'
    group by all
),

nodes as (
    select distinct
        cluster,
        node
    from {{ ref('int_nodes__hours') }}
),

named as (
    select
        series.cluster,
        series.series_id,
        min(nodes.node) as node
    from series
    inner join nodes
        on
            series.cluster = nodes.cluster
            and split_part(series.reported_node, '.', 1) = split_part(nodes.node, '.', 1)
    group by all
    having count(*) = 1
)

select
    named.cluster,
    named.node,
    date_trunc('hour', counters.bucket_start) as hour,
    least(1, sum(counters.increase) / 3600) as io_waiting_share
from {{ ref('stg_metrics__counter_5m') }} as counters
inner join named on counters.cluster = named.cluster and counters.series_id = named.series_id
anti join {{ ref('int_metrics__repeated_series') }} as repeated
    on
        counters.source = repeated.source
        and counters.series_id = repeated.series_id
        and cast(counters.bucket_start as date) = repeated.day
where counters.metric = 'node_pressure_io_waiting_seconds_total'
group by all
