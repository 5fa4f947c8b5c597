-- One row a requirement that claims answer: `claims` (are they known?), `claim_min` and `claim_max` (are they within a limit?).
with requirements as (
    select
        requirement_id,
        rule,
        threshold,
        unnest(string_split(argument, '|')) as pattern
    from {{ ref('readiness_requirements') }}
    where rule in ('claims', 'claim_min', 'claim_max')
),

matched as (
    select
        requirements.requirement_id,
        requirements.rule,
        requirements.threshold,
        requirements.pattern,
        claims.claim_id,
        claims.statement || ': ' || claims.value_text as said,
        claims.value,
        claims.value_text,
        claims.status not in ('unknown', 'untested') as is_known,
        case requirements.rule
            when 'claim_min' then claims.value >= requirements.threshold
            when 'claim_max' then claims.value <= requirements.threshold
        end as is_met
    from requirements
    left join {{ ref('int_claims__tracks') }} as claims
        on claims.claim_id like requirements.pattern
),

counted as (
    select
        requirement_id,
        rule,
        any_value(threshold) as threshold,
        count(claim_id) as claims,
        count(*) filter (where is_known) as known,
        count(*) filter (where is_known and is_met) as met,
        count(*) filter (where is_known and not is_met) as missed,
        string_agg(distinct pattern, ', ' order by pattern) as patterns,
        list(said order by claim_id) filter (where is_known and not coalesce(is_met, false)) as unmet,
        list(said order by claim_id) filter (where is_known) as answers,
        min_by(value_text, claim_id) filter (where not is_known) as first_unknown,
        list_sort(list(distinct claim_id) filter (where claim_id is not null)) as claim_ids
    from matched
    group by requirement_id, rule
),

-- three claims tell enough; the scorecard's reader finds the others by their ids
worded as (
    select
        *,
        array_to_string(answers[1:3], '; ') || if(len(answers) > 3, '; and ' || (len(answers) - 3) || ' more', '') as all_shown,
        array_to_string(unmet[1:3], '; ') || if(len(unmet) > 3, '; and ' || (len(unmet) - 3) || ' more', '') as shown
    from counted
)

select
    requirement_id,
    case
        when known = 0 then 'unknown'
        when rule = 'claims' and known = claims then 'pass'
        when rule = 'claims' then 'attention'
        when met = 0 then 'fail'
        when missed = 0 then 'pass'
        else 'attention'
    end as status,
    case
        when known = 0 then coalesce(regexp_replace(first_unknown, '^unknown: ', ''), 'no claim ' || patterns || ' exists')
        when rule = 'claims' then known || ' of ' || claims || ' known: ' || all_shown
        else
            met || ' of ' || known || if(rule = 'claim_min', ' reach ', ' stay within ') || format('{:g}', threshold)
            || coalesce('; not: ' || shown, '')
    end as answer,
    'fct_claims' as evidence,
    list_slice(claim_ids, 1, 20) as claim_ids
from worded
