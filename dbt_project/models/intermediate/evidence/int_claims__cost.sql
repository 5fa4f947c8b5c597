-- One row a draft claim of the cost track.
-- depends_on: {{ ref('fct_gpu_spend_daily') }}, {{ ref('fct_workload_cost_daily') }}
{% set currency = audit_currency() %}
{% set bill = "['billing']" %}
{% set mapped = "['billing', 'metrics']" %}
{% set placed = "['billing', 'metrics', 'placement']" %}
{% set mapped_digest = "['billing', 'metrics', 'manifests', 'declared']" %}
{% set total = "(select sum(effective_cost) from fct_gpu_spend_daily)" %}
{% set idle = "coalesce(sum(cost) filter (where idle_class in ({})), 0) / " ~ total %}
{% set fixed = "pricing_category in ('committed', 'capacity_block', 'on_prem')" %}
{% set unmeasured = "sum(cost) filter (where idle_class = ''unmeasured'')" | replace("''", "'") %}
{% set measured_share = "1 - coalesce(" ~ unmeasured ~ ", 0) / " ~ total %}
with workloads as (
    select workload from {{ ref('stg_declared__workloads') }}
    union
    select workload from {{ ref('fct_workload_cost_daily') }}
),

kinds as (
    select distinct kind from {{ ref('stg_declared__workloads') }}
),

services as (
    select service from {{ ref('stg_declared__services') }}
),

