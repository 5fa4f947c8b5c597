"""A state full of secrets beside the manifests: its findings reach claims and documents, and no file of the home holds the rest."""

from pathlib import Path

import pytest
import yaml

from tests.conftest import Audited, assay
from tests.home_texts import texts_of
from tests.terraform_files import CANARY, leaky, managed, node_group, state, subnet

ADDRESS = 'module.gpu.aws_eks_node_group.idle["a"]'
ONE_SIZE = [{"desired_size": 3, "min_size": 3, "max_size": 3}]


def _state() -> str:
    idle = node_group("idle", module="module.gpu", key="a", instance_types=["p3.16xlarge"], scaling_config=ONE_SIZE)
    broken = managed("aws_instance", "broken", {"user_data": f"{CANARY}-30", "tags": {f"{CANARY}-31": "x"}})
    return state(*leaky(), idle, broken, subnet("a", "eu-west-1a"), outputs={"password": {"value": f"{CANARY}-32", "type": "string"}})


@pytest.fixture
def declared(short_audit: Path, tmp_path: Path) -> Audited:
    estate = short_audit.parent
    (estate / "terraform").mkdir()
    (estate / "terraform" / "prod.tfstate").write_text(_state())
    audit = yaml.safe_load(short_audit.read_text())
    audit["sources"]["manifests"].append({"name": "infra", "kind": "terraform", "uri": "terraform", "cluster": "prod-eu"})
    short_audit.write_text(yaml.safe_dump(audit))
    looked = assay("doctor", "--audit", short_audit, check=False)
    done = assay("run", "--audit", short_audit, "--home", tmp_path / "home")
    return Audited(estate, tmp_path / "home", looked.stdout + looked.stderr + done.stdout + done.stderr)


def test_findings_are_told_and_secrets_are_not(declared: Audited) -> None:
    found = declared.query(
        f"select kind, finding_id, source_uri from fct_config_findings where object = 'MachinePool/{ADDRESS}' order by kind"
    )
    assert [(kind, uri) for kind, _, uri in found] == [
        ("declared_not_billed", "terraform/prod.tfstate"),
        ("pool_at_ceiling", "terraform/prod.tfstate"),
    ]
    claims = declared.claims()
    assert claims["rel.finding.pool_at_ceiling"] == (1.0, "measured")
    assert claims["rel.finding.declared_not_billed"][1] == "measured"
    assert claims[f"rel.spof.single_zone.prod-eu.machinepool.{ADDRESS}"][1] == "measured"
    assert ADDRESS in (declared.home / "artifacts" / "risk_register.md").read_text().replace("\\", "")
    assert declared.query("select rows_quarantined from meta_sources where source = 'infra' and table_name = 'machine_pools'") == [(1,)]
    assert CANARY not in declared.output
    leaks = [path for path in declared.home.rglob("*") if path.is_file() and any(CANARY in text for text in texts_of(path))]
    assert leaks == []
