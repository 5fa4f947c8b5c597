-- One row an expectation, from the last run over the facts.
select
    assumption_id,
    statement,
    status,
    severity,
    relation,
    rows_tested,
    rows_failed,
    sample,
    affects,
    needs,
    lie_id
from {{ source('lake', 'expectation_results') }}
