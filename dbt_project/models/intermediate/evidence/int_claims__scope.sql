-- One row a draft claim about a workload, whether what is declared is what runs, and about a service, who owns it.
{{ claim_family(
    'scope', "'scope.' || workload", "'Scope of ' || workload", 'fct_scope', 'max(verdict)', keys=['workload'], words=true,
    needs="['billing', 'metrics']", rests_on="['billing', 'metrics', 'manifests', 'declared']",
    missing="'neither pods nor bill were seen'"
) }}
union all
{{ claim_family(
    'scope', "'owner.' || service", "'Owner of ' || service", 'dim_owners', "max(owner) filter (where is_used and owner <> 'UNOWNED')",
    keys=['service'], words=true,
    status="if(bool_or(is_conflict), 'contradicted', if(bool_or(is_used and owner_source = 'PagerDuty'), 'derived', 'declared'))",
    rests_on="['manifests', 'incidents', 'declared']",
    missing="'named in neither audit.yaml, a Backstage catalog, CODEOWNERS nor PagerDuty'"
) }}
