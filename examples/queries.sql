-- Queries to start from; each runs with `assay sql "…"` or in any DuckDB client on marts.duckdb.

-- What does a unit of work cost, and how sure is that?
select service, workload, unit, cost_per_unit, low, high, status
from fct_unit_cost
where split_rule = 'gpu_only' and basis = 'allocated'
order by service, workload;

-- Where did the money go, by week and workload?
select date_trunc('week', day) as week, workload, sum(total_cost) as cost
from fct_workload_cost_daily
where split_rule = 'gpu_only'
group by all
order by week, cost desc;

-- Which nodes were paid for and used by nobody?
select node, reason, sum(gpu_hours) as gpu_hours, sum(cost) as cost
from fct_idle_cost_daily
where split_rule = 'gpu_only' and idle_class = 'unallocated'
group by all
order by cost desc;

-- What does the console hide?
select lie_id, subject, console_value, true_value, unit, cost_at_stake, detail
from fct_console_lies
order by cost_at_stake desc nulls last;

-- Which failure modes have no proven guardrail?
select mode, incidents, near_misses, guardrail_state
from fct_failure_modes
where guardrail_state is distinct from 'proven'
order by incidents desc;

-- When was each error budget first spent?
select service, sli, objective, min(day) as first_exhausted
from fct_error_budget_replay
where exhausted
group by all
order by first_exhausted;

-- What is unknown, and what is missing to know it?
select claim_id, statement, value_text
from fct_claims
where status = 'unknown'
order by claim_id;

-- Which billed days were restated, and by how much?
select source, day, currency, restated_at, billed_difference, effective_difference
from meta_restatements
order by restated_at desc, source, day;

-- Which long-running GPU pods have no readiness probe?
select gpus.cluster, gpus.namespace, gpus.object, gpus.role, gpus.stated as gpu_resource, probes.stated as containers, gpus.source_uri
from dim_workload_properties as gpus
inner join dim_workload_properties as probes
    on gpus.cluster = probes.cluster and gpus.source_uri = probes.source_uri and gpus.role = probes.role
where gpus.property = 'asks_for_gpus' and probes.property = 'no_readiness_probe'
order by gpus.cluster, gpus.namespace, gpus.object, gpus.role;
