-- One row a service with dependencies: the product of their availability. A call that needs all of them cannot succeed more often.
-- One dependency without a measured availability makes the product unknown, not larger.
with dependencies as (
    select
        service,
        unnest(depends_on) as dependency
    from {{ ref('stg_declared__services') }}
),

availability as (
    select
        service,
        current
    from {{ ref('int_sli__measured') }}
    where sli = 'availability'
)

select
    dependencies.service,
    case when count(*) = count(availability.current) then product(availability.current) end as ceiling,
    string_agg(
        dependencies.dependency || ' ' || coalesce({{ percent_text('availability.current') }}, 'unknown'),
        ' × ' order by dependencies.dependency
    ) as arithmetic
from dependencies
left join availability
    on dependencies.dependency = availability.service
group by dependencies.service
