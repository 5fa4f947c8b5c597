-- One row a charge: what was delivered twice counts once, and comes from the file whose name sorts first.
select
    * exclude (occurrence, delivery),
    charge_period_start::date as day,
    lower(regexp_extract(resource_id, '([^/:]+)$', 1)) as resource_key
from {{ ref('int_billing__charge_occurrences') }}
where delivery = 1
