"""What alert expressions compare with a constant, and why others cannot be counted."""

import pytest

from audit_assets.manifests.promql import check
from audit_assets.manifests.promql_comparison import NotComparedError, comparison


@pytest.mark.parametrize(
    ("expression", "compared"),
    [
        ("DCGM_FI_DEV_GPU_TEMP > 85", ("value", "DCGM_FI_DEV_GPU_TEMP", (), None, ">", 85)),
        ("85 < DCGM_FI_DEV_GPU_TEMP", ("value", "DCGM_FI_DEV_GPU_TEMP", (), None, ">", 85)),
        ("((up) == (0))", ("value", "up", (), None, "==", 0)),
        ("up == 0 # comment", ("value", "up", (), None, "==", 0)),
        ("x >= -1.5e3", ("value", "x", (), None, ">=", -1500)),
        ("x > 10 * 60", ("value", "x", (), None, ">", 600)),
        ("x * 100 > 95", ("value", "x", (), None, ">", 0.95)),
        ("100 * x > 95", ("value", "x", (), None, ">", 0.95)),
        ('q{namespace="fraud", pod=~"a.*|b",c!~`\\d`} > 0', ("value", "q", ("namespace=fraud", "pod=~a.*|b", "c!~\\d"), None, ">", 0)),
        ('q{job="a\\"b\\\\c"} > 0', ("value", "q", ('job=a"b\\c',), None, ">", 0)),
        ("rate(restarts_total[5m]) > 0", ("increase", "restarts_total", (), 300, ">", 0)),
        ('increase(restarts_total{a="b"}[1h30m]) >= 3', ("increase", "restarts_total", ("a=b",), 5400, ">=", 3)),
        (
            "DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE) > 0.95",
            ("memory_share", "DCGM_FI_DEV_FB_USED", (), None, ">", 0.95),
        ),
        (
            "(DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_FREE + DCGM_FI_DEV_FB_USED)) * 100 >= 95",
            ("memory_share", "DCGM_FI_DEV_FB_USED", (), None, ">=", 0.95),
        ),
    ],
)
def test_one_metric_compared_with_a_constant(expression: str, compared: tuple[object, ...]) -> None:
    assert check(expression).error is None
    found = comparison(expression)
    what = found.quantity
    assert (what.kind, what.metric, what.matchers, what.range_seconds, found.operator, found.threshold) == compared


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("up", "it compares nothing with a constant"),
        ("absent(up)", "it compares nothing with a constant"),
        ("up == 0 and x > 1", "it joins several conditions by `and`"),
        ("up == 0 unless on(a) x", "it joins several conditions by `unless`"),
        ("1 < x < 5", "it compares more than once"),
        ("x > y", "it compares with something that is no constant"),
        ("x > bool 1", "with `bool` it yields a number at any value"),
        ("sum(x) by (a) > 1", "it computes sum() first"),
        ("sum by (a) (rate(x[5m])) > 1", "it computes sum() first"),
        ("histogram_quantile(0.9, rate(x_bucket[5m])) > 1", "it computes histogram_quantile() first"),
        ("max_over_time(x[1h]) > 1", "it computes max_over_time() first"),
        ("rate(x[5m]) / rate(y[5m]) > 1", "it computes with several metrics, or with a metric of another time, first"),
        ("rate(x[5m] offset 1h) > 0", "it computes rate() first"),
        ("increase(x[1h:5m]) > 0", "it computes increase() first"),
        ("x / y > 1", "it computes with several metrics, or with a metric of another time, first"),
        ("x offset 1h > 1", "it computes with several metrics, or with a metric of another time, first"),
        ('x{a="b"} + y{c="d"} > 1', "it computes with several metrics, or with a metric of another time, first"),
        ('{__name__="x"} > 1', "it computes with several metrics, or with a metric of another time, first"),
        ('x{a=~"(?i)b"} > 1', "the matcher of its label a is read differently by different engines"),
        ('x{a="b\\n"} > 1', "the matcher of its label a is read differently by different engines"),
        ("x * 0 > 1", "it computes with several metrics, or with a metric of another time, first"),
    ],
)
def test_anything_else_says_why(expression: str, reason: str) -> None:
    assert check(expression).error is None
    with pytest.raises(NotComparedError) as said:
        comparison(expression)
    assert str(said.value) == reason
