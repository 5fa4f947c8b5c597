-- One row a billing source, account and service that sells GPU machines: whether data transfer hides in it. AWS bills traffic between zones
-- and NAT gateways under EC2; above 1 % of the service's cost, the service's total is not what machines cost.
with charges as (
    select
        source,
        sub_account_id,
        service_name,
        effective_cost,
        is_gpu,
        not is_gpu
        and regexp_matches(
            concat_ws(' ', sku_meter, charge_description), '(?i)data ?transfer|nat ?gateway|(in|out|regional)-bytes|\begress\b'
        ) as is_transfer
    from {{ ref('int_billing__classified_charges') }}
    where charge_category = 'Usage' and charge_class is null and service_name is not null
),

services as (
    select
        source,
        coalesce(sub_account_id, 'an account without an id') as account,
        service_name,
        cast(sum(effective_cost) as double) as cost,
        cast(coalesce(sum(effective_cost) filter (where is_transfer), 0) as double) as transfer_cost
    from charges
    group by all
    having bool_or(is_gpu)
)

select
    source,
    account || ' ' || service_name as subject,
    transfer_cost <= 0.01 * cost as ok,
    cost as console_value,
    cost - transfer_cost as true_value,
    'currency' as unit,
    transfer_cost as cost_at_stake,
    printf(
        '%.2f of the %.2f that %s shows in account %s (%.1f %%) is data transfer, not machines',
        transfer_cost, cost, service_name, account, 100 * transfer_cost / nullif(cost, 0)
    ) as detail
from services
