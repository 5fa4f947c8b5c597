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
    compared,
    compared_metric,
    matchers,
    range_seconds,
    operator,
    threshold,
    not_compared,
    source_uri
from {{ source('lake', 'alert_rules') }}
