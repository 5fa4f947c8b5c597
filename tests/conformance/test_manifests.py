"""72 real GPU manifests by other people, with properties that somebody else read from them, against what we find.

Files are kept apart, since the samples define the same objects again and again. Where the two readings differ on purpose, the reason
is in docs/manifest_index_disagreements.md; the floors below are what we reach.
"""

import json
from collections import defaultdict
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

import duckdb
import pytest
import yaml

from audit_assets.audit import load_audit
from audit_assets.days import chunked, extract_chunk, plan
from audit_assets.declared.declare import declared_partitions
from audit_assets.home import Home
from audit_assets.lake import Lake
from audit_assets.manifests.factory import manifest_source
from audit_assets.manifests.files import ManifestFiles
from audit_assets.warehouse.dbt import BUILD
from audit_assets.warehouse.mount import mount
from tests.dbt_runs import run_dbt

SHARED = (Path(__file__).parents[2].parent / "shared").resolve()
MANIFESTS = SHARED / "manifests"
INVALID_RULES = SHARED / "fixtures" / "canonical_dcgm_rules_INVALID.yaml"
END = date(2026, 9, 30)
pytestmark = pytest.mark.skipif(not MANIFESTS.exists(), reason="needs ../shared beside the checkout")

Subject = tuple[str, str, str] | str  # (file, kind, name), or a registry
KIND_OF = {
    "replicas_1": "single_replica",
    "no_pdb_in_file": "no_pdb",
    "no_topology_spread": "no_spread",
    "image_latest": "mutable_tag",
    "image_mutable_tag": "mutable_tag",
    "image_no_tag": "mutable_tag",
    "ray_no_gcs_ft": "ray_head_no_ft",
    "gpu_node_selector_single": "single_gpu_type",
    "no_readiness_probe": "missing_probe",
    "no_liveness_probe": "missing_probe",
    "no_memory_request": "missing_limits",
    "registry": "unmirrored_registry",
}
# (precision, recall) that must be reached; what is missing is explained kind by kind in the document
FLOORS = {
    "single_replica": (0.96, 0.96),
    "no_pdb": (1.0, 0.88),
    "no_spread": (1.0, 0.05),
    "mutable_tag": (0.8, 0.92),
    "ray_head_no_ft": (1.0, 1.0),
    "single_gpu_type": (1.0, 1.0),
    "missing_probe": (1.0, 0.41),
    "missing_limits": (1.0, 0.38),
    "unmirrored_registry": (1.0, 0.5),
}

# how dim_workload_properties calls what the index states
STATED = {
    "uses_gpu_or_tpu": "asks_for_gpus",
    "gpu_node_selector_single": "single_gpu_type",
    "no_hpa_in_file": "no_autoscaler",
    "no_pdb_in_file": "no_pdb",
}
RUNTIMES = {f"vllmruntime-{name}" for name in ("sample", "autoscaling-minimal", "autoscaling-sample", "autoscaling-scale-to-zero")}
# property: (objects that only the index has, objects that only we have), each explained in the document
DISAGREED: dict[str, tuple[set[str], set[str]]] = {
    "asks_for_gpus": (set(), RUNTIMES),
    "image_no_tag": ({"tensorrt"}, {"vllmrouter-sample"}),
    "no_limits": (RUNTIMES | {"cacheserver-sample", "loraadapter-sample", "vllmrouter-sample"}, set()),
    "no_liveness_probe": ({"loraadapter-sample"}, set()),
    "no_readiness_probe": ({"loraadapter-sample"}, set()),
    "no_memory_request": (
        {"cacheserver-sample", "loraadapter-sample", "vllmrouter-sample", "vllmruntime-sample", "vllmruntime-autoscaling-sample"},
        set(),
    ),
    "registry:docker.io": ({"tensorrt"}, RUNTIMES | {"cacheserver-sample", "vllmrouter-sample"}),
    "registry:docker.io:lmcache": (RUNTIMES, set()),
    "registry:us-central1-docker.pkg.dev": (set(), {"vllm-llama3-1b-instruct"}),
    "replicas_1": ({"vllmruntime-autoscaling-scale-to-zero"}, {"cacheserver-sample"}),
}


