-- One row a configuration finding about machines or charts that Terraform declares, by itself or beside workloads.
with machines as (
    select
        *,
        array_to_string(machine_types, ', ') as types
    from {{ ref('int_machines__declared') }}
    where has_gpus
),

standing as (
    select * from machines
    where action is distinct from 'delete'
),

charts as (
    select
        'HelmRelease/' || address as object,
        cluster || '.helmrelease.' || address
        || if(row_number() over same_address > 1, '~' || row_number() over same_address, '') as object_id,
        namespace,
        cluster,
        chart,
        version,
        version_written,
        source_uri
    from {{ ref('stg_manifests__chart_releases') }}
    where superseded_by is null and action is distinct from 'delete'
    window same_address as (partition by cluster, address order by source, source_uri)
),

-- Workloads that serve on GPUs and ask for nodes by label, with the declared pools that have all these labels.
offered as (
    select
        workloads.object,
        workloads.object_id || if(workloads.definition > 1, '~' || workloads.definition, '') as object_id,
        workloads.namespace,
        workloads.cluster,
        workloads.source_uri,
        bool_and(pools.capacity is not distinct from 'spot') as spot_only,
        string_agg(pools.address, ', ' order by pools.address) as addresses
    from {{ ref('int_manifests__workloads') }} as workloads
    inner join standing as pools
        on
            workloads.cluster = pools.cluster
            and pools.role = 'pool'
            and list_has_all(pools.label_pairs, {{ label_pairs('workloads.node_selector') }})
    where workloads.is_serving and workloads.has_gpus and cardinality(workloads.node_selector) > 0
    group by all
)

select
    'pool_at_ceiling' as kind,
    object,
    object_id,
    cast(null as varchar) as namespace,
    cluster,
    'asks for ' || desired || ' and may have ' || max_size || ' machines (' || types
    || '): none can be added for a peak or for one that fails' as evidence,
    cast(desired as double) as quantity,
    'machines' as unit,
    source_uri,
    'PLAN-53' as requirement_id
from standing
where
    role = 'pool'
    and desired = max_size
    and desired > 0
    -- what is reserved has an end by design
    and reservation is null
    and capacity is distinct from 'reserved'
union all
select
    'mutable_tag' as kind,
    object,
    object_id,
    null as namespace,
    cluster,
    concat_ws(
        '; ',
        if(
            regexp_matches(image, '(?i):latest$') or (starts_with(image, 'resolve:ssm:') and not regexp_matches(image, ':[0-9]+$')),
            'machine image ' || image, null
        ),
        if(upper(driver) = 'LATEST', 'GPU driver ' || driver, null)
    ) as evidence,
    null as quantity,
    null as unit,
    source_uri,
    'PIQC-30' as requirement_id
from standing
where
    regexp_matches(image, '(?i):latest$')
    or (starts_with(image, 'resolve:ssm:') and not regexp_matches(image, ':[0-9]+$'))
    or upper(driver) = 'LATEST'
union all
select
    'mutable_tag' as kind,
    object,
    object_id,
    namespace,
    cluster,
    'chart ' || chart || if(version_written = 'absent', ' without a version', ' of any version ' || version) as evidence,
    null as quantity,
    null as unit,
    source_uri,
    'PIQC-30' as requirement_id
from charts
where
    version_written = 'absent'
    or (version_written = 'literal' and not regexp_matches(version, '^v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$'))
union all
select
    'spot_only_serving' as kind,
    object,
    object_id,
    namespace,
    cluster,
    'serves on GPUs, and all pools that Terraform declares with the labels it asks for are spot: ' || addresses as evidence,
    null as quantity,
    null as unit,
    source_uri,
    'OPT-36' as requirement_id
from offered
where spot_only
union all
select
    'pool_removal_planned' as kind,
    object,
    object_id,
    null as namespace,
    cluster,
    if(action = 'delete', 'the plan deletes it', 'the plan deletes it and makes it anew')
    || coalesce(': ' || desired || ' machines', '') || ' (' || types || ')' as evidence,
    cast(desired as double) as quantity,
    'machines' as unit,
    source_uri,
    'PLAN-48' as requirement_id
from machines
where action in ('delete', 'replace') and role in ('pool', 'instance')
