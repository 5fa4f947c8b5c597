-- One row an assumption that the audit rests on, with the verdict of the last run.
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
    lie_id
from {{ ref('stg_quality__expectation_results') }}
