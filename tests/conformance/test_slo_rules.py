"""Rules that Sloth published for specs that it published, against ours (Apache-2.0, slok/sloth@0e395d8), and real OpenSLO objects.

Compared are parsed groups, expressions up to white space. Left out is what names the generator: `sloth_version`. Sloth writes a YAML
document for each document of the spec; we write one, because Prometheus reads only the first.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from audit_assets.errors import BadInput
from audit_assets.manifests.promql import check
from audit_assets.slo_rules.rules import RuleRequest, as_yaml, rule_groups

SHARED = (Path(__file__).parents[2].parent / "shared").resolve()
RULES, OPENSLO = SHARED / "slo" / "rules", SHARED / "slo" / "openslo"
pytestmark = pytest.mark.skipif(not RULES.exists(), reason="needs ../shared beside the checkout")

PAIRS: list[tuple[str, str, dict[str, bool]]] = [
    ("in-base.yaml", "out-base.yaml", {}),
    ("in-base.yaml", "out-base-no-alerts.yaml", {"alerts": False}),
    ("in-multifile.yaml", "out-multifile.yaml", {}),
]
AN_SLO = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: wifi}
spec:
  service: home
  indicatorRef: REFERENCE
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.95}]
"""


def made(*specs: Path, **switches: Any) -> list[dict[str, Any]]:
    request = RuleRequest(specs, lambda expression: check(expression).error, **switches)
    return yaml.safe_load(as_yaml(rule_groups(request)))["groups"]


def comparable(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**group, "rules": [_comparable_rule(rule) for rule in group["rules"]]} for group in groups]


def _comparable_rule(rule: dict[str, Any]) -> dict[str, Any]:
    labels = {name: value for name, value in rule["labels"].items() if name != "sloth_version"}
    return {**rule, "expr": " ".join(rule["expr"].split()), "labels": labels}


@pytest.mark.parametrize(("spec", "rules", "switches"), PAIRS, ids=[rules for _, rules, _ in PAIRS])
def test_published_rules(spec: str, rules: str, switches: dict[str, bool]) -> None:
    published = [group for document in yaml.safe_load_all((RULES / rules).read_text()) for group in (document or {}).get("groups", [])]
    assert published
    assert comparable(made(RULES / spec, **switches)) == comparable(published)


def test_every_published_file_is_in_a_pair() -> None:
    assert {path.name for path in RULES.glob("*.yaml")} == {name for spec, rules, _ in PAIRS for name in (spec, rules)}


def test_rules_without_recordings_are_the_published_alerts() -> None:
    published = yaml.safe_load((RULES / "out-base.yaml").read_text())["groups"]
    alerts = [group for group in published if group["name"].startswith("sloth-slo-alerts-")]
    assert comparable(made(RULES / "in-base.yaml", recordings=False)) == comparable(alerts)


def test_a_real_openslo_slo_that_rules_cannot_express_is_refused_by_field() -> None:
    with pytest.raises(BadInput) as refused:
        made(*sorted(OPENSLO.glob("*.yaml")))
    message = str(refused.value)
    assert f"{OPENSLO / 'slos.yaml'}, document 1, item 1" in message
    for part in ("`spec.timeWindow[0].isRolling`", "'Timeslices'", "{{.window}}"):
        assert part in message


def test_a_real_openslo_indicator_is_used_by_reference(tmp_path: Path) -> None:
    spec = tmp_path / "slo.yaml"
    spec.write_text(AN_SLO.replace("REFERENCE", "wifi-client-satisfaction"))
    sli, _meta = made(spec, OPENSLO / "slis.yaml")
    windows = [rule["record"].removeprefix("slo:sli_error:ratio_rate") for rule in sli["rules"]]
    assert windows == [
        "5m",
        "30m",
        "1h",
        "2h",
        "6h",
        "1d",
        "3d",
        "4w",
    ]
    assert "poller_client_satisfaction_ratio[5m]" in sli["rules"][0]["expr"]
    assert sli["rules"][0]["expr"].startswith("(1 - (")


@pytest.mark.parametrize(
    ("indicator", "problem"),
    [
        ("search-availability", "'Datadog' cannot become Prometheus rules"),
        ("end-user-response", "'AppDynamics' cannot become Prometheus rules"),
        ("annotator-throughput", "`ratioMetric` is missing"),
        ("nowhere", "which no given file defines"),
    ],
)
def test_other_real_openslo_indicators_are_refused(tmp_path: Path, indicator: str, problem: str) -> None:
    spec = tmp_path / "slo.yaml"
    spec.write_text(AN_SLO.replace("REFERENCE", indicator))
    with pytest.raises(BadInput, match=problem):
        made(spec, OPENSLO / "slis.yaml")
