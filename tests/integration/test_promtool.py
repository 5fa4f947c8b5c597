"""Rules of `assay slo rules` as Prometheus' own tool sees them: they load, they page, they ticket, and they stay quiet.

The requests are made up, 60 a minute, with a share of errors that changes over time; the objective is 99.9 %.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit_assets.manifests.promql import check
from audit_assets.slo_rules.rules import RuleRequest, as_yaml, rule_groups
from audit_assets.slo_rules.windows import window_catalog
from tests.unit.slo_specs import ALPHA, SLOTH, V1, WINDOWS, changed, written
from tests.unit.test_slo_files import Marts

pytestmark = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool not installed; apt-get install -y --no-install-recommends prometheus"
)
REQUESTS_PER_MINUTE = 60
Stretch = tuple[float, int]  # share of errors, for how many minutes


def made_rules(folder: Path, *documents: Any, **switches: Any) -> Path:
    request = RuleRequest([written(folder, *documents)], lambda expression: check(expression).error, **switches)
    path = folder / "rules.yaml"
    path.write_text(as_yaml(rule_groups(request)))
    return path


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("period", ["30d", "28d", "7d", "14d"])
def test_rules_of_every_kind_of_spec_load(tmp_path: Path, period: str) -> None:
    catalog = window_catalog(None, written(tmp_path, WINDOWS, name="windows.yaml")) if period == "14d" else window_catalog(period)
    other = changed({**SLOTH, "service": "search"}, "slos.0.alerting.name", "SearchErrors")
    alpha = {**ALPHA, "metadata": {"name": "alpha"}}
    checked = promtool("check", "rules", "--lint=all", "--lint-fatal", made_rules(tmp_path, SLOTH, other, alpha, V1, catalog=catalog))
    assert checked.returncode == 0, checked.stderr
    # 8 SLI and 7 meta recordings an SLO, one SLI less in the file of windows; 2 alerts for each of the two Sloth SLOs
    assert f"SUCCESS: {60 + 4 - (2 if period == '14d' else 0)} rules found" in checked.stdout


def series(code: str, shares: list[Stretch]) -> dict[str, str]:
    """A counter in promtool's notation, one sample a minute."""
    value, samples = 0.0, ["0"]
    for share, minutes in shares:
        step = REQUESTS_PER_MINUTE * (share if code == "500" else 1 - share)
        samples.append(f"{value + step:.6f}+{step:.6f}x{minutes - 1}")
        value += step * minutes
    return {"series": f'requests_total{{code="{code}"}}', "values": " ".join(samples)}


def asserted(minute: int, severity: str, firing: bool) -> dict[str, Any]:
    return {
        "expr": f'count(ALERTS{{alertstate="firing", sloth_severity="{severity}"}}) or vector(0)',
        "eval_time": f"{minute}m",
        "exp_samples": [{"labels": "{}", "value": int(firing)}],
    }


def objections(
    folder: Path, shares: list[Stretch], *expected: tuple[int, str, bool], extra: dict[str, Any] | None = None, spec: Any = SLOTH
) -> str:
    """What promtool objects to; `expected` is (minute, severity, firing)."""
    test = {
        "interval": "1m",
        "input_series": [series(code, shares) for code in ("200", "500")],
        "promql_expr_test": [asserted(*one) for one in expected],
        **(extra or {}),
    }
    path = folder / "test.yaml"
    path.write_text(yaml.safe_dump({"rule_files": [str(made_rules(folder, spec))], "evaluation_interval": "1m", "tests": [test]}))
    run = promtool("test", "rules", path)
    return "" if run.returncode == 0 else run.stdout + run.stderr


DAY = 24 * 60
SCENARIOS: dict[str, tuple[list[Stretch], list[tuple[int, str, bool]]]] = {
    "3 % of errors page within the hour": ([(0, 120), (0.03, 60)], [(120, "page", False), (170, "page", True)]),
    # 10 % for 12 minutes: 0.1 x 12 / 60 = 2 % over the hour; 6 minutes after its end the last 5 minutes are clean
    "a page ends soon after the errors": ([(0, 420), (0.1, 12), (0, 60)], [(431, "page", True), (440, "page", False)]),
    # 0.7 % is under 14.4 budgets and above 6: only the slow condition, after 6 hours
    "0.7 % of errors page when they last": ([(0, 400), (0.007, 400)], [(460, "page", False), (790, "page", True)]),
    "0.4 % of errors for a day ticket and do not page": (
        [(0, 120), (0.004, DAY + 120)],
        [(DAY + 200, "ticket", True), (DAY + 200, "page", False), (60, "ticket", False)],
    ),
    "half the budget does neither": (
        [(0.0005, DAY + 120)],
        [(minute, severity, False) for minute in (30, 400, DAY + 100) for severity in ("page", "ticket")],
    ),
    "no requests at all do neither": ([], [(30, "page", False), (30, "ticket", False)]),
}


@pytest.mark.parametrize(("shares", "expected"), SCENARIOS.values(), ids=SCENARIOS)
def test_alerts_fire_when_they_must_and_only_then(tmp_path: Path, shares: list[Stretch], expected: list[tuple[int, str, bool]]) -> None:
    assert objections(tmp_path, shares, *expected) == ""


def test_a_wrong_expectation_is_noticed(tmp_path: Path) -> None:
    shares, expected = SCENARIOS["3 % of errors page within the hour"]
    assert "expr" in objections(tmp_path, shares, *((minute, severity, not firing) for minute, severity, firing in expected))


