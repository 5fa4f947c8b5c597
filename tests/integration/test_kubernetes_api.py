"""The Kubernetes API, spoken by an emulator: a snapshot in pages, and what is not granted is unknown."""

from datetime import date
from pathlib import Path

import orjson
import pytest

from audit_assets.audit_sources import ManifestSource
from audit_assets.errors import SourceRejected, SourceUnavailable
from audit_assets.manifests import kubernetes
from audit_assets.manifests.factory import manifest_source
from audit_assets.manifests.kubernetes import KINDS
from audit_assets.manifests.yaml_documents import Document, read_documents
from tests.emulated_services import ApiServer, kubeconfig
from tests.emulators import Emulator, running

DAY = date(2026, 3, 1)
TOKEN = "t0ken-that-nobody-may-see"


@pytest.fixture
def source(tmp_path, monkeypatch):
    def make(url):
        path = kubeconfig(tmp_path / "kubeconfig", url, TOKEN)
        monkeypatch.setenv("KUBECONFIG", str(path))
        spec = ManifestSource(name="live", kind="kubernetes", cluster="prod", context="here")
        return manifest_source(spec, tmp_path, tmp_path / "index", DAY)

    return make


def _deployment(number, **metadata):
    template = {"spec": {"containers": [{"name": "c", "image": "i:1", "env": [{"name": "API_TOKEN", "value": "hunter2-hunter2"}]}]}}
    named = {"name": f"d{number}", "namespace": "n", "managedFields": [{"manager": "kubectl"}]} | metadata
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": named, "spec": {"replicas": 1, "template": template}}


def _tables(source, tmp_path):
    return {one.table.name: one for one in source.extract(source.inputs([DAY]), tmp_path)}


def test_every_page_is_read_and_an_expired_list_begins_again(source, tmp_path, monkeypatch):
    monkeypatch.setattr(kubernetes, "PAGE", 7)
    with running(Emulator(ApiServer([_deployment(n) for n in range(30)], expires=2))) as emulator:
        found = _tables(source(emulator.url), tmp_path)
    rows = found["k8s_objects"].rows.to_pylist()
    assert sorted(row["name"] for row in rows) == sorted(f"d{n}" for n in range(30))
    assert found["k8s_pod_templates"].rows.num_rows == found["k8s_containers"].rows.num_rows == 30
    assert rows[0]["source_uri"].startswith("k8s://prod/apis/apps/v1/deployments/n/d")
    assert {headers.get("authorization") for *_, headers in emulator.asked} == {f"Bearer {TOKEN}"}
    everything = b"".join(orjson.dumps(one.rows.to_pylist(), default=str) for one in found.values())
    assert not [secret for secret in (b"hunter2", b"managedFields", TOKEN.encode()) if secret in everything]


def test_a_list_that_always_expires_is_unavailable(source, tmp_path, monkeypatch):
    monkeypatch.setattr(kubernetes, "PAGE", 7)
    with (
        running(Emulator(ApiServer([_deployment(n) for n in range(30)], expires=99))) as emulator,
        pytest.raises(SourceUnavailable, match="expires"),
    ):
        _tables(source(emulator.url), tmp_path)


def test_what_may_not_be_listed_is_unknown_with_its_verb(source, tmp_path):
    server = ApiServer([_deployment(1)], forbidden={"poddisruptionbudgets"}, absent={"rayjobs"})
    with running(Emulator(server)) as emulator:
        live = source(emulator.url)
        found, probe = _tables(live, tmp_path), live.probe()
    (unknown,) = found["k8s_objects"].quarantined.to_pylist()
    assert unknown["reason"].startswith("not granted: list poddisruptionbudgets.policy;")
    assert probe.missing == ("not granted: list poddisruptionbudgets.policy",)
    assert found["k8s_objects"].rows.num_rows == 1


def test_without_any_right_the_source_is_refused(source, tmp_path):
    server = ApiServer(forbidden={kind.plural for kind in KINDS})
    with running(Emulator(server)) as emulator, pytest.raises(SourceRejected, match=r"rbac\.yaml"):
        _tables(source(emulator.url), tmp_path)


def test_what_a_controller_made_is_counted_with_the_controller(source, tmp_path):
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "n"},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    }
    owned = pod | {
        "metadata": {"name": "q", "namespace": "n", "ownerReferences": [{"kind": "ReplicaSet", "name": "r", "controller": True}]}
    }
    with running(Emulator(ApiServer([pod, owned]))) as emulator:
        rows = _tables(source(emulator.url), tmp_path)["k8s_objects"].rows.to_pylist()
    assert [row["name"] for row in rows] == ["p"]


@pytest.mark.parametrize("status", [302, 401])
def test_a_redirect_or_refusal_ends_it(source, tmp_path, status):
    with running(Emulator(lambda path, asked: (status, {}))) as emulator:
        with pytest.raises(SourceRejected, match=f"HTTP {status}"):
            _tables(source(emulator.url), tmp_path)
        assert len(emulator.asked) == 1


def test_transient_failures_lose_nothing(source, tmp_path, monkeypatch):
    monkeypatch.setattr(kubernetes, "ATTEMPTS", 30)
    monkeypatch.setattr(kubernetes, "LONGEST_WAIT", 0.01)
    with running(Emulator(ApiServer([_deployment(n) for n in range(20)]), faults=0.3)) as emulator:
        rows = _tables(source(emulator.url), tmp_path)["k8s_objects"].rows
    assert rows.num_rows == 20
    assert len(emulator.suffered) > 2


def test_a_context_that_is_not_there_is_said(source, tmp_path):
    live = source("http://127.0.0.1:9")
    live.context = "nowhere"
    with pytest.raises(SourceRejected, match="nowhere"):
        _tables(live, tmp_path)


def test_the_granted_rights_are_exactly_what_is_asked_for():
    path = Path(__file__).parents[2] / "deploy" / "rbac.yaml"
    documents = [document.value for document in read_documents(path.read_text()) if isinstance(document, Document)]
    (role,) = [one for one in documents if one["kind"] == "ClusterRole"]
    granted = {(group, plural) for rule in role["rules"] for group in rule["apiGroups"] for plural in rule["resources"]}
    assert granted == {(kind.group, kind.plural) for kind in KINDS}
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list"}
    assert not {"secrets", "configmaps", "*"} & {plural for _, plural in granted}
