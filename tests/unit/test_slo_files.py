"""The SLO files of an audit from rows of the marts: what is in them, what is left out and why, and how the folder is replaced."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
import yaml

from audit_assets.artifacts.slo_files import build_slo_files_asset
from audit_assets.artifacts.slo_promises import dns_label
from audit_assets.definitions import slo_rule_maker
from audit_assets.resources import AuditResource
from audit_assets.slo_rules.rules import as_yaml
from audit_assets.slo_rules.windows import window_catalog
from tests.unit.openslo_v1 import broken_rules
from tests.unit.slo_specs import groups
from tests.unit.test_claims import TABLE, claim

HOSTILE = "buyers | `x`\n# not: a comment {{ $value }}\n</td>"
MARTS = """
    create table meta_audit (audit varchar, window_start date, window_end date, slo_owner varchar);
    insert into meta_audit values ('acme', date '2026-07-03', date '2026-09-30', 'team-platform');
    create table fct_slo_proposal (
        service varchar, sli varchar, consumer varchar, objective double, threshold double, window_days bigint, status varchar,
        declared_objective double, declared_threshold double
    );
    create table fct_slo_queries (
        service varchar, sli varchar, metric varchar, clusters varchar[], series bigint, last_day date, good_series varchar,
        total_series varchar, error_query varchar, total_query varchar, reason varchar, service_owner varchar, claim_id varchar
    );
