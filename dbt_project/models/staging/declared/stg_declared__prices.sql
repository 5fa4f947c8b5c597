-- Declared prices, which win over the shipped ones.
select
    item,
    usd_per_hour
from {{ source('lake', 'declared_prices') }}
