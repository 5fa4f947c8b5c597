-- One row a draft claim about a workload: whether what is declared is what runs.
{{ claim_family(
    'scope', "'scope.' || workload", "'Scope of ' || workload", 'fct_scope', 'max(verdict)', keys=['workload'], words=true,
    needs="['billing', 'metrics']", rests_on="['billing', 'metrics', 'manifests', 'declared']",
    missing="'neither pods nor bill were seen'"
) }}