class Compared:
    """The index and our marts, as sets of subjects by kind of finding."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        audit = {
            "version": 1,
            "audit": {"name": "samples", "window": {"days": 1, "end": END}},
            "sources": {"manifests": [{"name": "samples", "kind": "files", "uri": str(MANIFESTS), "cluster": "samples"}]},
        }
        (folder / "audit.yaml").write_text(yaml.safe_dump(audit))

    @cached_property
    def warehouse(self) -> Path:
        """A warehouse with the SPOFs and findings of the samples."""
        audit, lake, path = load_audit(self.folder / "audit.yaml"), Lake(self.folder / "lake"), self.folder / "warehouse.duckdb"
        source = manifest_source(audit.sources.manifests[0], self.folder, self.folder / "index", audit.window.end)
        for chunk in chunked(plan(source, lake, [END])):
            extract_chunk(chunk, lake, self.folder)
        for partition in declared_partitions(audit):
            lake.commit("declared", partition, "declared", datetime.now(tz=UTC))
        with duckdb.connect(path) as connection:
            mount(connection, lake, audit)
        run_dbt(Home(self.folder), *BUILD, "--select", "+fct_spofs", "+fct_config_findings", "+dim_workload_properties")
        return path

    @cached_property
    def ours(self) -> dict[str, set[Subject]]:
        """What the marts say."""
        query = "select kind, object, source_uri from fct_spofs union select kind, object, source_uri from fct_config_findings"
        found: dict[str, set[Subject]] = defaultdict(set)
        with duckdb.connect(self.warehouse, read_only=True) as connection:
            for kind, subject, uri in connection.execute(query).fetchall():
                kubernetes_kind, _, name = subject.partition("/")
                file = str(Path(uri.rpartition(":")[0]).relative_to(MANIFESTS))
                generated = "None" if name.endswith("-") else name  # how the index writes generateName
                found[kind].add(name if kind == "unmirrored_registry" else (file, kubernetes_kind, generated))
        return found

    @cached_property
    def index(self) -> dict[str, set[Subject]]:
        """What the index says."""
        found: dict[str, set[Subject]] = defaultdict(set)
        for line in (MANIFESTS / "manifest_index.jsonl").read_text().splitlines():
            entry = json.loads(line)
            for described in entry["objects"]:
                for written in described["props"]:
                    prop, _, value = written.partition(":")
                    if prop in KIND_OF:
                        subject: Subject = (entry["saved"], described["kind"].partition("/")[0], described["name"])
                        found[KIND_OF[prop]].add(value if prop == "registry" else subject)
        return found

    @cached_property
    def stated(self) -> dict[str, set[Subject]]:
        """What dim_workload_properties says of each object; a registry is part of the property's name."""
        query = "select property || if(property = 'registry', ':' || stated, ''), object, source_uri from dim_workload_properties"
        found: dict[str, set[Subject]] = defaultdict(set)
        with duckdb.connect(self.warehouse, read_only=True) as connection:
            for name, subject, uri in connection.execute(query).fetchall():
                kind, _, object_name = subject.partition("/")
                file = str(Path(uri.rpartition(":")[0]).relative_to(MANIFESTS))
                found[name].add((file, kind, "None" if object_name.endswith("-") else object_name))
        return found

    @cached_property
    def indexed(self) -> dict[str, set[Subject]]:
        """What the index says of each object, every property of it, by our names."""
        found: dict[str, set[Subject]] = defaultdict(set)
        for line in (MANIFESTS / "manifest_index.jsonl").read_text().splitlines():
            entry = json.loads(line)
            for described in entry["objects"]:
                for written in described["props"]:
                    prop = written.partition(":")[0]
                    name = written if prop == "registry" else STATED.get(prop, prop)
                    found[name].add((entry["saved"], described["kind"].partition("/")[0], described["name"]))
        return found


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    return Compared(tmp_path_factory.mktemp("samples"))


@pytest.mark.parametrize("kind", sorted(FLOORS))
def test_findings_agree_with_the_index(compared: Compared, kind: str) -> None:
    ours, index = compared.ours[kind], compared.index[kind]
    precision, recall = len(ours & index) / len(ours), len(ours & index) / len(index)
    floor = FLOORS[kind]
    assert precision >= floor[0] and recall >= floor[1], (
        f"precision {precision:.2f}, recall {recall:.2f}; only ours: {ours - index}; only theirs: {index - ours}"
    )


def test_every_floor_is_what_the_document_says(compared: Compared) -> None:
    document = (Path(__file__).parents[2] / "docs" / "manifest_index_disagreements.md").read_text()
    for kind in FLOORS:
        ours, index = compared.ours[kind], compared.index[kind]
        row = f"| `{kind}` | {len(index)} | {len(ours)} | {len(ours & index)} |"
        assert row in document, row


