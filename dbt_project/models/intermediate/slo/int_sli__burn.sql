-- One row a service, SLI and five minutes: the share of bad events in each window that ends there. Windows are cut at the audit's start.
select
    service,
    sli,
    bucket_start,
    {{ bad_share_over(5) }} as bad_5m,
    {{ bad_share_over(30) }} as bad_30m,
    {{ bad_share_over(60) }} as bad_1h,
    {{ bad_share_over(120) }} as bad_2h,
    {{ bad_share_over(360) }} as bad_6h,
    {{ bad_share_over(1440) }} as bad_1d,
    {{ bad_share_over(4320) }} as bad_3d
from {{ ref('int_sli__events_5m') }}
