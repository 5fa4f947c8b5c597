-- Prices that the user knows better than the shipped table.
select
    item,
    usd_per_hour
from {{ source('lake', 'declared_prices') }}
