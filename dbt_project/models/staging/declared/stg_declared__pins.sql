-- Versions held on purpose.
select
    what,
    location,
    reason
from {{ source('lake', 'declared_pins') }}
