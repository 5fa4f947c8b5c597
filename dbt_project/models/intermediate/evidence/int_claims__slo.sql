-- One row a draft claim of the SLO track.
{% set id = "'slo.' || service || '.' || sli || '.{}'" %}
{% set about = "replace(sli, '_', ' ') || ' of ' || service" %}
{% set served = "['metrics']" %}
{% set digest = "['metrics', 'declared']" %}
with dependants as (
    select
        services.service,
        'availability' as sli
    from {{ ref('stg_declared__services') }} as services
    where len(services.depends_on) > 0
)

{{ claim_family(
    'slo', id.format('current'), "'Measured ' || " ~ about, 'fct_slo_baseline', 'max("current")', keys=['service', 'sli'], subject='service',
    unit='max(unit)', low='max(low)', high='max(high)', coverage='max(coverage)', needs=served, rests_on=digest,
    missing="coalesce(max(reason), 'its metric was not scraped')"
) }}
union all
{{ claim_family(
    'slo', id.format('required'), "'Declared ' || " ~ about, 'fct_slo_baseline', 'max(required)', keys=['service', 'sli'], subject='service',
    where='required is not null', unit='max(unit)',
    status="case when max(\"current\") is null then 'untested' when case when max(unit) = 'ms' then max(\"current\") > max(required) "
    ~ "else max(\"current\") < max(required) end then 'contradicted' else 'declared' end",
    rests_on=digest
) }}
union all
{{ claim_family(
    'slo', id.format('ceiling'), "'Highest ' || " ~ about ~ " || ' that its dependencies allow'", 'fct_slo_baseline', 'max(ceiling)',
    keys=['service', 'sli'], subjects='dependants', subject='service', unit="'share'", status="'derived'", needs=served, rests_on=digest,
    missing="'the availability of a service that it depends on is not known'"
) }}
union all
{{ claim_family(
    'slo', id.format('proposed'), "'Proposed objective for ' || " ~ about, 'fct_slo_proposal', 'max(objective)', keys=['service', 'sli'],
    subject='service', unit="'share'", status='max(status)', needs=served, rests_on=digest,
    missing="coalesce(max(rationale), 'no data supports an objective')"
) }}
union all
{{ claim_family(
    'slo', id.format('spend'), "'Error budget spent by the end of the window for ' || " ~ about, 'fct_error_budget_replay',
    "coalesce(arg_max(spend, day) filter (where objective_source = 'declared'), arg_max(spend, day) filter (where objective_source = 'proposed'))",
    keys=['service', 'sli'], subject='service', unit="'ratio'", status="'derived'", needs=served, rests_on=digest,
    missing="'no objective has a budget to spend'"
) }}
union all
{{ claim_family(
    'slo', "'slo.tokens_per_minute.' || workload || '.measured'", "'Tokens a minute of ' || workload || ', as counted'", 'fct_tokens_per_minute',
    'max(tokens_per_minute)', keys=['workload'], unit="'tokens/min'", needs=served, rests_on=digest,
    missing="coalesce(max(reason), 'its counters were not scraped')"
) }}
union all
{{ claim_family(
    'slo', "'slo.tokens_per_minute.' || workload || '.by_profile'",
    "'Tokens a minute of ' || workload || ', as requests times the tokens of its declared profile'", 'fct_tokens_per_minute',
    'max(tokens_per_minute_by_profile)', keys=['workload'], unit="'tokens/min'",
    status="if(max(verdict) = 'contradicted', 'contradicted', 'derived')", needs=served, rests_on=digest,
    missing="coalesce(max(reason), 'its counters were not scraped')"
) }}
