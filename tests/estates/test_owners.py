"""Owners that stand beside the manifests reach the plan: the catalog before CODEOWNERS, a conflict shown, nobody named as UNOWNED."""

from pathlib import Path

import pytest
import yaml

from tests.conftest import Audited, assay

CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: docs-batch, annotations: {backstage.io/kubernetes-id: docs-batch}}
spec: {type: service, lifecycle: production, owner: group:default/team-pages}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: team-pages}
spec: {type: team}
"""


@pytest.fixture
def owned(short_audit: Path, tmp_path: Path) -> Audited:
    estate = short_audit.parent
    folder = estate / "manifests" / "prod-eu"
    (folder / "catalog-info.yaml").write_text(CATALOG)
    (folder / ".github").mkdir()
    (folder / ".github" / "CODEOWNERS").write_text("* @acme/everything  # but for what somebody else owns\n")
    declared = yaml.safe_load(short_audit.read_text())
    for service in declared["scope"]["services"]:
        if service["name"] != "chat":
            del service["owner"]
    declared["scope"]["services"].append({"name": "lab", "workloads": []})
    declared["checklist"] = {"AUD-04": {"answer": "yes", "evidence": "three weeks", "said_by": "Ines"}}
    short_audit.write_text(yaml.safe_dump(declared))
    done = assay("run", "--audit", short_audit, "--home", tmp_path / "home")
    return Audited(estate, tmp_path / "home", done.stdout)


def test_each_place_is_asked_in_turn_and_a_conflict_is_shown(owned: Audited) -> None:
    used = dict(owned.query("select service, owner || ' by ' || owner_source from dim_owners where is_used"))
    assert used["chat"] == "team-chat by audit.yaml"
    assert used["docs"] == "team-pages by Backstage"
    assert used["search"] == "@acme/everything by CODEOWNERS"
    assert used["lab"] == "UNOWNED by nobody"
    assert ("chat", "@acme/everything") in owned.query("select service, owner from dim_owners where is_conflict")
    statuses = {claim: status for claim, (_, status) in owned.claims().items() if claim.startswith("owner.")}
    assert statuses["owner.chat"] == "contradicted" and statuses["owner.lab"] == "unknown" and statuses["owner.search"] == "declared"
    items = {item for (item,) in owned.query("select item_id from fct_roadmap_items")}
    assert {"owner.lab", "owner.chat", "owner.docs"} <= items and "owner.search" not in items
    page = (owned.home / "artifacts" / "roadmap.md").read_text()
    assert "names somebody else" in page and "@acme/everything" in page
    assert owned.query("select status, answer from fct_readiness_checks where requirement_id = 'AUD-04'") == [
        ("declared", "yes, says Ines: three weeks")
    ]
