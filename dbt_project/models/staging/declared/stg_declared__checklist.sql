-- What people answer to requirements of the readiness scorecard.
select
    requirement_id,
    answer,
    evidence,
    said_by,
    said_on
from {{ source('lake', 'declared_checklist') }}