def test_the_page_says_which_slo_it_is_about(tmp_path: Path) -> None:
    subject = "shop availability SLO error budget burn rate"
    alert = {
        "exp_labels": {
            "sloth_severity": "page",
            "sloth_id": "shop-availability",
            "sloth_service": "shop",
            "sloth_slo": "availability",
        },
        "exp_annotations": {"title": f"(page) {subject} is too fast.", "summary": f"{subject} is over expected."},
    }
    tickets = {**alert, "exp_labels": {**alert["exp_labels"], "sloth_severity": "ticket"}}
    tickets["exp_annotations"] = {**alert["exp_annotations"], "title": f"(ticket) {subject} is too fast."}
    expected = {"alert_rule_test": [{"eval_time": "50m", "alertname": "ShopErrors", "exp_alerts": [alert, tickets]}]}
    assert objections(tmp_path, [(0.05, 60)], extra=expected) == ""


def test_the_budget_that_is_left_is_recorded(tmp_path: Path) -> None:
    """Twice the budget, all the time: 1 - 2 = -1 is left, and the burn rate is 2."""
    asked = [("slo:period_error_budget_remaining:ratio", -1), ("slo:current_burn_rate:ratio", 2)]
    samples = [
        {"expr": f"round(sum({metric}), 0.001)", "eval_time": "8h", "exp_samples": [{"labels": "{}", "value": value}]}
        for metric, value in asked
    ]
    assert objections(tmp_path, [(0.002, 8 * 60)], extra={"promql_expr_test": samples}) == ""


AUDITED = {
    **SLOTH,
    "slos": [
        {
            **SLOTH["slos"][0],
            "sli": {
                "events": {
                    "error_query": 'sum(rate(requests_total{code=~"0|5.*"}[{{.window}}])) or vector(0)',
                    "total_query": 'sum(rate(requests_total{code=~"0|[1-5].*"}[{{.window}}])) > 0',
                }
            },
        }
    ],
}


def test_queries_of_an_audit_tell_no_failures_from_no_requests(tmp_path: Path) -> None:
    """Without a series of failures the ratio is 0; without requests there is none, not NaN, which would stay in the mean over 30 days."""
    served_then_silent = {"series": 'requests_total{code="200"}', "values": f"0+{REQUESTS_PER_MINUTE}x60 {REQUESTS_PER_MINUTE * 60}+0x120"}
    ratio = "sum(slo:sli_error:ratio_rate5m)"
    samples = [
        {"expr": ratio, "eval_time": "30m", "exp_samples": [{"labels": "{}", "value": 0}]},
        {"expr": ratio, "eval_time": "170m", "exp_samples": []},
        {"expr": "sum(slo:period_error_budget_remaining:ratio)", "eval_time": "170m", "exp_samples": [{"labels": "{}", "value": 1}]},
    ]
    extra = {"input_series": [served_then_silent], "promql_expr_test": samples}
    assert objections(tmp_path, [], extra=extra, spec=AUDITED) == ""
    without_guard = changed(AUDITED, "slos.0.sli.events.total_query", 'sum(rate(requests_total{code=~"0|[1-5].*"}[{{.window}}]))')
    assert "NaN" in objections(tmp_path, [], extra=extra, spec=without_guard)


def test_rules_of_an_audit_load(tmp_path: Path) -> None:
    marts = Marts(tmp_path)
    marts.add("chat", 0.995)
    marts.add("chat", 0.9, 800.0)
    marts.files()
    checked = promtool("check", "rules", "--lint=all", "--lint-fatal", tmp_path / "artifacts" / "slo" / "chat.rules.yaml")
    assert checked.returncode == 0, checked.stderr
    assert "SUCCESS: 33 rules found" in checked.stdout  # 15 recordings each; the page of the latency could never fire


def test_the_selectors_of_an_audit_count_what_the_audit_counted(tmp_path: Path) -> None:
    """Per minute 94 served, 3 failed, 2 without an answer; 1 whose caller hung up and 40 health checks are nobody's request."""
    istio, plain = (
        'istio_requests_total{namespace="n", %s}',
        'http_requests_total{namespace="n", %s, handler!~"(?i)(.*/)?(metrics|healthz)/?"}',
    )
    no_answer = 'response_code="0", response_flags!~".*DC.*"'
    counted = {
        istio % 'response_code="200", response_flags="-"': 94,
        istio % 'response_code="503", response_flags="-"': 3,
        istio % 'response_code="0", response_flags="UF"': 2,
        istio % 'response_code="0", response_flags="DC"': 1,
        'http_requests_total{namespace="n", status="2xx", handler="/v1/metrics-api"}': 94,
        'http_requests_total{namespace="n", status="5xx"}': 5,
        'http_requests_total{namespace="n", status="2xx", handler="/Healthz"}': 40,
    }
    failed, answered = istio % 'response_code=~"5.*"', istio % 'response_code=~"[1-5].*"'
    silent, broken, all_plain = istio % no_answer, plain % 'status=~"0|5.*"', plain % 'status=~"0|[1-5].*"'
    asked = {
        f"sum(rate({failed}[5m]) or rate({silent}[5m])) or vector(0)": 5,
        f"sum(rate({answered}[5m]) or rate({silent}[5m])) > 0": 99,
        f"sum(rate({broken}[5m])) or vector(0)": 5,
        f"sum(rate({all_plain}[5m])) > 0": 99,
    }
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": f"0+{step}x60"} for name, step in counted.items()],
        "promql_expr_test": [
            {"expr": f"round(60 * ({expr}))", "eval_time": "30m", "exp_samples": [{"labels": "{}", "value": value}]}
            for expr, value in asked.items()
        ],
    }
    path = tmp_path / "test.yaml"
    path.write_text(yaml.safe_dump({"evaluation_interval": "1m", "tests": [test]}))
    run = promtool("test", "rules", path)
    assert run.returncode == 0, run.stdout + run.stderr
