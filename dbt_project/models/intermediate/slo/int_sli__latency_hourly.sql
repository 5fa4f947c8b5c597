-- One row a service, latency family, bucket epoch, hour and quantile: Prometheus' histogram_quantile over the hour's increases.
{%- set keys = ['service', 'family', 'bucket_epoch', 'hour'] %}
select
    service,
    family,
    bucket_epoch,
    hour,
    q as quantile,
    value as latency_ms,
    bucket_low,
    bucket_high,
    censored,
    total as events
from ({{ histogram_quantile(ref('int_sli__latency_buckets_hourly'), keys, '(select unnest([0.5, 0.95, 0.99]) as q)') }})
