-- One row an object of any kind, with the whole document as JSON (data of Secrets removed).
select
    source,
    cluster,
    kind,
    namespace,
    name,
    api_version,
    labels,
    annotations,
    document,
    source_uri
from {{ source('lake', 'k8s_objects') }}
