-- One row a requirement as a claim: its status in the readiness scorecard.
select
    'readiness.' || checks.requirement_id as claim_id,
    'readiness' as track,
    checks.requirement_id as subject,
    checks.question as statement,
    cast(null as double) as value,
    case when checks.status = 'unknown' then 'unknown: ' || checks.answer else checks.status || ': ' || checks.answer end as value_text,
    cast(null as varchar) as unit,
    cast(null as double) as low,
    cast(null as double) as high,
    case
        when checks.status = 'unknown' then 'unknown'
        when checks.status = 'declared' or checks.evidence = 'audit.yaml checklist' then 'declared'
        else 'derived'
    end as status,
    cast(null as double) as coverage,
    'fct_readiness_checks' as relation,
    'select case when status <> ''unknown'' then status || '': '' || answer end as value from fct_readiness_checks'
    || ' where requirement_id = '''
    || checks.requirement_id || '''' as query,
    digests.inputs_digest
from {{ ref('fct_readiness_checks') }} as checks
cross join ({{ everything_digest() }}) as digests
