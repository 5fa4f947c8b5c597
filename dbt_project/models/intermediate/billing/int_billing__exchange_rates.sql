-- One row a currency and span of days [valid_from, valid_until): the rate declared for charges of these days.
select
    currency,
    rate,
    rate_source,
    coalesce(since, date '0001-01-01') as valid_from,
    lead(since, 1, date '9999-12-31') over (partition by currency order by since nulls first) as valid_until
from {{ ref('stg_declared__exchange_rates') }}