drafts as (
    {{ claim_family(
        'cost', "'cost.spend.total'", "'GPU spend in the window, amortised'", 'fct_gpu_spend_daily', 'sum(effective_cost)',
        unit=currency, needs=bill, missing="'the bill holds no GPU charge'",
        status="case when coalesce(max(abs(converted_cost)), 0) > 0 then 'derived' else 'measured' end"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.currency.converted'", "'GPU spend billed in another currency, converted with the declared exchange rates'",
        'fct_gpu_spend_daily', 'sum(converted_cost)', unit=currency, needs=bill, rests_on="['billing', 'declared']",
        status="'derived'", missing="'the bill holds no GPU charge'"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.untagged.share'", "'Share of GPU spend without the required tags'", 'fct_gpu_spend_daily',
        'case when (select max(len(required_tags)) from meta_audit) > 0 then sum(untagged_cost) / sum(effective_cost) end',
        unit="'share'", needs=bill, rests_on="['billing', 'declared']",
        missing="if(count(*) = 0, 'the bill holds no GPU charge', 'policy.required_tags is not declared')"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.fixed.share'", "'Share of GPU spend that does not fall when work falls'", 'fct_gpu_spend_daily',
        'coalesce(sum(effective_cost) filter (where ' ~ fixed ~ '), 0) / sum(effective_cost)',
        unit="'share'", needs=bill, missing="'the bill holds no GPU charge'"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.component.' || component", "'GPU spend bought as ' || replace(component, '_', ' ')", 'fct_cost_fixed_variable',
        'sum(fixed_cost + variable_cost)', keys=['component'], unit=audit_currency(), needs=bill
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.week.' || week", "'GPU spend in the week of ' || week", 'fct_cost_trend', 'sum(effective_cost)', keys=['week'],
        unit=audit_currency(), needs=bill, missing="'the week has no bill'"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.spot.discount'", "'What spot saved against list'", 'fct_gpu_spend_daily',
        '1 - sum(effective_cost) / nullif(sum(list_cost), 0)', where="pricing_category = 'spot'",
        unit="'share'", needs=bill, missing="'nothing was bought as spot'"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.region.disallowed'", "'GPU spend outside the allowed regions'", 'fct_gpu_spend_daily',
        "case when (select max(len(allowed_regions)) from meta_audit) > 0 and count(*) > 0 then coalesce(sum(effective_cost) filter (where "
        ~ "not list_contains((select any_value(allowed_regions) from meta_audit), region)), 0) end",
        unit=currency, needs=bill, rests_on="['billing', 'declared']", missing="'policy.allowed_regions is not declared'"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.commitment.utilisation'", "'Share of committed GPU spend that ran something'", 'fct_commitments',
        'sum(used_cost) / nullif(sum(committed_cost), 0)',
        unit="'share'", needs=bill, missing="'the bill holds no commitment for GPUs'"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.commitment.coverage'", "'Share of what commitments could cover that they do cover'", 'fct_commitments',
        "case when count(*) filter (where used_cost > 0 and coverage is null) = 0 then sum(used_cost) / nullif(sum(used_cost) + "
        ~ "coalesce((select sum(effective_cost) from fct_gpu_spend_daily where pricing_category = 'on_demand'), 0), 0) end",
        unit="'share'", needs=bill,
        missing="case when count(*) = 0 then 'the bill holds no commitment for GPUs' else 'a bill does not say which commitment covered what' end"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.spend.' || workload", "'GPU and token spend of ' || workload", 'fct_workload_cost_daily',
        'sum(coalesce(total_cost, 0) + coalesce(token_cost, 0)) filter (where coalesce(total_cost, token_cost) is not null)',
        keys=['workload'], subjects='workloads', where="split_rule = 'gpu_only'", unit=currency,
        needs="case when workload = '__unattributed__' then " ~ placed ~ " when count(total_cost) = 0 and count(token_cost) > 0 then ['billing'] else " ~ mapped
        ~ " end",
        rests_on=mapped_digest, missing="'no billed GPU was held by its pods'"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.share.workload.' || workload", "'Share of GPU spend that ' || workload || ' takes'", 'fct_workload_cost_daily',
        'sum(total_cost) / ' ~ total, keys=['workload'], subjects='workloads', where="split_rule = 'gpu_only'", unit="'share'",
        needs="if(workload = '__unattributed__', " ~ placed ~ ', ' ~ mapped ~ ')', rests_on=mapped_digest, missing="'no billed GPU was held by its pods'"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.share.kind.' || kind", "'Share of GPU spend that ' || kind || ' takes'", 'fct_workload_cost_daily',
        'sum(total_cost) / ' ~ total, keys=['kind'], subjects='kinds', where="split_rule = 'gpu_only'", unit="'share'",
        needs=placed, rests_on=mapped_digest, missing="'no billed GPU was held by pods of this kind'"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.share.service.' || service", "'Share of GPU spend that service ' || service || ' takes'", 'fct_workload_cost_daily',
        'sum(total_cost) / ' ~ total, keys=['service'], subjects='services', where="split_rule = 'gpu_only'", unit="'share'",
        needs=placed, rests_on=mapped_digest, missing="'no billed GPU was held by its pods'"
    ) }}
    union all
    {% for id, classes, what in [
        ('cost.idle.share', "'allocated', 'unallocated'", 'did no work'),
        ('cost.idle.allocated.share', "'allocated'", 'was held by pods that did not use it'),
        ('cost.idle.unallocated.share', "'unallocated'", 'was held by nobody'),
    ] %}
    {{ claim_family(
        'cost', "'" ~ id ~ "'", "'Share of GPU spend that " ~ what ~ "'", 'fct_idle_cost_daily',
        "case when (select count(used_cost) from fct_workload_cost_daily where split_rule = 'gpu_only') > 0 then " ~ idle.format(classes) ~ " end",
        where="split_rule = 'gpu_only'", unit="'share'", low=idle.format(classes), high=idle.format(classes) ~ ' + coalesce(' ~ unmeasured ~ ', 0) / ' ~ total,
        coverage=measured_share, needs=mapped, rests_on=mapped_digest, missing="'the activity of no billed GPU was measured'"
    ) }}
        union all
    {% endfor %}
    {# the work of a few workloads is not the work that the spend was for #}
    {% set no_weeks = "fewer than two whole weeks have a bill on each of their days" %}
    {% set no_work = no_weeks ~ ", or work was counted for less than nine tenths of what workloads cost" %}
    {% set counted = "arg_min_null(counted_share, week) >= 0.9 and arg_max_null(counted_share, week) >= 0.9" %}
    {% for id, column, what, comparable in [('spend', 'effective_cost', 'GPU spend', 'true'), ('usage', 'usage_units', 'work', counted)] %}
    {{ claim_family(
        'cost', "'cost.trend." ~ id ~ "'", "'Change of " ~ what ~ " from the first whole week to the last'", 'fct_cost_trend',
        "case when count(*) > 1 and " ~ comparable ~ " then arg_max_null(" ~ column ~ ", week) / nullif(arg_min_null(" ~ column ~ ", week), 0) - 1 end",
        where='days_with_bill = 7', unit="'share'", needs=(bill if id == 'spend' else placed),
        missing="'" ~ (no_weeks if id == 'spend' else no_work) ~ "'"
    ) }}
        union all
    {% endfor %}
    {{ claim_family(
        'cost', "'cost.trend.excess'", "'Growth of GPU spend beyond the growth of work, first whole week to last'", 'fct_cost_trend',
        "case when count(*) > 1 and " ~ counted ~ " then (arg_max_null(effective_cost, week) / nullif(arg_min_null(effective_cost, week), 0))"
        ~ " / nullif(arg_max_null(usage_units, week) / nullif(arg_min_null(usage_units, week), 0), 0) - 1 end",
        where='days_with_bill = 7', unit="'share'", needs=placed,
        missing="'" ~ no_work ~ "'"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.forecast.4_weeks'", "'GPU spend of the next four weeks, if they are like the last whole one'", 'fct_cost_forecast',
        'sum(expected_cost)', low='case when count(*) = count(low) then sum(low) end', high='case when count(*) = count(high) then sum(high) end',
        unit=currency, status="'derived'", needs=bill, missing="'no whole week has a bill on each of its days'"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.commitment.break_even'", "'Utilisation below which on demand would have been cheaper than the commitments'",
        'fct_gpu_spend_daily', 'sum(effective_cost) / nullif(sum(list_cost), 0)',
        where="pricing_category = 'committed' and charge_category = 'Usage' and not is_unused_commitment and list_cost > 0"
        ~ " and effective_cost is not null",
        unit="'share'", status="'derived'", needs=bill, missing="'no committed charge carries the list price that it replaced'"
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.lever.' || lever", "'At stake in the window: ' || replace(lever, '_', ' ')", 'fct_cost_levers',
        'sum(cost)', keys=['lever'], unit=currency, status="'derived'", rests_on=mapped_digest,
        needs="if(lever in ('resell_commitment', 'commit_steady_base'), " ~ bill ~ ', ' ~ mapped ~ ')'
    ) }}
    union all
    {{ claim_family(
        'cost', "'cost.scenario.' || scenario", "'GPU spend in 30 days, scenario ' || replace(scenario, '_', ' ')", 'fct_cost_scenarios',
        'case when count(*) = count(cost_per_30_days) then sum(cost_per_30_days) end', keys=['scenario'], unit=currency ~ " || ' per 30 days'",
        status="'derived'", needs=bill,
        missing="string_agg(gpu_model || ': ' || reason, '; ' order by gpu_model)"
    ) }}
    union all
    {% for side in ['input', 'output'] %}
    {{ claim_family(
        'cost', "'cost.token.' || workload || '." ~ side ~ "'", "'Cost of 1k " ~ side ~ " tokens of ' || workload", 'fct_token_cost',
        'max(' ~ side ~ '_cost_per_1k)', keys=['workload'], where="split_rule = 'gpu_only' and basis = 'allocated'",
        unit=currency ~ " || ' per 1k " ~ side ~ " tokens'", status="'derived'", needs=mapped, rests_on=mapped_digest
    ) }}
        union all
    {% endfor %}
    {{ claim_family(
        'cost', "'cost.unit.' || workload || '.' || unit", "'Cost of ' || if(unit like '1%', '', 'one ') || replace(unit, '_', ' ') || ' of ' || workload", 'fct_unit_cost',
        'max(cost_per_unit)', keys=['workload', 'unit'], where="split_rule = 'gpu_only' and basis = 'allocated'", subject='workload',
        unit=currency ~ " || ' per ' || unit", low='max(low)', high='max(high)', status='max(status)',
        rests_on=mapped_digest, missing='max(reason)'
    ) }}
)

select
    claim_id,
    track,
    subject,
    statement,
    value,
    words,
    unit,
    low,
    high,
    status,
    coverage,
    relation,
    query,
    needs,
    rests_on,
    missing
from drafts
