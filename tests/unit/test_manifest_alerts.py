"""Alert rules and the PromQL checker."""
# ruff: noqa: E501

from pathlib import Path

import pytest

from audit_assets.manifests.alert_rules import duration_seconds
from audit_assets.manifests.promql import check
from tests.unit.manifest_reading import read, write

VALID = [
    ("DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE) > 0.95", ("DCGM_FI_DEV_FB_FREE", "DCGM_FI_DEV_FB_USED")),
    ('histogram_quantile(0.95, sum by (le, pod) (rate(vllm:e2e_request_latency_seconds_bucket{job="x"}[5m]))) > 2', ("vllm:e2e_request_latency_seconds_bucket",)),
    ("a == 0\nAND\nb == 1", ("a", "b")),
    ("a and on(node) b", ("a", "b")),
    ("sum(rate(errors_total[5m])) by (svc) / on(svc) group_left(team) sum(rate(all_total[5m])) without(pod) > 0.01", ("all_total", "errors_total")),
    ("max_over_time(rate(a[5m])[1h:1m]) > 1", ("a",)),
    ("time() - max(last_success) > 3600", ("last_success",)),
    ("absent(up{job=\"x\"} == 1)", ("up",)),
    ("-a ^ 2 > bool 1", ("a",)),
    ("a offset -5m unless b @ end()", ("a", "b")),
    ('{__name__="a", x=~"b.+"}', ("a",)),
    ("1 > bool 2", ()),
    ("count_values('v', a) > 1 # why", ("a",)),
    ("sum > 3", ("sum",)),
]  # fmt: skip
INVALID = [
    ("DCGM_FI_DEV_CLOCK_THROTTLE_REASONS and 128 != bool 0", "set operator 'and'"),
    ("a or 1", "set operator 'or'"),
    ("(a > 1", "to close '('"),
    ("a > 1)", "unexpected ')'"),
    ("rate(a) > 1", "needs type range vector"),
    ("sum(a[5m])", "needs type instant vector"),
    ("a[5m]", "instant vector or a scalar"),
    ("1 == 1", "needs 'bool'"),
    ("a + bool b", "comparisons only"),
    ("topk(a)", "takes 2 argument"),
    ("{}", "at least one matcher"),
    ('{a=~".*"}', "at least one matcher"),
    ("reat(a[5m])", "unknown function reat()"),
    ("a{b=c}", "expected a matcher"),
    ("a b", "unexpected 'b'"),
    ("rate(a[5m]) offset 5m", "goes with a metric"),
    ("(a + b)[5m]", "needs a metric"),
    ("a and on(x) group_left b", "no grouping"),
    ("1 + on(x) a", "vector matching"),
    ("a $ b", "unexpected '$'"),
    ("", "empty"),
    ("(" * 500 + "a" + ")" * 500, "nested deeper"),
    ("-" * 5_000 + "a", "nested deeper"),
]


@pytest.mark.parametrize(("expression", "metrics"), VALID)
def test_valid_expressions_and_their_metrics(expression: str, metrics: tuple[str, ...]) -> None:
    found = check(expression)
    assert (found.error, found.metrics) == (None, metrics)


@pytest.mark.parametrize(("expression", "reason"), INVALID, ids=[expression[:30] for expression, _ in INVALID])
def test_expressions_that_no_prometheus_would_load(expression: str, reason: str) -> None:
    error = check(expression).error
    assert error is not None and reason in error


def test_metrics_of_a_broken_expression_are_still_named() -> None:
    assert check('DCGM_FI_DEV_GPU_TEMP{x="y"} and 1 > bool 0').metrics == ("DCGM_FI_DEV_GPU_TEMP",)


@pytest.mark.parametrize(
    ("text", "seconds"), [("5m", 300), ("1h30m", 5400), ("0", 0), (None, 0), (0, 0), ("500ms", 0.5), ("soon", None), ("5", None)]
)
def test_durations(text: object, seconds: float | None) -> None:
    assert duration_seconds(text) == seconds


def test_rules_are_found_in_objects_files_and_config_maps(tmp_path: Path) -> None:
    groups = "groups: [{name: g, rules: [{record: r, expr: a}, {alert: A, expr: 'up == 0', for: 5m, labels: {severity: page}}]}]"
    indented = groups.replace("\n", "\n    ")
    write(
        tmp_path,
        rule=f"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {{name: p, namespace: m}}\nspec:\n  {indented}\n",
        plain=groups,
        map=f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: m}}\ndata:\n  rules.yml: |\n    {indented}\n",
    )
    rows, _, _ = read(tmp_path)
    found = {(row["kind"], row["name"], row["namespace"], row["alert"], row["for_seconds"], row["severity"]) for row in rows["alert_rules"]}
    assert found == {
        ("PrometheusRule", "p", "m", "A", 300, "page"),
        ("RuleFile", "plain.yaml", None, "A", 300, "page"),
        ("ConfigMap", "c", "m", "A", 300, "page"),
    }


def test_the_seed_of_fetched_metrics_is_the_catalogue() -> None:
    """dbt needs to know which metrics were asked for: one that was not says nothing by its absence."""
    import csv

    from audit_assets.metrics.catalog import FAMILIES

    seed = Path(__file__).parents[2] / "dbt_project" / "seeds" / "fetched_metrics.csv"
    with seed.open(encoding="utf-8", newline="") as lines:
        found = {row["family"]: row["pattern"] for row in csv.DictReader(lines)}
    assert found == {family.name: f"^({family.pattern})$" for family in FAMILIES}