def test_every_property_of_the_index_is_found_in_its_object(compared: Compared) -> None:
    """Precision and recall are 1 but for what is listed, and nothing is listed that the two readings agree on."""
    wrong = {}
    for name, index in compared.indexed.items():
        missing, extra = ({one[2] for one in found} for found in (index - compared.stated[name], compared.stated[name] - index))
        if (missing, extra) != DISAGREED.get(name, (set(), set())):
            wrong[name] = (missing, extra)
    assert not wrong
    assert DISAGREED.keys() <= compared.indexed.keys()


def test_every_property_is_counted_in_the_document(compared: Compared) -> None:
    document = (Path(__file__).parents[2] / "docs" / "manifest_index_disagreements.md").read_text()
    for name, index in compared.indexed.items():
        stated = compared.stated[name]
        assert (row := f"| `{name}` | {len(index)} | {len(stated)} | {len(stated & index)} |") in document, row


def test_every_file_is_read_or_refused_with_a_reason(tmp_path: Path) -> None:
    source = ManifestFiles("samples", str(MANIFESTS), tmp_path, tmp_path / "index", "c", END)
    files = {path for path in MANIFESTS.rglob("*.y*ml")}
    inputs = source.inputs([END])[END]
    refused = source.rejections()
    assert len(files) == 72
    assert {item.path for item in inputs} | {MANIFESTS / rejection.uri.split(":")[0] for rejection in refused} == files
    assert all(rejection.reason and rejection.fix for rejection in refused)
    assert refused == ()
    ignored = [line for line in source.probe().missing if "neither a Kubernetes object nor alert rules" in line]
    assert len(ignored) == 11, "the Helm values"


def test_every_indexed_object_with_pods_has_its_template(tmp_path: Path) -> None:
    """Replicas and images, as the index has them. LoraAdapter runs no pod; a Job's parallelism is no replica count."""
    source = ManifestFiles("samples", str(MANIFESTS), tmp_path, tmp_path / "index", "c", END)
    tables = {p.table.name: p.rows.to_pylist() for p in source.extract(source.inputs([END]), tmp_path)}  # type: ignore[union-attr]
    found = defaultdict(set)
    for row in tables["k8s_containers"]:
        file = str(Path(row["source_uri"].rpartition(":")[0]).relative_to(MANIFESTS))
        found[file, row["kind"]].add(row["image"])
    for line in (MANIFESTS / "manifest_index.jsonl").read_text().splitlines():
        entry = json.loads(line)
        for described in entry["objects"]:
            kind = described["kind"].partition("/")[0]
            images = {image for image in described["images"] if image and not image.startswith("docker.io:")}
            assert images <= found[entry["saved"], kind], (entry["saved"], described["kind"])
            assert found[entry["saved"], kind] or kind == "LoraAdapter"


def test_the_published_rules_that_can_never_fire_are_broken(tmp_path: Path) -> None:
    source = ManifestFiles("rules", str(INVALID_RULES), tmp_path, tmp_path / "index", "c", END)
    tables = {p.table.name: p.rows.to_pylist() for p in source.extract(source.inputs([END]), tmp_path)}  # type: ignore[union-attr]
    assert len(tables["alert_rules"]) == 5
    assert all("set operator 'and'" in row["parse_error"] for row in tables["alert_rules"])
    assert {metric for row in tables["alert_rules"] for metric in row["metrics"]} == {"DCGM_FI_DEV_CLOCK_THROTTLE_REASONS"}


def test_published_rules_that_do_fire_are_not(tmp_path: Path) -> None:
    """NVIDIA's own rules and generated SLO rules, and every query of Prometheus' own test files."""
    from audit_assets.manifests.promql import check

    broken = []
    for path in [*MANIFESTS.rglob("*rule*.yaml"), *(SHARED / "slo" / "rules").glob("out-*.yaml")]:
        for document in yaml.safe_load_all(path.read_text()):
            groups = document.get("groups") or document.get("spec", {}).get("groups") or []
            rules = [rule for group in groups for rule in group["rules"]]
            broken += [(path.name, rule["expr"]) for rule in rules if "alert" in rule and check(rule["expr"]).error]
    for path in (SHARED / "prometheus" / "cases").glob("*.json"):
        for case in json.loads(path.read_text()):
            error = check(case["query"]).error
            broken += [(path.name, case["query"])] if error and "an alert needs" not in error else []
    assert not broken
