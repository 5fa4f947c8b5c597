-- One row a page, an alert, or a part of a conversation, with what was said in it and the verdict: incident, near_miss, reversed (it was
-- taken back), not_an_incident, or alert: what nobody did anything about is no incident by itself. A conversation needs a symptom,
-- something concrete, and enough points; a page is an incident unless it is taken back. What people declared wins.
with parts as (
    select * from {{ ref('int_incidents__parts') }}
),

opened as (
    select
        parts.part_id,
        min(parts.member_id) as member_id,
        min(parts.place) as opening_place,
        min(parts.said_at) as first_at,
        max(parts.said_at) as last_at,
        count(distinct texts.author) filter (where not texts.is_bot) as people,
        count(*) as texts,
        bool_and(texts.is_bot) as is_bot_only,
        min(texts.source_kind) as source_kind
    from parts
    inner join {{ ref('int_incidents__texts') }} as texts on parts.text_id = texts.text_id
    group by parts.part_id
),

clauses as (
    select
        parts.part_id,
        sentences.* exclude (member_id, text_id, said_at),
        sentences.place = opened.opening_place as is_opening,
        sentences.says_customer_impact and not sentences.says_no_impact and not sentences.says_near_miss
        and not sentences.says_question and not sentences.says_internal_only as is_customer_impact
    from {{ ref('int_incidents__sentences') }} as sentences
    inner join parts on sentences.text_id = parts.text_id
    inner join opened on parts.part_id = opened.part_id
),

-- What a later clause takes back or confirms counts more than an earlier one.
spoken as (
    select
        part_id,
        bool_or(says_symptom and not says_question) as has_symptom,
        bool_or(is_opening and says_symptom and not says_question) as opens_with_symptom,
        bool_or(
            is_opening and (is_customer_impact or says_service_impact or says_work_lost)
            and not (says_question or says_planned or says_in_the_past or says_personal or says_joke)
        ) as opens_with_harm,
        bool_or(is_opening and says_joke) as opens_with_joke,
        bool_or(is_opening and says_question) as opens_with_question,
        bool_or(is_opening and says_planned) as opens_with_plan,
        bool_or(is_opening and says_in_the_past) as opens_with_past,
        bool_or(is_opening and says_personal) as opens_with_own_work,
        count(distinct place) filter (where says_joke) as jokes,
        bool_or(says_service_impact or says_work_lost) as has_harm,
        bool_or(says_incident_word) as has_incident_word,
        bool_or(says_action) as has_action,
        max(place) filter (where is_customer_impact) as customer_impact_place,
        max(place) filter (where says_no_impact or says_near_miss) as no_impact_place,
        max(place * 1000 + clause_number) filter (where says_reversal) as reversal_place,
        max(place * 1000 + clause_number) filter (where is_customer_impact or says_service_impact or says_still_bad) as trouble_place
    from clauses
    group by part_id
),

stated as (
    select
        parts.part_id,
        bool_or(statements.kind = 'started' and statements.stated_at is not null) as states_start,
        bool_or(statements.kind in ('mitigated', 'resolved') and statements.stated_at is not null) as states_end,
        bool_or(statements.kind in ('mitigated', 'resolved')) as says_end,
        max(parts.place * 1000 + statements.clause_number) filter (
            where statements.stated_at is not null and statements.kind in ('started', 'mitigated')
        ) as stated_place
    from {{ ref('int_incidents__statements') }} as statements
    inner join parts on statements.text_id = parts.text_id
    group by parts.part_id
),

matches as (
    select
        parts.part_id,
        matched.mode,
        matched.detail,
        matched.weight,
        matched.words
    from {{ ref('int_incidents__signature_matches') }} as matched
    inner join parts on matched.text_id = parts.text_id
),

modes as ({{ incident_modes('matches', 'part_id') }}),

names as (
    select
        parts.part_id,
        list_sort(list(distinct named.service) filter (where named.service is not null)) as services,
        list_sort(list(distinct named.name) filter (where named.kind = 'node')) as nodes,
        list_sort(list(distinct named.name) filter (where named.kind = 'pod')) as pods
    from {{ ref('int_incidents__named') }} as named
    inner join parts on named.text_id = parts.text_id
    group by parts.part_id
),

