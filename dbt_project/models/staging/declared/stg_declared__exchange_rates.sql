-- What other currencies are worth in the audit's.
select
    currency,
    rate,
    since,
    rate_source
from {{ source('lake', 'declared_exchange_rates') }}
