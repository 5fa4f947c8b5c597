-- What a fix takes here, where that is known better than the shipped table.
select
    subject,
    effort_days
from {{ source('lake', 'declared_efforts') }}
