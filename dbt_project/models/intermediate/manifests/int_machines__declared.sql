-- One row a group of machines, template or single machine that Terraform declares (source, source_uri, address), of the files that count,
-- with its GPUs: as audit.yaml says of its machine types, else as attached to them, else as the shipped table has them.
-- What a launch template says holds where the group itself is silent; a template has GPUs when a group with GPUs is made from it.
with declared as (
    select *
    from {{ ref('stg_manifests__machine_pools') }}
    where superseded_by is null
),

templates as (
    select
        declared.source,
        declared.source_uri,
        declared.address,
        templates.address as template_address,
        templates.source_uri as template_uri,
        templates.machine_types,
        coalesce(templates.capacity, 'on_demand') as capacity,
        templates.zones,
        templates.reservation
    from declared
    inner join declared as templates
        on
            declared.source = templates.source
            and declared.provider = templates.provider
            and templates.role = 'template'
            and declared.template in (templates.provider_id, templates.name)
    -- of several of one name the one in the same file
    qualify row_number() over (
        partition by declared.source, declared.source_uri, declared.address
        order by declared.source_uri = templates.source_uri desc, templates.source_uri asc, templates.address asc
    ) = 1
),

completed as (
    select
        declared.* exclude (machine_types, capacity, zones, reservation),
        templates.template_address,
        templates.template_uri,
        if(len(declared.machine_types) > 0, declared.machine_types, coalesce(templates.machine_types, [])) as machine_types,
        coalesce(declared.capacity, templates.capacity) as capacity,
        if(len(declared.zones) > 0, declared.zones, coalesce(templates.zones, [])) as zones,
        coalesce(declared.reservation, templates.reservation) as reservation
    from declared
    left join templates
        on
            declared.source = templates.source
            and declared.source_uri = templates.source_uri
            and declared.address = templates.address
),

typed as (
    select
        source,
        source_uri,
        address,
        unnest(machine_types) as machine_type
    from completed
),

known as (
    select
        {{ machine_key('instance_type') }} as machine,
        max(gpus) as gpus,
        max(gpu_model) as gpu_model,
        false as is_declared
    from {{ ref('gpu_instance_types') }}
    group by all
    union all
    select
        {{ machine_key('item') }} as machine,
        max(gpus) as gpus,
        max(gpu_model) as gpu_model,
        true as is_declared
    from {{ ref('stg_declared__machines') }}
    group by all
),

equipped as (
    select
        typed.source,
        typed.source_uri,
        typed.address,
        max(known.gpus) filter (where known.is_declared) as declared_gpus,
        max(known.gpus) as gpus,
        list_sort(list_distinct(list(known.gpu_model) filter (where known.gpus > 0))) as gpu_models
    from typed
    inner join known on {{ machine_key('typed.machine_type') }} = known.machine
    group by all
),

described as (
    select
        completed.* exclude (gpus),
        coalesce(equipped.declared_gpus, nullif(completed.gpus, 0), equipped.gpus, 0) as gpus,
        coalesce(
            nullif(equipped.gpu_models, []), [{{ gpu_model_in('completed.gpu_type') }}], []
        ) as gpu_models
    from completed
    left join equipped
        on
            completed.source = equipped.source
            and completed.source_uri = equipped.source_uri
            and completed.address = equipped.address
),

-- What each provider's nodes carry by themselves.
provided as (
    select
        source,
        source_uri,
        address,
        map_from_entries(list_filter([
            { 'key': 'eks.amazonaws.com/nodegroup', 'value': if(resource_type = 'aws_eks_node_group', name, null) },
            {
                'key': 'eks.amazonaws.com/capacityType',
                'value': if(resource_type = 'aws_eks_node_group' and capacity in ('spot', 'on_demand'), upper(capacity), null)
            },
            { 'key': 'cloud.google.com/gke-nodepool', 'value': if(resource_type = 'google_container_node_pool', name, null) },
            { 'key': 'cloud.google.com/gke-spot', 'value': if(provider = 'gcp' and capacity = 'spot', 'true', null) },
            { 'key': 'cloud.google.com/gke-accelerator', 'value': gpu_type },
            { 'key': 'agentpool', 'value': if(provider = 'azure', name, null) },
            { 'key': 'kubernetes.azure.com/agentpool', 'value': if(provider = 'azure', name, null) },
            { 'key': 'kubernetes.azure.com/scalesetpriority', 'value': if(provider = 'azure' and capacity = 'spot', 'spot', null) },
            { 'key': 'node.kubernetes.io/instance-type', 'value': if(len(machine_types) = 1, machine_types[1], null) }
        ], lambda entry: entry['value'] is not null)) as labels
    from described
),

gpu_templates as (
    select distinct
        source,
        template_uri,
        template_address
    from described
    where gpus > 0 and template_address is not null
)

select
    described.source,
    described.source_uri,
    described.address,
    described.cluster,
    if(row_number() over same_address > 1, '~' || row_number() over same_address, '') as place_of_address,
    'MachinePool/' || described.address as object,
    described.cluster || '.machinepool.' || described.address || place_of_address as object_id,
    'machinepool.' || described.address || place_of_address as id_in_cluster,
    described.provider,
    described.role,
    described.machine_types,
    list_filter(described.gpu_models, lambda model: model is not null) as gpu_models,
    described.gpus,
    described.gpus > 0 or gpu_templates.template_address is not null as has_gpus,
    described.desired,
    described.min_size,
    described.max_size,
    described.capacity,
    described.zones,
    list_sort(list_distinct(list_concat(
        coalesce({{ label_pairs('described.labels') }}, []),
        {{ label_pairs('provided.labels') }}
    ))) as label_pairs,
    described.image,
    described.image_written,
    described.driver,
    described.reservation,
    described.action
from described
inner join provided
    on
        described.source = provided.source
        and described.source_uri = provided.source_uri
        and described.address = provided.address
left join gpu_templates
    on
        described.source = gpu_templates.source
        and described.source_uri = gpu_templates.template_uri
        and described.address = gpu_templates.template_address
window same_address as (
    partition by described.cluster, described.address
    order by described.source, described.source_uri
)
