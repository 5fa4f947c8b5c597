-- Guardrails that are said to exist.
select
    guardrail,
    mode,
    kind,
    tested_on,
    evidence
from {{ source('lake', 'declared_guardrails') }}
