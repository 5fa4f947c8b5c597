{#
Classic Prometheus histograms in SQL. A bucket row says how many observations were at or below `le`; counts are cumulative in le.
The rules are those of promql/quantile.go: equal bounds are added up, counts may not fall as le grows, and +Inf must be there.
Where Prometheus answers NaN these answer NULL, never 0.
#}

{% macro histogram_coalesced(relation, keys, le, count) %}
{# One row a histogram and bound: le, summed (observations at or below le). #}
select
    {{ keys | join(', ') }},
    cast({{ le }} as double) as le,
    sum(cast({{ count }} as double)) as summed
from {{ relation }}
where {{ le }} is not null and not isnan(cast({{ le }} as double))
group by all
{% endmacro %}

{% macro histogram_cumulative(relation, keys, le, count) %}
{#
One row a histogram and bound: le, observations (never falling), fell (the count was below that of a smaller bound).
A step below 1e-12 of the sum of both counts is a rounding error of floating point and no step.
#}
select
    {{ keys | join(', ') }},
    le,
    coalesce(summed < peak and (peak - summed) / (peak + summed) >= 1e-12, false) as fell,
    max(case when previous_peak is null or (peak - previous_peak) / nullif(peak + previous_peak, 0) >= 1e-12 then peak end)
        over (partition by {{ keys | join(', ') }} order by le rows unbounded preceding) as observations
from (
    select
        *,
        lag(peak) over (partition by {{ keys | join(', ') }} order by le) as previous_peak
    from (
        select
            *,
            max(summed) over (partition by {{ keys | join(', ') }} order by le rows unbounded preceding) as peak
        from ({{ histogram_coalesced(relation, keys, le, count) }})
    )
)
{% endmacro %}

{% macro histogram_quantile(relation, keys, quantiles, le='le', count='increase') %}
{#
One row a histogram (`keys`) and quantile. `quantiles` is a relation with one column, q.

value             the estimate: linear inside the bucket that holds rank q * total; NULL where Prometheus says NaN
bucket_low/_high  that bucket: the true quantile lies in (bucket_low, bucket_high]; bucket_high is NULL when censored
censored          the rank lies beyond the top finite bound; value is that bound, a lower limit and no estimate
floored           the rank lies in the first bucket, whose lower edge 0 is an assumption
total             observations; forced_monotonic: a falling count was lifted first

q below 0 gives -infinity, above 1 +infinity, as in Prometheus.
#}
select
    {{ keys | join(', ') }},
    q,
    case
        when q is null or isnan(q) then null
        when q < 0 then cast('-infinity' as double)
        when q > 1 then cast('infinity' as double)
        when not answerable then null
        when hit_le is null then top_bound
        when below_le is null and hit_le <= 0 then hit_le
        else coalesce(below_le, 0) + (hit_le - coalesce(below_le, 0)) * (
            (q * total - coalesce(below_observations, 0)) / nullif(hit_observations - coalesce(below_observations, 0), 0)
        )
    end as value,
    case
        when not answerable or not q between 0 and 1 then null
        when hit_le is null then top_bound
        when below_le is null and hit_le > 0 then 0
        else below_le
    end as bucket_low,
    case when answerable and q between 0 and 1 then hit_le end as bucket_high,
    case when answerable and q between 0 and 1 then hit_le is null end as censored,
    case when answerable and q between 0 and 1 then coalesce(below_le is null and hit_le > 0, false) end as floored,
    total,
    forced_monotonic
from (
    select
        {{ keys | join(', ') }},
        q,
        total,
        bool_or(fell) as forced_monotonic,
        bool_or(le = cast('infinity' as double)) and count(*) >= 2 and max(total) > 0 and not isnan(max(total)) as answerable,
        max(le) filter (where not isinf(le)) as top_bound,
        min(le) filter (where not isinf(le) and observations >= q * total) as hit_le,
        min(observations) filter (where not isinf(le) and observations >= q * total) as hit_observations,
        max(le) filter (where not isinf(le) and observations < q * total) as below_le,
        max(observations) filter (where not isinf(le) and observations < q * total) as below_observations
    from (
        select *, max(observations) over (partition by {{ keys | join(', ') }}) as total
        from ({{ histogram_cumulative(relation, keys, le, count) }})
    )
    cross join (select cast(q as double) as q from {{ quantiles }})
    group by all
)
{% endmacro %}