described as (
    select
        opened.part_id,
        opened.member_id,
        opened.source_kind,
        opened.first_at,
        opened.last_at,
        opened.texts,
        case when opened.source_kind = 'slack' then split_part(opened.member_id, ':', 2) end as channel,
        opened.is_bot_only,
        coalesce(modes.mode, 'unknown_other') as mode,
        coalesce(modes.points, 0) as mode_points,
        coalesce(names.services, []) as services,
        coalesce(names.nodes, []) as nodes,
        coalesce(names.pods, []) as pods,
        coalesce(spoken.customer_impact_place >= coalesce(spoken.no_impact_place, 0), false) as has_customer_impact,
        coalesce(spoken.no_impact_place > coalesce(spoken.customer_impact_place, 0), false) as denies_impact,
        coalesce(
            spoken.reversal_place > coalesce(spoken.trouble_place, 0) and spoken.reversal_place > coalesce(stated.stated_place, 0), false
        ) as is_reversed,
        spoken.has_symptom,
        spoken.has_harm,
        spoken.opens_with_joke or spoken.jokes * 2 > opened.texts as is_joking,
        coalesce(stated.states_start, false) as states_start,
        coalesce(stated.says_end, false) as says_end,
        coalesce(stated.states_end, false) as states_end,
        spoken.opens_with_symptom,
        spoken.opens_with_harm,
        spoken.opens_with_question,
        spoken.opens_with_plan,
        spoken.opens_with_past,
        spoken.opens_with_own_work,
        spoken.has_incident_word,
        spoken.has_action
    from opened
    inner join spoken on opened.part_id = spoken.part_id
    left join stated on opened.part_id = stated.part_id
    left join modes on opened.part_id = modes.key
    left join names on opened.part_id = names.part_id
),

declared as (
    select
        incident_id,
        arg_max(is_incident, position) as is_incident
    from {{ ref('stg_declared__incident_overrides') }}
    where is_incident is not null
    group by incident_id
),

weighed as (
    select
        *,
        case when mode_points >= 4 then 2 when mode_points >= 2 then 1 else 0 end
        + opens_with_symptom::integer
        + 2 * has_customer_impact::integer
        + has_harm::integer
        + 2 * states_start::integer
        + says_end::integer
        + states_end::integer
        + has_incident_word::integer
        + has_action::integer
        + 2 * denies_impact::integer
        + (len(services) + len(nodes) + len(pods) > 0)::integer
        + case
            when regexp_matches(channel, 'inc(ident)?s?\b|on-?call|outage|ops|sre|alert|prod|infra|platform|reliab|war') then 1
            when
                regexp_matches(
                    channel, 'random|general|social|fun|meme|water|jobs|hiring|announce|lunch|pets|music|sport'
                    || '|news|read|learn|help|question|ask'
                )
                then -2
            else 0
        end
        - 3 * is_joking::integer
        - 2 * (opens_with_question and not opens_with_symptom)::integer
        - 2 * opens_with_plan::integer
        - 3 * opens_with_past::integer
        - 2 * opens_with_own_work::integer
        -- one message that nobody answered: a plain report of harm stands by itself
        + case when texts > 1 then 0 when opens_with_harm then 2 when states_start then 0 else -1 end as score,
        has_symptom
        and (mode_points >= 2 or has_incident_word or has_customer_impact or len(services) + len(nodes) + len(pods) > 0)
        and (states_start or says_end or has_customer_impact or has_harm or denies_impact) as is_plausible
    from described
)

select
    weighed.part_id,
    weighed.member_id,
    weighed.source_kind,
    weighed.channel,
    first_at,
    last_at,
    mode,
    mode_points,
    services,
    nodes,
    pods,
    has_customer_impact,
    denies_impact,
    has_harm,
    states_start,
    score,
    case
        when source_kind in ('alertmanager', 'prometheus') then 'alert'
        when declared.is_incident then if(denies_impact, 'near_miss', 'incident')
        when is_reversed then 'reversed'
        when source_kind = 'slack' and (is_bot_only or not is_plausible or score < 6) then 'not_an_incident'
        when denies_impact then 'near_miss'
        else 'incident'
    end as verdict
from weighed
left join declared on weighed.part_id = declared.incident_id
