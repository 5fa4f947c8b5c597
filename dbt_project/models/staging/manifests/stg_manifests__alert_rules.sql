-- One row an alerting rule, from PrometheusRule objects and plain rule files.
select
    source,
    cluster,
    kind,
    namespace,
    name,
    rule_group,
    alert,
    expr,
    for_seconds,
    severity,
    parse_error,
    metrics,
    source_uri
from {{ source('lake', 'alert_rules') }}
