-- One row a requirement that an assumption, a finding, a metric, or something in the manifests answers.
with requirements as (
    select
        requirement_id,
        rule,
        string_split(argument, '|') as arguments
    from {{ ref('readiness_requirements') }}
),

gaps as (
    select
        max(gap) filter (where source_group = 'manifests') as manifests,
        max(gap) filter (where source_group = 'metrics') as metrics
    from {{ ref('int_evidence__source_groups') }}
),

verdicts as (
    select
        requirements.requirement_id,
        count(*) filter (where assumptions.status = 'broken') as broken,
        count(*) filter (where assumptions.status = 'held') as held,
        count(*) as asked,
        string_agg(
            case assumptions.status when 'broken' then 'does not hold' else replace(assumptions.status, '_', ' ') end
            || ': ' || rtrim(assumptions.statement, '.') || coalesce(' (' || assumptions.sample || ')', ''),
            '; '
            order by assumptions.status, assumptions.assumption_id
        )
        filter (where assumptions.status <> 'held') as shown
    from requirements
    inner join {{ ref('stg_quality__expectation_results') }} as assumptions
        on list_contains(requirements.arguments, assumptions.assumption_id)
    where requirements.rule = 'assumption'
    group by requirements.requirement_id
),

assumed as (
    select
        requirement_id,
        case when broken > 0 then 'fail' when held = asked then 'pass' when held > 0 then 'attention' else 'unknown' end as status,
        coalesce(left(shown, 300), held || ' of ' || asked || ' assumptions held') as answer,
        'fct_assumptions' as evidence
    from verdicts
),

findings as (
    {% for mart in ['fct_config_findings', 'fct_spofs'] %}
        select
            kind,
            replace(kind, '_', ' ') || ': ' || object as found
        from {{ ref(mart) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

found as (
    select
        requirements.requirement_id,
        count(findings.kind) as findings,
        string_agg(distinct findings.found, ', ' order by findings.found) as shown
    from requirements
    left join findings
        on list_contains(requirements.arguments, findings.kind)
    where requirements.rule = 'finding'
    group by requirements.requirement_id
),

judged_findings as (
    select
        found.requirement_id,
        case when found.findings > 0 then 'fail' when gaps.manifests is not null then 'unknown' else 'pass' end as status,
        case
            when found.findings > 0 then found.findings || ' found: ' || left(found.shown, 300)
            else coalesce(gaps.manifests, 'none in the manifests that were read')
        end as answer,
        'fct_config_findings, fct_spofs' as evidence
    from found
    cross join gaps
),

-- Findings about running servers: none found is good news only where something was scraped that could show one.
judged_runtime as (
    select
        requirements.requirement_id,
        case
            when count(findings.kind) > 0 then 'fail'
            when bool_or(testable.is_testable) then 'pass'
            else 'unknown'
        end as status,
        case
            when count(findings.kind) > 0
                then count(findings.kind) || ' found: ' || left(string_agg(distinct findings.found, ', ' order by findings.found), 300)
            when bool_or(testable.is_testable) then 'none in what was scraped'
            else min(testable.gap)
        end as answer,
        'fct_config_findings' as evidence
    from requirements
    inner join {{ ref('int_runtime__testable') }} as testable
        on list_contains(requirements.arguments, testable.kind)
    left join findings
        on testable.kind = findings.kind
    where requirements.rule = 'runtime'
    group by requirements.requirement_id
),

-- What is looked for by name: metrics that are scraped, objects, images and arguments in the manifests, expressions of alerts.
present as (
    select distinct
        'metrics' as rule,
        lower(metric) as name,
        metric as shown
    from {{ ref('stg_metrics__series') }}
    union
    select
        'kinds' as rule,
        lower(kind) as name,
        kind || '/' || name as shown
    from {{ ref('stg_manifests__objects') }}
    union
    -- Terraform's word for a pool of nodes that an autoscaler sizes
    select
        'kinds' as rule,
        'nodepool' as name,
        object as shown
    from {{ ref('int_machines__declared') }}
    where role = 'pool' and max_size > min_size and gpus > 0 and action is distinct from 'delete'
    union
    select
        'images' as rule,
        lower(image) as name,
        name || ': ' || image as shown
    from {{ ref('stg_manifests__containers') }}
    union
    select
        'args' as rule,
        lower(coalesce(array_to_string(args, ' '), '') || ' ' || coalesce(array_to_string(command, ' '), '')) as name,
        kind || '/' || name as shown
    from {{ ref('stg_manifests__containers') }}
    union
    select
        'alerts' as rule,
        lower(expr) as name,
        alert as shown
    from {{ ref('stg_manifests__alert_rules') }}
    where parse_error is null
),

wanted as (
    select
        requirement_id,
        rule,
        unnest(arguments) as pattern
    from requirements
    where rule in ('metrics', 'kinds', 'images', 'args', 'alerts')
),

looked as (
    select
        wanted.requirement_id,
        wanted.rule,
        wanted.pattern,
        count(present.name) as hits,
        min(present.shown) as example
    from wanted
    left join present
        on wanted.rule = present.rule and present.name like lower(wanted.pattern)
    group by all
),

looked_up as (
    select
        requirement_id,
        rule,
        count(*) as patterns,
        count(*) filter (where hits > 0) as present,
        string_agg(example, ', ' order by example) as examples,
        string_agg(replace(pattern, '%', ''), ', ' order by pattern) filter (where hits = 0) as absent
    from looked
    group by requirement_id, rule
),

judged_names as (
    select
        looked_up.requirement_id,
        case
            when if(looked_up.rule = 'metrics', gaps.metrics, gaps.manifests) is not null and looked_up.present = 0 then 'unknown'
            -- every metric that is asked for must be there; of objects, images and settings one is enough
            when looked_up.present = looked_up.patterns or (looked_up.rule <> 'metrics' and looked_up.present > 0) then 'pass'
            when looked_up.rule = 'metrics' and looked_up.present = 0 then 'fail'
            -- manifests that were read may not be all there are
            else 'attention'
        end as status,
        case
            when if(looked_up.rule = 'metrics', gaps.metrics, gaps.manifests) is not null and looked_up.present = 0
                then if(looked_up.rule = 'metrics', gaps.metrics, gaps.manifests)
            else
                concat_ws(
                    '; ', 'found: ' || left(looked_up.examples, 250),
                    if(looked_up.rule = 'metrics', 'not scraped: ', 'not in the manifests that were read: ') || looked_up.absent
                )
        end as answer,
        if(looked_up.rule = 'metrics', 'series scraped in the window', 'manifests') as evidence
    from looked_up
    cross join gaps
)

{% for part in ['assumed', 'judged_findings', 'judged_runtime', 'judged_names'] %}
    select
        requirement_id,
        status,
        answer,
        evidence,
        cast([] as varchar[]) as claim_ids
    from {{ part }}
    {{ 'union all' if not loop.last }}
{% endfor %}
