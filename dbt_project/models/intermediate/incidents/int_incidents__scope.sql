-- One row an incident: what it reached, from what was named and said. An explicit extent wins over what was named; of several, the
-- largest. A node that is named is where it happened only for what happens on nodes; a scheduling failure names the nodes that are
-- free.
with all_members as (
    select * from {{ ref('int_incidents__members') }}
),

-- What an alert names is where it was seen, which may be wider or narrower than what was hit; people say the latter.
members as (
    select *
    from all_members
    where not starts_with(member_id, 'alertmanager:') and not starts_with(member_id, 'prometheus:')
),

alerted as (
    select
        all_members.incident_id,
        list_distinct(flatten(list(candidates.services))) as services
    from all_members
    inner join {{ ref('int_incidents__candidates') }} as candidates on all_members.member_id = candidates.part_id
    where candidates.verdict = 'alert'
    group by all_members.incident_id
),

member_texts as (
    select
        members.incident_id,
        parts.text_id
    from members
    inner join {{ ref('int_incidents__parts') }} as parts on members.member_id = parts.part_id
),

said as (
    select
        member_texts.incident_id,
        bool_or(sentences.says_radius_cluster and not sentences.says_no_impact and not sentences.says_near_miss) as says_cluster,
        bool_or(sentences.says_radius_service and not sentences.says_no_impact and not sentences.says_near_miss) as says_service,
        bool_or(sentences.says_radius_node) as says_node,
        bool_or(sentences.says_radius_pod) as says_pod,
        bool_or(
            (sentences.says_service_impact or sentences.says_customer_impact)
            and not sentences.says_no_impact
            and not sentences.says_near_miss
        ) as has_effect
    from member_texts
    inner join {{ ref('int_incidents__sentences') }} as sentences on member_texts.text_id = sentences.text_id
    group by member_texts.incident_id
),

candidates as (
    select
        members.incident_id,
        bool_or(candidates.has_customer_impact) as has_customer_impact,
        bool_or(candidates.denies_impact) as denies_impact,
        list_distinct(flatten(list(candidates.services))) as services,
        list_distinct(flatten(list(candidates.nodes))) as nodes,
        list_distinct(flatten(list(candidates.pods))) as pods,
        arg_min(candidates.channel, candidates.first_at) as channel
    from members
    inner join {{ ref('int_incidents__candidates') }} as candidates on members.member_id = candidates.part_id
    group by members.incident_id
),

-- Where nothing else names a service, the channel may: #chat-oncall.
channel_services as (
    select
        candidates.incident_id,
        list_sort(list(distinct names.service)) as services
    from candidates
    inner join {{ ref('int_incidents__names') }} as names
        on names.kind in ('service', 'workload') and list_contains(string_split_regex(lower(candidates.channel), '[-_.]'), names.name)
    where len(candidates.services) = 0
    group by candidates.incident_id
),

crossings as (
    select
        members.incident_id,
        list_distinct(list(lower(crossings.node))) as nodes,
        list_distinct(list(lower(crossings.pod)) filter (where crossings.pod is not null)) as pods,
        list_distinct(list(names.service) filter (where names.service is not null)) as services
    from members
    inner join {{ ref('int_incidents__crossings') }} as crossings on members.member_id = crossings.member_id
    left join {{ ref('int_incidents__names') }} as names on names.kind = 'pod' and names.name = lower(crossings.pod)
    group by members.incident_id
),

incidents as (
    select distinct incident_id from members
),

named as (
    select
        incidents.incident_id,
        candidates.incident_id is null as is_crossing_only,
        coalesce(candidates.has_customer_impact, false) as has_customer_impact,
        coalesce(candidates.denies_impact, false) as denies_impact,
        list_sort(case
            when len(candidates.services) > 0 then candidates.services
            when channel_services.incident_id is not null then channel_services.services
            when len(alerted.services) > 0 then alerted.services
            else coalesce(crossings.services, [])
        end) as services,
        case when candidates.incident_id is null then coalesce(crossings.nodes, []) else candidates.nodes end as nodes,
        case when candidates.incident_id is null then coalesce(crossings.pods, []) else candidates.pods end as pods,
        coalesce(said.says_cluster, false) as says_cluster,
        coalesce(said.says_service, false) as says_service,
        coalesce(said.says_node, false) as says_node,
        coalesce(said.says_pod, false) as says_pod,
        coalesce(said.has_effect, false) as has_effect,
        coalesce(
            modes.mode in ('driver_kernel_drift', 'vram_exhaustion', 'thermal_throttling', 'hardware_fault', 'unknown_other'), true
        ) as happens_on_nodes
    from incidents
    left join {{ ref('int_incidents__modes') }} as modes on incidents.incident_id = modes.incident_id
    left join candidates on incidents.incident_id = candidates.incident_id
    left join channel_services on incidents.incident_id = channel_services.incident_id
    left join crossings on incidents.incident_id = crossings.incident_id
    left join alerted on incidents.incident_id = alerted.incident_id
    left join said on incidents.incident_id = said.incident_id
)

select
    incident_id,
    is_crossing_only,
    has_customer_impact,
    denies_impact,
    services,
    nodes,
    pods,
    case
        when is_crossing_only then case when len(pods) > 0 then 'one_pod' else 'one_node' end
        when says_cluster or len(services) > 2 or (len(nodes) > 2 and happens_on_nodes) then 'cluster'
        when says_service then 'one_service'
        when says_pod and not has_customer_impact then 'one_pod'
        when says_node and not has_customer_impact then 'one_node'
        when len(nodes) > 0 and not has_effect and happens_on_nodes then 'one_node'
        when len(pods) > 0 and not has_effect then 'one_pod'
        when has_effect or len(services) > 0 then 'one_service'
        when says_pod then 'one_pod'
        when says_node then 'one_node'
    end as blast_radius
from named
