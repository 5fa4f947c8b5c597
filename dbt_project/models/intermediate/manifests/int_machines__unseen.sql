-- One row a difference between the machines that Terraform declares and those that the bill charges or the metrics know:
-- declared_not_billed, declared_not_running (where no bill can tell) and billed_not_declared.
--
-- Machines are compared by provider and machine type, or GPU model where the bill has no type. Nothing is said of a provider whose bill
-- names no machine types, or charges GPUs that it does not name; nothing is said to be undeclared while a declared group's machine types
-- are unknown, or where Karpenter orders machines itself. What a plan will make is not expected on the bill; what it deletes is declared.
with declared as (
    select
        *,
        array_to_string(machine_types, ', ') as types,
        list_transform(machine_types, lambda machine: {{ machine_key('machine') }}) as machines
    from {{ ref('int_machines__declared') }}
),

gpu_charges as (
    select
        provider,
        {{ machine_key('instance_type') }} as machine,
        min(instance_type) as instance_type,
        gpu_model,
        sum(gpu_hours) as gpu_hours,
        sum(effective_cost) as effective_cost
    from {{ ref('int_billing__gpu_charges') }}
    where gpu_hours > 0 and not is_unused_commitment and not starts_with(lower(coalesce(instance_type, '')), 'ml.')
    group by all
),

bills as (
    select
        provider,
        bool_or(instance_type is not null) as names_types
    from {{ ref('stg_billing__charges') }}
    group by provider
),

readable_bills as (
    select bills.provider
    from bills
    anti join (
        select provider
        from gpu_charges
        where machine is null and gpu_model is null
    ) as unnamed
        on bills.provider = unnamed.provider
    where bills.names_types
),

metered as (
    select distinct
        cluster,
        {{ machine_key('instance_type') }} as machine
    from {{ ref('stg_metrics__node_hourly') }}
    where instance_type is not null
),

unseen as (
    select
        declared.object,
        declared.object_id,
        declared.cluster,
        declared.provider,
        declared.types,
        declared.desired,
        declared.source_uri,
        readable_bills.provider is not null as is_billed,
        declared.cluster in (select metered.cluster from metered) as is_metered
    from declared
    left join readable_bills on declared.provider = readable_bills.provider
    where
        declared.gpus > 0
        and (readable_bills.provider is not null or declared.cluster in (select metered.cluster from metered))
        and declared.role in ('pool', 'instance')
        and declared.desired > 0
        and coalesce(declared.action, 'no-op') in ('no-op', 'update', 'read')
        and not exists (
            select 1
            from gpu_charges
            where
                gpu_charges.provider = declared.provider
                and (
                    list_contains(declared.machines, gpu_charges.machine)
                    or (gpu_charges.machine is null and list_contains(declared.gpu_models, gpu_charges.gpu_model))
                    -- GPUs that are attached are charged by themselves, beside a machine that has none
                    or (declared.provider = 'gcp' and list_contains(declared.gpu_models, gpu_charges.gpu_model))
                )
        )
        and not exists (
            select 1
            from metered
            where metered.cluster = declared.cluster and list_contains(declared.machines, metered.machine)
        )
),

-- Providers of which Terraform declares GPU machines, and knows of all groups what they are made of.
closed as (
    select provider
    from declared
    group by provider
    having
        bool_or(gpus > 0)
        and bool_and(len(machine_types) > 0 or role = 'template')
),

karpenter as (
    select kind
    from {{ ref('stg_manifests__objects') }}
    where starts_with(api_version, 'karpenter.') and kind in ('NodePool', 'Provisioner', 'NodeClaim', 'Machine')
),

undeclared as (
    select
        charges.provider,
        coalesce(charges.instance_type, charges.gpu_model) as machine,
        sum(charges.gpu_hours) as gpu_hours,
        sum(charges.effective_cost) as effective_cost
    from gpu_charges as charges
    inner join closed on charges.provider = closed.provider
    inner join readable_bills on charges.provider = readable_bills.provider
    where
        not exists (select 1 from karpenter)
        and not exists (
            select 1
            from declared
            where
                declared.provider = charges.provider
                and (
                    list_contains(declared.machines, charges.machine)
                    or (charges.machine is null and list_contains(declared.gpu_models, charges.gpu_model))
                    or (declared.provider = 'gcp' and list_contains(declared.gpu_models, charges.gpu_model))
                )
        )
    group by all
)

select
    if(is_billed, 'declared_not_billed', 'declared_not_running') as kind,
    object,
    object_id,
    cluster,
    'asks for ' || desired || ' machines (' || types || '); none of them is '
    || concat_ws(' or ', if(is_billed, 'on the bill of ' || provider, null), if(is_metered, 'in the metrics', null)) as evidence,
    cast(desired as double) as quantity,
    'machines' as unit,
    source_uri,
    'AUD-11' as requirement_id
from unseen
union all
select
    'billed_not_declared' as kind,
    'BilledMachine/' || machine as object,
    provider || '.' || lower(replace(machine, ' ', '-')) as object_id,
    null as cluster,
    format('{:,.1f} GPU-hours for {:,.2f} ', gpu_hours::double, effective_cost::double) || audit.currency || ' on the bill of ' || provider
    || ', and no Terraform that was read declares such a machine' as evidence,
    cast(gpu_hours as double) as quantity,
    'GPU-hours' as unit,
    null as source_uri,
    'PLAN-48' as requirement_id
from undeclared
cross join {{ ref('stg_declared__audit') }} as audit
