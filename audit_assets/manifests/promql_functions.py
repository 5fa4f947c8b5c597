"""The functions of PromQL: argument types, how many of the last are optional (-1: any number of them), and the result.

Source: the function table of Prometheus' parser (promql/parser/functions.go, 3.x with its experimental ones), by signature.
"""

_V, _M, _S, _T = "instant vector", "range vector", "scalar", "string"
Signature = tuple[tuple[str, ...], int, str]

_OF_VECTOR = (
    "abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count histogram_stddev "
    "histogram_stdvar histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt start_timestamp tan tanh timestamp"
)
_OF_RANGE = (
    "absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time mad_over_time "
    "max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time first_over_time "
    "ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time"
)
_OF_TIME = "day_of_month day_of_week day_of_year days_in_month hour minute month year"

FUNCTIONS: dict[str, Signature] = {
    **{name: ((_V,), 0, _V) for name in _OF_VECTOR.split()},
    **{name: ((_M,), 0, _V) for name in _OF_RANGE.split()},
    **{name: ((_V,), 1, _V) for name in _OF_TIME.split()},
    **{name: ((), 0, _S) for name in ("end", "pi", "range", "start", "step", "time")},
    **{name: ((_S, _S), 0, _S) for name in ("max_of", "min_of")},
    "clamp": ((_V, _S, _S), 0, _V),
    "clamp_max": ((_V, _S), 0, _V),
    "clamp_min": ((_V, _S), 0, _V),
    "double_exponential_smoothing": ((_M, _S, _S), 0, _V),
    "histogram_fraction": ((_S, _S, _V), 0, _V),
    "histogram_quantile": ((_S, _V), 0, _V),
    "histogram_quantiles": ((_V, _T, _S), -1, _V),
    "holt_winters": ((_M, _S, _S), 0, _V),
    "info": ((_V, _V), 1, _V),
    "label_join": ((_V, _T, _T, _T), -1, _V),
    "label_replace": ((_V, _T, _T, _T, _T), 0, _V),
    "predict_linear": ((_M, _S), 0, _V),
    "quantile_over_time": ((_S, _M), 0, _V),
    "round": ((_V, _S), 1, _V),
    "scalar": ((_V,), 0, _S),
    "sort_by_label": ((_V, _T), -1, _V),
    "sort_by_label_desc": ((_V, _T), -1, _V),
    "vector": ((_S,), 0, _V),
}
