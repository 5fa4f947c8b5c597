"""A state full of secrets, and a bill: its findings reach claims and documents, and no file of the home holds the rest."""

import pytest
import yaml

from tests.conftest import Audited, assay
from tests.home_texts import texts_of
from tests.terraform_files import CANARY, leaky, managed, node_group, state, subnet, write
from tests.unit.bill_reading import csv_text, focus_row

ADDRESS = 'module.gpu.aws_eks_node_group.idle["a"]'
ONE_SIZE = [{"desired_size": 3, "min_size": 3, "max_size": 3}]
BILLED = {
    "ChargePeriodStart": "2026-09-30T00:00:00Z",
    "ChargePeriodEnd": "2026-10-01T00:00:00Z",
    "BillingPeriodStart": "2026-09-01T00:00:00Z",
    "BillingPeriodEnd": "2026-10-01T00:00:00Z",
}


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    folder = tmp_path_factory.mktemp("leaking")
    idle = node_group("idle", module="module.gpu", key="a", instance_types=["p3.16xlarge"], scaling_config=ONE_SIZE)
    broken = managed("aws_instance", "broken", {"user_data": f"{CANARY}-30", "tags": {f"{CANARY}-31": "x"}})
    outputs = {"password": {"value": f"{CANARY}-32", "type": "string"}}
    write(folder, prod_tfstate=state(*leaky(), idle, broken, subnet("a", "eu-west-1a"), outputs=outputs))
    (folder / "bill.csv").write_text(csv_text([focus_row(**BILLED)]))
    audit = {
        "version": 1,
        "audit": {"name": "terraform", "window": {"days": 1, "end": "2026-09-30"}},
        "sources": {
            "billing": [{"name": "aws", "kind": "focus", "uri": "bill.csv"}],
            "manifests": [{"name": "infra", "kind": "terraform", "uri": "terraform", "cluster": "prod"}],
        },
        "documents": {"pdf": False},
    }
    (folder / "audit.yaml").write_text(yaml.safe_dump(audit))
    looked = assay("doctor", "--audit", folder / "audit.yaml", check=False)
    done = assay("run", "--audit", folder / "audit.yaml", "--home", folder / "home")
    return Audited(folder, folder / "home", looked.stdout + looked.stderr + done.stdout + done.stderr)


def test_findings_reach_claims_and_documents(leaking: Audited) -> None:
    found = leaking.query(f"select kind, source_uri from fct_config_findings where object = 'MachinePool/{ADDRESS}' order by kind")
    assert found == [("declared_not_billed", "terraform/prod.tfstate"), ("pool_at_ceiling", "terraform/prod.tfstate")]
    claims = leaking.claims()
    assert claims["rel.finding.pool_at_ceiling"] == (1.0, "measured")
    assert claims["rel.finding.declared_not_billed"] == (1.0, "measured")
    assert claims[f"rel.spof.single_zone.prod.machinepool.{ADDRESS}"][1] == "measured"
    assert ADDRESS in (leaking.home / "artifacts" / "risk_register.md").read_text().replace("\\", "")
    assert leaking.query("select rows_quarantined from meta_sources where table_name = 'machine_pools'") == [(1,)]


def test_no_file_below_the_home_holds_a_secret_of_the_state(leaking: Audited) -> None:
    read = {path.suffix: path for path in leaking.home.rglob("*") if path.is_file() and path.suffix not in (".pdf", ".png")}
    assert {".parquet", ".duckdb", ".md", ".html", ".json", ".db"} <= read.keys()
    leaks = [path for path in leaking.home.rglob("*") if path.is_file() and any(CANARY in text for text in texts_of(path))]
    assert leaks == [] and CANARY not in leaking.output
