-- The sources that the audit reads.
select
    source,
    source_group,
    kind,
    cluster
from {{ source('lake', 'declared_sources') }}
