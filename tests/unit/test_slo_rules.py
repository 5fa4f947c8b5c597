"""SLO specs as rules: what each field may say, what is refused and why, and the numbers in the rules.

Rules that others published are compared in tests/conformance/test_slo_rules.py.
"""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from audit_assets.cli import app
from audit_assets.errors import BadInput
from audit_assets.slo_rules.rules import parse_labels
from audit_assets.slo_rules.windows import BUILT_IN, format_duration, parse_duration, window_catalog
from tests.compiled_models import CompiledModels
from tests.unit.slo_specs import ALPHA, ERRORS, GONE, SLOTH, TOTAL, V1, WINDOWS, changed, groups, recorded, refusal, rules, written

SLO = "slos.0."
EVENTS = SLO + "sli.events."
REFUSED = [
    (SLO + "objective", 0.999, "`slos[0].objective`: 0.999 is a percentage here; write 99.9"),
    (SLO + "objective", 100.1, "`slos[0].objective`"),
    (SLO + "objective", -1, "`slos[0].objective`"),
    (SLO + "objective", float("nan"), "`slos[0].objective`"),
    (SLO + "objective", "99.9", "`slos[0].objective`"),
    (SLO + "objective", True, "`slos[0].objective`"),
    (SLO + "objective", GONE, "`slos[0].objective` is missing; add it"),
    (SLO + "objectiv", 99, "`slos[0].objectiv` is a key that is not known here"),
    (SLO + "name", "a b", "`slos[0].name`: 'a b' is not a usable name"),
    (SLO + "name", 7, "`slos[0].name` must be text"),
    (SLO + "name", 'x"} or vector(1)', "is not a usable name"),
    (EVENTS + "error_query", GONE, "`slos[0].sli.events.error_query` is missing; add it"),
    (EVENTS + "total_query", GONE, "`slos[0].sli.events.total_query` is missing; add it"),
    (EVENTS + "error_query", " ", "`slos[0].sli.events.error_query`: the query is empty"),
    (EVENTS + "error_query", "sum(rate(x[5m]))", "must use {{.window}}"),
    (EVENTS + "error_query", "sum(rate(x[{{.window}}])) * {{.factor}}", "a template variable other than {{.window}}"),
    (EVENTS + "error_query", "sum(rate(x[{{.window}}])", "`sli.events.error_query` is not PromQL that Prometheus loads"),
    (EVENTS + "error_query", ERRORS + " # 5xx", "`sli.events.error_query` and `sli.events.total_query` make no PromQL together"),
    (EVENTS + "error_query", TOTAL, "error_query and total_query are the same"),
    (SLO + "sli.raw", {"error_ratio_query": ERRORS}, "give exactly one of `events` and `raw`"),
    (SLO + "sli", {}, "give exactly one of `events` and `raw`"),
    (SLO + "sli", {"plugin": {"id": "team/http_errors", "options": {"job": "x"}}}, "'team/http_errors'"),
    (
        SLO + "plugins",
        {"chain": [{"id": "team/owner/v1"}]},
        "`slos[0].plugins`: SLO plugins are Go code and cannot run here: 'team/owner/v1'",
    ),
    (
        "slo_plugins",
        {"chain": [{"id": "team/a"}, {"id": "team/b"}]},
        "`slo_plugins`: SLO plugins are Go code and cannot run here: 'team/a', ",
    ),
    ("slo_plugins", {"override_previous": True}, "none, which override the default ones"),
    (SLO + "alerting", {}, "`name` is missing; name the alert, or disable"),
    (SLO + "alerting", GONE, "`slos[0].alerting` is missing"),
    (SLO + "alerting.page_alert", {"labels": {"9lives": "x"}}, "'9lives' is not a label name"),
    (SLO + "alerting.labels", {"severity": 2}, "`slos[0].alerting.labels.severity` must be text"),
    (SLO + "labels", {"sloth_id": "x"}, "'sloth_id' is set by the generator itself"),
    (SLO + "labels", {"__name__": "x"}, "'__name__' is not a label name"),
    ("service", "-shop", "`service`: '-shop' is not a usable name"),
    ("slos", [], "`slos`"),
    ("version", "prometheus/v2", "`version` is 'prometheus/v2'; known are `version: prometheus/v1`"),
]


@pytest.mark.parametrize(("path", "value", "says"), REFUSED, ids=[f"{path}-{number}" for number, (path, *_) in enumerate(REFUSED)])
def test_a_sloth_field_is_refused_by_name(tmp_path: Path, path: str, value: Any, says: str) -> None:
    message = refusal(tmp_path, changed(SLOTH, path, value))
    assert says in message
    assert f"{tmp_path / 'spec.yaml'}, document 1" in message


