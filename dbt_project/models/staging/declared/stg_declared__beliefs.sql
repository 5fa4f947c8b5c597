-- What people hold true.
select
    belief_id,
    statement,
    claim_id,
    expected,
    tolerance
from {{ source('lake', 'declared_beliefs') }}
