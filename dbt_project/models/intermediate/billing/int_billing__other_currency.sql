-- One row a source and currency that is not the audit's: these charges are in no sum, because no rate is declared.
select
    charges.source,
    charges.billing_currency,
    case
        when charges.billing_currency is null then 'the bill does not state a currency'
        else 'no exchange rate is declared'
    end as reason,
    count(*) as rows,
    sum(charges.effective_cost) as effective_cost,
    sum(charges.billed_cost) as billed_cost
from {{ ref('int_billing__charges_deduplicated') }} as charges
cross join {{ ref('stg_declared__audit') }} as audit
where charges.billing_currency is distinct from audit.currency
group by all
