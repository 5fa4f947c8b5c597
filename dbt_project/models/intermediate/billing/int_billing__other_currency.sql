-- One row a source and currency that is not the audit's and has no rate: these charges are in no sum.
select
    charges.source,
    charges.billing_currency,
    case
        when charges.billing_currency is null then 'the bill does not state a currency'
        when any_value(rates.first_day) is not null
            then 'its declared exchange rate holds from ' || any_value(rates.first_day) || ', after these charges'
        else 'no exchange rate is declared'
    end as reason,
    count(*) as rows,
    sum(charges.effective_cost) as effective_cost,
    sum(charges.billed_cost) as billed_cost
from {{ ref('int_billing__charges_deduplicated') }} as charges
cross join {{ ref('stg_declared__audit') }} as audit
left join
    (
        select
            currency,
            min(valid_from) as first_day
        from {{ ref('int_billing__exchange_rates') }}
        group by all
    ) as rates
    on charges.billing_currency = rates.currency
where charges.billing_currency is distinct from audit.currency
group by charges.source, charges.billing_currency
