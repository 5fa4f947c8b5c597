-- One row an alerting rule, numbered, with what it compares.
select
    row_number() over (order by source, source_uri, rule_group, alert, expr) as rule_number,
    source,
    cluster,
    rule_group,
    alert,
    expr,
    for_seconds,
    parse_error,
    metrics,
    compared,
    compared_metric,
    coalesce(matchers, []) as matchers,
    coalesce(range_seconds, 0) as range_seconds,
    operator,
    threshold,
    not_compared,
    source_uri
from {{ ref('stg_manifests__alert_rules') }}
