"""`kind: PrometheusServiceLevel` makes the rules of the same SLOs written as `prometheus/v1`, and is refused in its own words."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.slo_specs import ERRORS, GONE, SLOTH, TOTAL, changed, groups, refusal, written

SLO = SLOTH["slos"][0]
LEVEL: dict[str, Any] = {
    "apiVersion": "sloth.slok.dev/v1",
    "kind": "PrometheusServiceLevel",
    "metadata": {"name": "shop", "namespace": "monitoring", "labels": {"prometheus": "main"}},
    "spec": {
        "service": "shop",
        "labels": {"errorQuery": "a label of that name"},
        "slos": [
            {
                **SLO,
                "sli": {"events": {"errorQuery": ERRORS, "totalQuery": TOTAL}},
                "alerting": {"name": "ShopErrors", "pageAlert": {"labels": {"to": "pager"}}, "ticketAlert": {"disable": True}},
            }
        ],
    },
}
PLAIN = {
    **SLOTH,
    "labels": {"errorQuery": "a label of that name"},
    "slos": [{**SLO, "alerting": {"name": "ShopErrors", "page_alert": {"labels": {"to": "pager"}}, "ticket_alert": {"disable": True}}}],
}


def _without_origin(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rules = [rule for group in made for rule in group["rules"]]
    return [
        {**rule, "labels": {key: value for key, value in rule["labels"].items() if key not in ("sloth_mode", "sloth_spec")}}
        for rule in rules
    ]


def test_the_rules_are_those_of_the_plain_spec(tmp_path: Path) -> None:
    level = groups(written(tmp_path, LEVEL, name="level.yaml"))
    plain = groups(written(tmp_path, PLAIN, name="plain.yaml"))
    assert [group["name"] for group in level] == [group["name"] for group in plain]
    assert _without_origin(level) == _without_origin(plain)
    (info,) = [rule for group in level for rule in group["rules"] if rule.get("record") == "sloth_slo_info"]
    assert (info["labels"]["sloth_mode"], info["labels"]["sloth_spec"]) == ("cli-gen-k8s", "sloth.slok.dev/v1")


def test_a_raw_ratio(tmp_path: Path) -> None:
    raw = changed(LEVEL, "spec.slos.0.sli", {"raw": {"errorRatioQuery": "avg_over_time(ratio[{{.window}}])"}})
    assert "(avg_over_time(ratio[5m]))" in groups(written(tmp_path, raw))[0]["rules"][0]["expr"]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("spec.slos.0.sli.events.errorQuery", GONE, "`slos[0].sli.events.errorQuery` is missing"),
        ("spec.slos.0.sli.events.error_query", "x", "a PrometheusServiceLevel writes it `errorQuery`"),
        ("spec.slos.0.sli.events.errorQuery", "sum(rate(a[{{.window}}])", "`sli.events.errorQuery` is not PromQL"),
        ("spec.slos.0.sli.events.errorQuery", TOTAL, "are the same"),
        ("spec.slos.0.sli", {"plugin": {"id": "sloth-common/x"}}, "sloth-common/x"),
        ("spec.sloPlugins", {"chain": [{"id": "who/knows/v1"}]}, "who/knows/v1"),
        ("spec.slos.0.alerting.pagealert", {}, "`slos[0].alerting.pagealert` is a key that is not known"),
        ("spec", GONE, "`spec` must be a mapping"),
        ("spec.version", "prometheus/v1", "`spec.version` is not a key"),
    ],
)
def test_what_is_wrong_is_named_as_it_is_written(tmp_path: Path, path: str, value: Any, said: str) -> None:
    message = refusal(tmp_path, changed(LEVEL, path, value))
    assert said in message
    assert "document 1" in message
