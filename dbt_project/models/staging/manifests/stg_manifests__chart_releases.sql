-- One row a Helm release that Terraform declares; of its values only the version of the GPU driver.
select
    source,
    cluster,
    address,
    name,
    namespace,
    chart,
    version,
    version_written,
    driver,
    origin,
    action,
    superseded_by,
    source_uri
from {{ source('lake', 'chart_releases') }}
