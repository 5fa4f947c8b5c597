-- One row a lie and thing that it is told about: what a console shows, and what the data says.
{% set lies = [
    'bill_complete', 'bill_unduplicated', 'bill_final', 'window_covered', 'effective_cost_plausible', 'cash_is_cost', 'units_normalised',
    'time_zone_utc', 'purchases_not_in_effective_cost', 'list_cost_given', 'negations_kept', 'negations_complete',
    'commitment_usage_costed', 'commitments_used', 'commitment_ids_alike', 'reservations_in_use', 'no_late_corrections', 'no_credits',
    'gpu_usage_priced', 'list_prices_current', 'discounts_reach_gpus', 'transfer_apart', 'spot_is_cheaper', 'gpus_not_oversubscribed',
    'metric_coverage', 'gpu_util_reflects_activity', 'daily_mean_shows_peaks', 'node_mean_shows_gpus', 'resident_memory_is_work',
    'gpu_util_per_holder', 'requested_gpus_work', 'decode_time_measured', 'split_rules_agree', 'idle_nodes_shown', 'counters_monotonic',
    'resolution_constant',
] %}
with found as (
    {% for assumption in lies %}
        select
            '{{ assumption }}' as assumption_id,
            source,
            subject,
            console_value,
            true_value,
            unit,
            cost_at_stake,
            detail
        from {{ ref('int_checks__' ~ assumption) }}
        where not ok
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    assumptions.lie_id,
    found.source,
    found.subject,
    {{ twelve_digits('found.console_value') }} as console_value,
    {{ twelve_digits('found.true_value') }} as true_value,
    replace(found.unit, 'currency', {{ audit_currency() }}) as unit,
    cast(found.cost_at_stake as decimal(18, 6)) as cost_at_stake,
    found.detail,
    assumptions.assumption_id,
    'cost.lie.' || assumptions.lie_id as claim_id
from found
inner join {{ ref('stg_quality__expectation_results') }} as assumptions
    on found.assumption_id = assumptions.assumption_id
-- a check that could not run has found nothing, whatever its rows say
where assumptions.status = 'broken' and assumptions.lie_id is not null
