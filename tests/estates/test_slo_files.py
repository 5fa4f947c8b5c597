"""The SLO files of a finished audit: what was proposed and can be measured has rules, the rest has a reason, and the rules load."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.conftest import Audited
from tests.unit.openslo_v1 import broken_rules


@pytest.fixture
def folder(audited: Callable[..., Audited]) -> Path:
    return audited().home / "artifacts" / "slo"


def proposals(audited: Callable[..., Audited]) -> list[tuple[str, bool]]:
    with duckdb.connect(audited().home / "marts.duckdb", read_only=True) as marts:
        return marts.execute("select service, objective is not null from fct_slo_proposal order by service, sli").fetchall()


def test_every_objective_of_the_estate_has_a_query(folder: Path, audited: Callable[..., Audited]) -> None:
    """The estate labels its series by namespace, so every objective that is proposed can be measured."""
    proposed = [service for service, has_objective in proposals(audited) if has_objective]
    assert len(proposed) > 4
    written = [
        spec["service"]
        for path in sorted(folder.glob("*.sloth.yaml"))
        for spec in [yaml.safe_load(path.read_text())]
        for _slo in spec["slos"]
    ]
    assert written == proposed


def test_every_service_has_a_policy_and_only_measured_ones_have_rules(folder: Path, audited: Callable[..., Audited]) -> None:
    services = {service for service, _ in proposals(audited)}
    measured = {service for service, has_objective in proposals(audited) if has_objective}
    assert {path.name.removesuffix(".error_budget_policy.md") for path in folder.glob("*.md")} == services
    for kind in ("openslo", "sloth", "rules"):
        assert {path.name.removesuffix(f".{kind}.yaml") for path in folder.glob(f"*.{kind}.yaml")} == measured
    assert measured < services, "the estate has a service without any counter of requests"


def test_openslo_objects_keep_the_rules_of_v1(folder: Path) -> None:
    for path in folder.glob("*.openslo.yaml"):
        assert broken_rules([*yaml.safe_load_all(path.read_text())]) == []


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool not installed; apt-get install -y --no-install-recommends prometheus"
)
def test_prometheus_loads_the_rules(folder: Path) -> None:
    rules = sorted(folder.glob("*.rules.yaml"))
    done = subprocess.run(
        ["promtool", "check", "rules", "--lint=all", "--lint-fatal", *map(str, rules)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
