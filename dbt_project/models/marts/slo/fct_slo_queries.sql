-- One row a proposal: the PromQL that measures it tomorrow, on the metric and labels that the audit saw, or why there is none.
with proposals as (
    select
        service,
        sli,
        if(sli = 'availability', 'requests_by_status', 'e2e') as sli_input,
        objective,
        threshold,
        claim_id
    from {{ ref('fct_slo_proposal') }}
),

owners as (
    select
        service,
        owner
    from {{ ref('stg_declared__services') }}
),

selectors as (
    select
        *,
        -- a name with a dot needs the quoted form
        if(regexp_full_match(metric, '[a-zA-Z_:][a-zA-Z0-9_:]*'), metric || if(form = 'histogram', '_bucket', ''), '') as bare_name,
        '__name__="' || metric || if(form = 'histogram', '_bucket', '') || '"' as quoted_name
    from {{ ref('int_sli__query_selectors') }}
),

-- The bound of the threshold as the exposition writes it, and whether every series of the last day has it.
bounds as (
    select
        proposals.service,
        proposals.sli,
        count(*) as series,
        count(*) filter (where len(list_filter(series.les, lambda le: {{ is_bound_at('le', 'series.factor', 'proposals.threshold') }})) > 0)
            as series_with_bound,
        list_sort(list_distinct(flatten(list(
            list_filter(series.les, lambda le: {{ is_bound_at('le', 'series.factor', 'proposals.threshold') }})
        )))) as bound_texts,
        list_sort(list_distinct(flatten(list(list_filter(series.les, lambda le: isinf(try_cast(le as double))))))) as top_texts
    from proposals
    inner join {{ ref('int_sli__query_series') }} as series
        on proposals.service = series.service and proposals.sli_input = series.sli_input
    where series.is_own and series.is_current and series.form = 'histogram'
    group by proposals.service, proposals.sli
),

reasons as (
    select
        proposals.service,
        proposals.sli,
        coalesce(
            measured.reason,
            within.reason,
            if(measured.censored, 'the percentile lies beyond the top bucket bound; add larger buckets', null),
            'the history supports no objective yet'
        ) as no_objective
    from proposals
    left join {{ ref('fct_slo_baseline') }} as measured
        on proposals.service = measured.service and proposals.sli = measured.sli
    left join {{ ref('fct_slo_baseline') }} as within
        on proposals.service = within.service and within.sli = 'latency_within_' || {{ plain_number('proposals.threshold') }} || 'ms'
),

joined as (
    select
        proposals.service,
        proposals.sli,
        proposals.sli_input,
        proposals.claim_id,
        selectors.form,
        selectors.metric,
        selectors.clusters,
        selectors.series,
        selectors.last_day,
        selectors.label_matchers,
        selectors.status_label,
        selectors.has_words,
        selectors.has_flags,
        selectors.bare_name,
        selectors.quoted_name,
        bounds.bound_texts,
        bounds.top_texts,
        case
            when proposals.objective is null then reasons.no_objective
            when selectors.service is null then 'no series of it was seen'
            when selectors.reason is not null then selectors.reason
            when selectors.form = 'histogram' and coalesce(bounds.series_with_bound, 0) < coalesce(bounds.series, 1)
                then
                    'on ' || selectors.last_day || ' only ' || coalesce(bounds.series_with_bound, 0) || ' of ' || coalesce(bounds.series, 0)
                    || ' histograms of ' || selectors.metric || ' had the bound ' || {{ plain_number('proposals.threshold') }} || ' ms'
        end as reason
    from proposals
    left join selectors
        on proposals.service = selectors.service and proposals.sli_input = selectors.sli_input
    left join bounds
        on proposals.service = bounds.service and proposals.sli = bounds.sli
    left join reasons
        on proposals.service = reasons.service and proposals.sli = reasons.sli
),

-- What tells good, bad and all apart, as label matchers; where one set needs two selectors they hold different series.
told_apart as (
    select
        *,
        case
            when form = 'histogram' then [[{{ le_matcher('bound_texts') }}]]
            when has_words
                then [[status_label || '=~"(?i)success"'], [status_label || '=~"(?i)error"', 'error_type=~"validation|not_found"']]
            else [[status_label || '=~"[1-4].*"']]
        end as good_sets,
        case
            when form = 'histogram' then null
            when has_words then [[status_label || '=~"(?i)error"', 'error_type!~"cancelled|validation|not_found"']]
            when has_flags then [[status_label || '=~"5.*"'], [status_label || '="0"', 'response_flags!~".*DC.*"']]
            else [[status_label || '=~"0|5.*"']]
        end as bad_sets,
        case
            when form = 'histogram' then [[{{ le_matcher('top_texts') }}]]
            when has_words then [[status_label || '=~"(?i)success"'], [status_label || '=~"(?i)error"', 'error_type!="cancelled"']]
            when has_flags then [[status_label || '=~"[1-5].*"'], [status_label || '="0"', 'response_flags!~".*DC.*"']]
            else [[status_label || '=~"0|[1-5].*"']]
        end as total_sets
    from joined
    where reason is null
),

written as (
    select
        service,
        sli,
        form,
        {{ promql_selectors('good_sets') }} as good_selectors,
        {{ promql_selectors('bad_sets') }} as bad_selectors,
        {{ promql_selectors('total_sets') }} as total_selectors
    from told_apart
)

select
    joined.service,
    joined.sli,
    joined.metric,
    joined.clusters,
    joined.series,
    joined.last_day,
    array_to_string(written.good_selectors, ' or ') as good_series,
    array_to_string(written.total_selectors, ' or ') as total_series,
    case
        when written.form = 'histogram'
            then {{ promql_rate('written.total_selectors') }} || ' - ' || {{ promql_rate('written.good_selectors') }}
        -- no series of failures yet is no failure; no series at all leaves the ratio empty
        else {{ promql_rate('written.bad_selectors') }} || ' or vector(0)'
    end as error_query,
    -- without requests there is no ratio: 0 / 0 would stay in the mean over the whole window
    {{ promql_rate('written.total_selectors') }} || ' > 0' as total_query,
    joined.reason,
    owners.owner as service_owner,
    joined.claim_id
from joined
left join owners
    on joined.service = owners.service
left join written
    on joined.service = written.service and joined.sli = written.sli