ALPHA_METRICS = "spec.objectives.0.ratioMetrics."
RATIO = "spec.indicator.spec.ratioMetric."
OPENSLO_REFUSED = [
    (ALPHA, "spec.objectives.0.target", 99.9, "99.9 is a share of 1 here"),
    (ALPHA, ALPHA_METRICS + "good.source", "datadog", "`spec.objectives[0].ratioMetrics.good.source`: 'datadog' cannot become"),
    (ALPHA, ALPHA_METRICS + "total.queryType", "sql", "`spec.objectives[0].ratioMetrics.total.queryType`: 'sql' cannot become"),
    (ALPHA, "spec.objectives.0.ratioMetrics", GONE, "`spec.objectives[0].ratioMetrics` is missing"),
    (ALPHA, "spec.timeWindows.0.unit", "Month", "'Month' is not supported"),
    (ALPHA, "spec.timeWindows.0.count", 31, "no alert windows for a period of 31d; choose one of 30d, 28d, 7d"),
    (ALPHA, "spec.timeWindows", [{"count": 7, "unit": "Day"}, {"count": 30, "unit": "Day"}], "`spec.timeWindows`"),
    (ALPHA, "spec.objectives", [], "`spec.objectives`"),
    (V1, "spec.budgetingMethod", "Timeslices", "'Timeslices' cannot become burn-rate rules"),
    (V1, "spec.timeWindow.0.isRolling", False, "a calendar window cannot become rules"),
    (V1, "spec.timeWindow.0.duration", "1M", "'1M' is not a duration"),
    (V1, "spec.objectives.0.targetPercent", 99, "give exactly one of `target` and `targetPercent`"),
    (V1, "spec.indicatorRef", "other", "give exactly one of `indicator` and `indicatorRef`"),
    (V1, RATIO + "total", GONE, "give `total` with one of `good` and `bad`, or `raw` with its `rawType`"),
    (V1, RATIO + "good", {"metricSource": {"spec": {"query": TOTAL}}}, "give `total` with one of `good` and `bad`"),
    (V1, RATIO + "bad.metricSource.type", "Datadog", "'Datadog' cannot become Prometheus rules"),
]


@pytest.mark.parametrize(("spec", "path", "value", "says"), OPENSLO_REFUSED, ids=[path for _, path, *_ in OPENSLO_REFUSED])
def test_an_openslo_field_is_refused_by_name(tmp_path: Path, spec: dict[str, Any], path: str, value: Any, says: str) -> None:
    assert says in refusal(tmp_path, changed(spec, path, value))


def test_two_slos_of_one_name_are_refused_with_both_places(tmp_path: Path) -> None:
    twice = changed(SLOTH, "slos", SLOTH["slos"] * 2)
    message = refusal(tmp_path, twice)
    assert "`slos[1]`" in message and "'shop-availability' a second time" in message and "`slos[0]`" in message
    written(tmp_path, SLOTH, name="b.yaml")
    with pytest.raises(BadInput, match=r"b\.yaml, document 1: `slos\[0\]`: .* second time, after .*a\.yaml"):
        groups(written(tmp_path, SLOTH, name="a.yaml"), tmp_path / "b.yaml")


@pytest.mark.parametrize(
    ("objective", "named"),
    [(93.0, "page quick"), (90.0, "page quick"), (93.1, None), (99.0, None)],
)
def test_an_alert_that_can_never_fire_is_refused(tmp_path: Path, objective: float, named: str | None) -> None:
    """14.4 x (1 - 0.93) = 1.008: no ratio passes 1."""
    spec = written(tmp_path, changed(SLOTH, SLO + "objective", objective))
    if named is None:
        assert sum("alert" in rule for rule in rules(spec)) == 2
        return
    with pytest.raises(BadInput, match=f"the {named} alert can never fire"):
        groups(spec)
    assert recorded(spec, alerts=False)
    assert recorded(written(tmp_path, changed(yaml.safe_load(spec.read_text()), SLO + "alerting.page_alert.disable", True)))


def test_text_that_is_no_spec_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    bomb = "\n".join(["a0: &a0 [1,1]"] + [f"a{n}: &a{n} [*a{n - 1},*a{n - 1}]" for n in range(1, 64)])
    texts = {
        "version: [": "not valid YAML",
        "- 1": "a int where a mapping was expected",
        "": "no SLO found",
        "[" * 60: "nested more than 50 levels deep",
        bomb: "aliases stand for more than",
        "version: prometheus/v1\nservice: a\nservice: b\n": "line 3: the key `service` is written twice",
    }
    started = time.process_time()
    for text, says in texts.items():
        path.write_text(text)
        with pytest.raises(BadInput, match=says):
            groups(path)
    assert time.process_time() - started < 5
    path.write_bytes(b"version: \xff")
    with pytest.raises(BadInput, match="not UTF-8"):
        groups(path)
    with pytest.raises(BadInput, match="cannot be read"):
        groups(tmp_path / "absent.yaml")