"""
GOOD = 'http_requests_total{namespace="chat", status=~"[1-4].*"}'
ALL = 'http_requests_total{namespace="chat", status=~"0|[1-5].*"}'
ERRORS = 'sum(rate(http_requests_total{namespace="chat", status=~"0|5.*"}[{{.window}}])) or vector(0)'
WITHIN, EVERY = 'h_bucket{namespace="chat", le="0.8"}', 'h_bucket{namespace="chat", le="+Inf"}'
REQUESTS = (GOOD, ALL, ERRORS, f"sum(rate({ALL}[{{{{.window}}}}])) > 0")
LATENCY = (
    WITHIN,
    EVERY,
    f"sum(rate({EVERY}[{{{{.window}}}}])) - sum(rate({WITHIN}[{{{{.window}}}}]))",
    f"sum(rate({EVERY}[{{{{.window}}}}])) > 0",
)


class Marts:
    """Marts with proposals, and the files that they become."""

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "artifacts").mkdir()
        self.connection = duckdb.connect(home / "marts.duckdb")
        self.connection.execute(MARTS + TABLE)
        for claim_id, value in (("availability.current", 0.9962), ("availability.spend", 0.783), ("latency_within_800ms.current", 0.992)):
            self._claim(f"slo.chat.{claim_id}", value)

    def add(self, service: str, objective: float | None, threshold: float | None = None, **more: Any) -> None:
        sli = more.get("sli", "availability" if threshold is None else "latency_p95")
        claim_id = f"slo.{service}.{sli}.proposed"
        self._claim(claim_id, objective)
        texts = more.get("queries", REQUESTS if threshold is None else LATENCY) if more.get("reason") is None else (None,) * 4
        metric = "http_requests_total" if threshold is None else "h"
        self._insert(
            "fct_slo_proposal",
            [service, sli, more.get("consumer"), objective, threshold, more.get("days", 30), "derived", more.get("declared"), None],
        )
        owner = more.get("owner")
        self._insert("fct_slo_queries", [service, sli, metric, ["prod"], 2, "2026-09-30", *texts, more.get("reason"), owner, claim_id])

    def files(self) -> dict[str, str]:
        self.connection.close()
        asset = build_slo_files_asset(dg.AssetKey("marts"), slo_rule_maker())
        audit = AuditResource(audit_path=str(self.home / "audit.yaml"), home_path=str(self.home))
        assert dg.materialize([asset], resources={"audit": audit}).success
        assert [path.name for path in (self.home / "artifacts").iterdir()] == ["slo"]
        return {path.name: path.read_text() for path in sorted((self.home / "artifacts" / "slo").iterdir())}

    def forget(self, service: str) -> None:
        self.connection = duckdb.connect(self.home / "marts.duckdb")
        for table in ("fct_slo_proposal", "fct_slo_queries"):
            self.connection.execute(f"delete from {table} where service = ?", [service])

    def _claim(self, claim_id: str, value: float | None) -> None:
        made = claim(claim_id, value, str(value), "derived" if value else "unknown", "select 1 as value")
        self._insert("fct_claims", [*{**made.as_record(), "unit": "share", "track": "slo"}.values()])

    def _insert(self, table: str, row: list[object]) -> None:
        self.connection.execute(f"insert into {table} values ({', '.join('?' * len(row))})", row)


@pytest.fixture
def marts(tmp_path: Path) -> Iterator[Marts]:
    made = Marts(tmp_path)
    yield made
    made.connection.close()


def test_a_measurable_service_gets_four_files(marts: Marts) -> None:
    marts.add("chat", 0.995, consumer="paying customer", owner="team-chat", declared=0.995)
    marts.add("chat", 0.95, 800.0)
    files = marts.files()
    assert [*files] == ["chat.error_budget_policy.md", "chat.openslo.yaml", "chat.rules.yaml", "chat.sloth.yaml"]
    spec = yaml.safe_load(files["chat.sloth.yaml"])
    assert [(slo["name"], slo["objective"]) for slo in spec["slos"]] == [("availability", 99.5), ("latency-within-800ms", 95.0)]
    assert spec["slos"][0]["sli"]["events"] == {"error_query": ERRORS, "total_query": REQUESTS[3]}
    assert spec["slos"][1]["sli"]["events"] == {"error_query": LATENCY[2], "total_query": LATENCY[3]}
    assert [slo["alerting"]["name"] for slo in spec["slos"]] == ["ChatAvailabilityBudgetBurn", "ChatLatencyWithin800msBudgetBurn"]


def test_the_rules_are_those_of_the_sloth_file(marts: Marts) -> None:
    marts.add("chat", 0.995, days=28)
    files = marts.files()
    again = groups(marts.home / "artifacts" / "slo" / "chat.sloth.yaml", catalog=window_catalog("28d"))
    assert files["chat.rules.yaml"] == as_yaml(again)
    assert "slo:sli_error:ratio_rate4w" in files["chat.rules.yaml"]


def test_openslo_objects_keep_the_rules_of_v1(marts: Marts) -> None:
    marts.add("chat", 0.995, consumer=HOSTILE * 60, owner="team-chat")
    marts.add("chat", 0.95, 800.0)
    marts.add("Chat_2." + "x" * 70, 0.9, 0.5)
    files = marts.files()
    for name in (name for name in files if name.endswith(".openslo.yaml")):
        assert broken_rules([*yaml.safe_load_all(files[name])]) == []
    objects = [*yaml.safe_load_all(files["chat.openslo.yaml"])]
    assert [(one["kind"], one["metadata"]["name"]) for one in objects] == [
        ("Service", "chat"),
        ("SLI", "chat-availability"),
        ("SLO", "chat-availability"),
        ("SLI", "chat-latency-within-800ms"),
        ("SLO", "chat-latency-within-800ms"),
    ]
    ratio = objects[3]["spec"]["ratioMetric"]
    assert ratio["counter"] is True
    assert [ratio[part]["metricSource"]["spec"]["query"] for part in ("good", "total")] == [WITHIN, EVERY]
    assert objects[2]["spec"]["objectives"] == [{"displayName": "99.5 %", "target": 0.995}]


@pytest.mark.parametrize(
    ("place", "value", "field"),
    [
        ((1, "metadata", "name"), "Chat", "metadata.name"),
        ((1, "metadata", "displayName"), "x" * 64, "metadata.displayName"),
        ((2, "spec", "indicatorRef"), "other", "spec.indicatorRef"),
        ((2, "spec", "timeWindow", 0, "duration"), "30 days", "spec.timeWindow"),
        ((2, "spec", "objectives", 0, "target"), 99.5, "spec.objectives"),
        ((1, "spec", "ratioMetric", "total"), {"metricSource": {"type": "Prometheus", "spec": {}}}, "metricSource"),
    ],
)
def test_the_rules_of_v1_can_be_broken(marts: Marts, place: tuple[Any, ...], value: Any, field: str) -> None:
    marts.add("chat", 0.995)
    objects = [*yaml.safe_load_all(marts.files()["chat.openslo.yaml"])]
    inner: Any = objects
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    assert any(field in problem for problem in broken_rules(objects))


def test_the_policy_names_claims_budgets_and_who_decides(marts: Marts) -> None:
    marts.add("chat", 0.995, owner="team-chat", declared=0.995)
    marts.add("chat", 0.95, 800.0)
    policy = marts.files()["chat.error_budget_policy.md"]
    row = next(line for line in policy.splitlines() if line.startswith("| 99.5 %"))
    for part in ("0.5 % of requests in 30 days", "99.62%", "78.3%", "`slo.chat.availability.proposed`", "`slo.chat.availability.spend`"):
        assert part in row
    row = next(line for line in policy.splitlines() if line.startswith("| 95 %"))
    assert "99.20%" in row and "not claimed for this objective" in row
    assert "the audit acme, 2026-07-03 … 2026-09-30" in policy
    assert [line.rsplit("| ", 1)[1] for line in policy.splitlines() if line.startswith(("| 50 %", "| 100 %"))] == ["team-chat |"] * 2
    assert "Nothing that was looked for is missing." in policy


def test_the_spend_of_another_objective_is_not_shown(marts: Marts) -> None:
    marts.add("chat", 0.995, declared=0.999)
    policy = marts.files()["chat.error_budget_policy.md"]
    assert "78.3%" not in policy and "slo.chat.availability.spend" not in policy
    assert "nobody yet: the service has no owner in audit.yaml" in policy


def test_what_cannot_be_measured_gets_no_file_and_a_reason(marts: Marts) -> None:
    marts.add("chat", 0.995)
    marts.add("chat", None, 250.0, reason="250 ms is no bucket bound")
    marts.add("research", None, reason="no request counter | with a status code")
    files = marts.files()
    assert [name for name in files if name.startswith("research")] == ["research.error_budget_policy.md"]
    assert "Nothing: no indicator of this service can be measured" in files["research.error_budget_policy.md"]
    assert (
        "| availability | no request counter \\| with a status code | `slo.research.availability.proposed` |"
        in files["research.error_budget_policy.md"]
    )
    assert "250 ms is no bucket bound" in files["chat.error_budget_policy.md"]
    assert len(yaml.safe_load(files["chat.sloth.yaml"])["slos"]) == 1


def test_an_alert_that_could_never_fire_is_left_out_and_said_so(marts: Marts) -> None:
    """Budgets of 10 % and 50 %: 14.4 x 0.1 and 3 x 0.5 are above 1."""
    marts.add("chat", 0.9, 800.0)
    marts.add("slow", 0.5, 800.0)
    files = marts.files()
    fired = {name: [rule["labels"]["sloth_severity"] for rule in _alerts(files[f"{name}.rules.yaml"])] for name in ("chat", "slow")}
    assert fired == {"chat": ["ticket"], "slow": []}
    said = "latency-within-800ms: the page quick alert can never fire: with an objective of 90 %"
    assert f"# Left out of {said}" in files["chat.sloth.yaml"]
    assert "left out, the page quick alert can never fire" in files["chat.error_budget_policy.md"]
    assert "the ticket quick alert can never fire" in files["slow.error_budget_policy.md"]


def test_a_window_without_alert_windows_has_specs_and_no_rules(marts: Marts) -> None:
    marts.add("chat", 0.995, days=90)
    files = marts.files()
    assert [*files] == ["chat.error_budget_policy.md", "chat.openslo.yaml", "chat.sloth.yaml"]
    assert "There is no rules file: " in files["chat.error_budget_policy.md"]
    assert "no alert windows for a period of 90d" in files["chat.error_budget_policy.md"]


def test_a_query_that_prometheus_would_not_load_stops_the_rules_and_not_the_audit(marts: Marts) -> None:
    marts.add("chat", 0.995, queries=(GOOD, ALL, "sum(rate(x[{{.window}}])", REQUESTS[3]))
    files = marts.files()
    assert "chat.rules.yaml" not in files
    assert "chat.sloth.yaml, document 1" in files["chat.error_budget_policy.md"].replace("\\", "")
    assert ".slo.new" not in files["chat.error_budget_policy.md"]


def test_hostile_words_stay_words(marts: Marts) -> None:
    marts.add("chat", 0.995, consumer=HOSTILE)
    files = marts.files()
    assert HOSTILE in yaml.safe_load(files["chat.sloth.yaml"])["slos"][0]["description"]
    policy = files["chat.error_budget_policy.md"]
    (row,) = [line for line in policy.splitlines() if line.startswith("| 99.5 %")]
    assert row.replace("\\|", "").count("|") == 7 and "<" not in row.replace("\\<", "")


def test_the_folder_is_replaced_as_a_whole_and_the_same_rows_give_the_same_bytes(marts: Marts) -> None:
    marts.add("chat", 0.995)
    marts.add("gone", 0.995)
    first = marts.files()
    stray = marts.home / "artifacts" / "slo" / "stray.yaml"
    stray.write_text("x")
    assert marts.files() == first
    marts.forget("gone")
    assert marts.files() == {name: text for name, text in first.items() if name.startswith("chat.")}


def test_names_become_dns_labels_without_becoming_one() -> None:
    assert dns_label("chat", "availability") == "chat-availability"
    changed = {dns_label(name) for name in ("Chat", "chat_", "chat.", "-chat", "x" * 64, "x" * 65)}
    assert len(changed) == 6 and all(len(name) <= 63 for name in changed)


def _alerts(text: str) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"] if "alert" in rule]
