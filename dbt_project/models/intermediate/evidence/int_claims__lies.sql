-- One row a lie that the checks look for: how many times it is told. A check that had nothing to test leaves its lie unknown, and so does
-- a declared source that says nothing: some of the findings may be in what it keeps to itself.
with lies as (
    select
        lie_id,
        max(statement) as statement,
        max(status) as verdict,
        max(sample) as sample,
        max(needs) as needs
    from {{ ref('stg_quality__expectation_results') }}
    where lie_id is not null
    group by lie_id
),

counted as (
    {{ claim_family(
        'cost', "'cost.lie.' || lie_id", "lie_id", 'fct_console_lies', 'count(subject)', keys=['lie_id'],
        subjects='(select lie_id, needs from lies) as named', unit="'findings'",
        needs="list_filter(string_split(coalesce(max(needs), ''), ','), lambda one: one <> '')",
        rests_on="['billing', 'metrics', 'manifests', 'declared']"
    ) }}
)

select
    counted.* replace (
        'Findings against: ' || lies.statement as statement,
        case when lies.verdict in ('held', 'broken') then counted.value end as value,
        case when lies.verdict in ('held', 'broken') then counted.query else 'select cast(null as double) as value' end as query,
        case lies.verdict when 'could_not_run' then 'the check could not run: ' || lies.sample else lies.sample end as missing
    )
from counted
inner join lies
    on counted.subject = lies.lie_id