def test_anchors_and_merges_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, SLOTH)
    text = path.read_text() + "  labels: &team {team: a}\nlabels: {<<: *team, tier: one}\n"
    path.write_text(text)
    assert recorded(path)["slo:objective:ratio"]["labels"].items() >= {"team": "a", "tier": "one"}.items()


def test_the_windows_of_each_period(tmp_path: Path) -> None:
    """Burn rates are budget share x period / long window: 0.02 x 672 h / 1 h = 13.44 and so on."""
    spec = written(tmp_path, SLOTH)
    rates = {"30d": ("14.4", "6", "3", "1"), "28d": ("13.44", "5.6000000000000005", "2.8000000000000003", "0.9333333333333333")}
    rates["7d"] = ("13.44", "3.5", "1.4000000000000001", "0.98")
    for period, expected in rates.items():
        made = rules(spec, catalog=window_catalog(period))
        alerts = " ".join(rule["expr"] for rule in made if "alert" in rule)
        assert [rate for rate in expected if f"> ({rate} * 0.0009999999999999432)" in alerts] == list(expected)
        whole = format_duration(parse_duration(period))
        assert [rule["labels"]["sloth_window"] for rule in made if "sloth_window" in rule.get("labels", {})] == [
            *["5m", "30m", "1h", "2h", "6h", "1d", "3d"],
            whole,
        ]
    assert whole == "1w"


def test_a_file_of_windows_is_used_for_its_period(tmp_path: Path) -> None:
    catalog = window_catalog(None, written(tmp_path, WINDOWS, name="windows.yaml"))
    made = recorded(written(tmp_path, SLOTH), catalog=catalog)
    windows = [name.removeprefix("slo:sli_error:ratio_rate") for name in made if "ratio_rate" in name]
    assert windows == ["10m", "30m", "2h", "6h", "1d", "3d", "2w"]
    assert "slo:sli_error:ratio_rate10m{" in made["slo:current_burn_rate:ratio"]["expr"]
    assert "slo:sli_error:ratio_rate10m{" in made["slo:sli_error:ratio_rate2w"]["expr"]
    assert made["slo:time_period:days"]["expr"] == "vector(14)"
    (page, _ticket) = (rule for rule in rules(written(tmp_path, SLOTH), catalog=catalog) if "alert" in rule)
    assert "(3.36 * " in page["expr"] and "ratio_rate10m" in page["expr"]  # 0.02 x 336 h / 2 h


WINDOWS_REFUSED = [
    ("kind", "Alerts", "`kind`"),
    ("spec.sloPeriod", "2 weeks", "'2 weeks' is not a duration"),
    ("spec.sloPeriod", "72h", "a window of 3d is not shorter than sloPeriod"),
    ("spec.page.quick.shortWindow", "2h", "shortWindow must be shorter than longWindow"),
    ("spec.page.quick.errorBudgetPercent", 0, "`spec.page.quick.errorBudgetPercent`"),
    ("spec.ticket.slow", GONE, "`spec.ticket.slow` is missing"),
    ("spec.page.quick.window", "1h", "`spec.page.quick.window` is a key that is not known here"),
]


