-- One row a window that objectives may have: how many times faster than sustainable the budget burns when an alert fires.
-- A burn rate is the share of the budget that may be gone within the alert's long window, times the objective's window over the long one.
-- The shares are those of `assay slo rules`: Google's SRE workbook, chapter 5, for 30 and 28 days, and Sloth's example for 7 days.
with shares as (
    select
        unnest([30, 28, 7]) as window_days,
        unnest([0.02, 0.02, 0.08]) as page_in_1h,
        unnest([0.05, 0.05, 0.125]) as page_in_6h,
        unnest([0.1, 0.1, 0.2]) as ticket_in_1d,
        unnest([0.1, 0.1, 0.42]) as ticket_in_3d
)

select
    window_days,
    cast(page_in_1h * window_days * 24 as double) as page_quick,
    cast(page_in_6h * window_days * 4 as double) as page_slow,
    cast(ticket_in_1d * window_days as double) as ticket_quick,
    cast(ticket_in_3d * window_days / 3 as double) as ticket_slow
from shares
