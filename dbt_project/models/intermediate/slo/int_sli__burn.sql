-- One row a service, SLI and five minutes: the share of bad events in each window that ends there. Windows are cut at the audit's start.
{%- set windows = {'5m': 5, '30m': 30, '1h': 60, '2h': 120, '6h': 360, '1d': 1440, '3d': 4320} %}
select
    service,
    sli,
    bucket_start,
    {%- for name, minutes in windows.items() %}
    sum(total - good) over last_{{ name }} / nullif(sum(total) over last_{{ name }}, 0) as bad_{{ name }}{{ '' if loop.last else ',' }}
    {%- endfor %}
from {{ ref('int_sli__events_5m') }}
window
    {%- for name, minutes in windows.items() %}
    last_{{ name }} as (
        partition by service, sli order by bucket_start
        range between interval {{ minutes - 5 }} minutes preceding and current row
    ){{ '' if loop.last else ',' }}
    {%- endfor %}