@pytest.mark.parametrize(("path", "value", "says"), WINDOWS_REFUSED, ids=[path for path, *_ in WINDOWS_REFUSED])
def test_a_file_of_windows_is_refused_by_field(tmp_path: Path, path: str, value: Any, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        window_catalog(None, written(tmp_path, changed(WINDOWS, path, value)))
    assert says in str(refused.value)


def test_a_period_without_windows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--window: no alert windows for a period of 90d"):
        window_catalog("90d")
    with pytest.raises(BadInput, match="'month' is not a duration"):
        window_catalog("month")
    with pytest.raises(BadInput, match="has windows for 14d"):
        window_catalog("30d", written(tmp_path, WINDOWS))


@pytest.mark.parametrize(
    ("text", "written_as"),
    [("300s", "5m"), ("24h", "1d"), ("28d", "4w"), ("30d", "30d"), ("90m", "1h30m"), ("365d", "1y"), ("1500ms", "1s500ms")],
)
def test_durations_are_written_as_prometheus_does(text: str, written_as: str) -> None:
    assert format_duration(parse_duration(text)) == written_as


@pytest.mark.parametrize("text", ["", "5", "m", "0m", "-5m", "1.5h", "5 m", "5m5h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration|lasts no time"):
        parse_duration(text)


def test_openslo_v1alpha_becomes_recordings_without_alerts(tmp_path: Path) -> None:
    two = changed(ALPHA, "spec.objectives", [*ALPHA["spec"]["objectives"], changed(ALPHA["spec"]["objectives"][0], "target", 0.95)])
    made = groups(written(tmp_path, two))
    kinds = ("sli-recordings", "meta-recordings")
    assert [group["name"] for group in made] == [f"sloth-slo-{kind}-shop-availability-{n}" for n in (0, 1) for kind in kinds]
    first = made[0]["rules"][0]
    assert first["labels"] == {
        "sloth_id": "shop-availability-0",
        "sloth_service": "shop",
        "sloth_slo": "availability-0",
        "sloth_window": "5m",
    }
    assert "".join(first["expr"].split()) == "(1-((sum(rate(good_total[5m])))/(sum(rate(requests_total[5m])))))"
    info = made[1]["rules"][-1]
    assert info["labels"]["sloth_spec"] == "openslo/v1alpha" and info["labels"]["sloth_objective"] == "99.9"


def test_openslo_v1_states_its_own_period(tmp_path: Path) -> None:
    made = recorded(written(tmp_path, V1), catalog=window_catalog("7d"))
    assert made["slo:time_period:days"]["expr"] == "vector(28)" and "slo:sli_error:ratio_rate4w" in made
    assert "".join(made["slo:sli_error:ratio_rate5m"]["expr"].split()).startswith('(sum(rate(requests_total{code=~"5.."}[5m])))/')


def test_labels_of_the_command_line_go_on_recordings_and_not_on_alerts(tmp_path: Path) -> None:
    made = rules(written(tmp_path, changed(SLOTH, "labels", {"team": "a", "tier": "one"})), labels=parse_labels(["team=b", "x=1=2"]))
    for rule in made:
        if "record" in rule:
            assert rule["labels"].items() >= {"team": "b", "tier": "one", "x": "1=2"}.items()
        else:
            assert "team" not in rule["labels"]
    for bad, says in {"team": "write it as name=value", "9=x": "not a label name", "sloth_id=x": "set by the generator"}.items():
        with pytest.raises(BadInput, match=says):
            parse_labels([bad])


def test_a_disabled_alert_is_left_out(tmp_path: Path) -> None:
    for gone, left in (("page_alert", "ticket"), ("ticket_alert", "page")):
        spec = written(tmp_path, changed(SLOTH, f"slos.0.alerting.{gone}.disable", True))
        assert [rule["labels"]["sloth_severity"] for rule in rules(spec) if "alert" in rule] == [left]
    both = {"page_alert": {"disable": True}, "ticket_alert": {"disable": True}}
    assert len(groups(written(tmp_path, changed(SLOTH, "slos.0.alerting", both)))) == 2


def test_the_command_writes_what_the_library_makes(tmp_path: Path) -> None:
    spec, to = written(tmp_path, SLOTH), tmp_path / "new" / "rules.yaml"
    command = ["slo", "rules", str(spec), "--window", "28d", "--label", "team=a"]
    printed = CliRunner().invoke(app, command)
    assert printed.exit_code == 0
    assert CliRunner().invoke(app, [*command, "--out", str(to)]).exit_code == 0
    assert to.read_text() == printed.stdout
    assert yaml.safe_load(printed.stdout)["groups"] == groups(spec, catalog=window_catalog("28d"), labels={"team": "a"})
    refused = CliRunner().invoke(app, [*command, "--out", str(tmp_path)])
    assert isinstance(refused.exception, BadInput) and "cannot be written" in str(refused.exception)
    nothing = CliRunner().invoke(app, ["slo", "rules", str(spec), "--no-alerts", "--no-recordings"])
    assert isinstance(nothing.exception, BadInput) and "no rules are left" in str(nothing.exception)


def test_the_replay_alerts_at_the_same_burn_rates(tmp_path: Path) -> None:
    """The warehouse has its own copy, in SQL."""
    with CompiledModels(tmp_path, ("int_sli__burn_rates",)).run({}) as connection:
        rows = connection.execute(
            "select window_days, page_quick, page_slow, ticket_quick, ticket_slow from int_sli__burn_rates"
        ).fetchall()
    replayed = {days: pytest.approx(rates) for days, *rates in rows}
    assert {windows.sloPeriod.days: [windows.burn_rate(one) for one in windows.conditions] for windows in BUILT_IN} == replayed
