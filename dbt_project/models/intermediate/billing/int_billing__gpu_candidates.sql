-- One row a charge of a resource that may have GPUs, as int_billing__classified_charges has it: a table, for a bill has millions of charges
-- and its GPUs are few of them. Columns that no reader wants are left out.
with charges_of_candidates as (
    {{ deduplicated_charges(ref('int_billing__candidate_resources')) }}
),

candidates as (
    {{ classified_charges('charges_of_candidates') }}
)

select
    * exclude (
        availability_zone, resource_type, service_name, sku_price_id, charge_frequency, billing_period_start, billing_period_end,
        commitment_discount_type, capacity_reservation_id, contracted_cost, invoice_id, focus_version, row_fingerprint
    )
from candidates
