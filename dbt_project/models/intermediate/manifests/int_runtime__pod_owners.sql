-- One row a pod that metrics know: what it belongs to, itself when nobody owns it.
select
    cluster,
    namespace,
    pod,
    coalesce(owner_kind, 'Pod') as owner_kind,
    coalesce(owner_name, pod) as owner_name
from {{ ref('stg_metrics__pod_hourly') }}
where namespace is not null
qualify row_number() over (partition by cluster, namespace, pod order by owner_name asc nulls last, hour desc) = 1
