-- One row a manifest file and section of CODEOWNERS that gives it owners; the last rule that matches decides.
select
    source,
    cluster,
    file_uri,
    section,
    pattern,
    owners,
    source_uri
from {{ source('lake', 'code_owners') }}
