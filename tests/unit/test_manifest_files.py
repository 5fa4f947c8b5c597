"""A folder of manifests: what loads, what is refused or quarantined and where, what is ignored, and that secrets stay out."""
# ruff: noqa: E501

import time
from pathlib import Path

import pytest
import yaml

from tests.unit.manifest_reading import END, deployment, read, source_of, write

SECRETS = """
apiVersion: v1
kind: Secret
metadata:
  name: db
  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"stringData":{"p":"hunter2-applied"}}'}
stringData: {password: hunter2-string}
data: {password: aHVudGVyMg==}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  template:
    spec:
      containers:
        - name: c
          image: x:1
          command: [sh, -c, 'export API_KEY=hunter2-shell; serve --api-key hunter2-flag --max-tokens 100']
          args: [--token=hunter2-arg, --auth-token, hunter2-next, --max-model-len, "4096"]
          env:
            - {name: HF_TOKEN, value: hunter2-env}
            - {name: DATABASE_URL, value: 'postgres://user:hunter2-url@db/x'}
            - {name: AWS_KEY, value: AKIAABCDEFGHIJKLMNOP}
            - {name: TOKEN_BUDGET, value: "100"}
            - {name: FROM, valueFrom: {secretKeyRef: {name: db, key: token}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {settings: "password=hunter2-inline", mode: fast}
"""


def test_secrets_never_get_into_a_row(tmp_path: Path) -> None:
    rows, _, _ = read(write(tmp_path, all=SECRETS))
    everything = str(rows)
    assert "hunter2" not in everything and "aHVudGVyMg" not in everything and "AKIA" not in everything
    (container,) = rows["k8s_containers"]
    assert dict(container["env"]) == {"TOKEN_BUDGET": "100"}
    assert "--max-tokens" in container["args"] and "4096" in container["args"]
    assert '"key":"token"' in rows["k8s_objects"][1]["document"], "a reference to a secret is no secret"


def test_a_bad_document_is_quarantined_with_its_line_and_the_rest_loads(tmp_path: Path) -> None:
    write(tmp_path, good__one=deployment("one"), mixed=deployment("two") + "---\nkind: [\n---\n" + deployment("three"))
    rows, quarantined, refused = read(tmp_path)
    assert {row["name"] for row in rows["k8s_objects"]} == {"one", "two", "three"}
    assert refused == ()
    (bad,) = quarantined
    assert bad["uri"] == "manifests/mixed.yaml" and bad["position"] in (7, 8) and "not valid YAML" in bad["reason"]
    assert bad["raw"] is None, "text that could not be parsed could not be searched for secrets"


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("kind: Deployment\nspec: {replicas: {{ .Values.n }} }", ":2", "a template, render it first"),
        ("a: [", ":1", "not valid YAML"),
        ("a: &a [*a]", ":1", "contains itself"),
    ],
)
def test_a_file_of_no_use_is_refused_with_its_place_and_the_other_files_load(tmp_path: Path, text: str, place: str, reason: str) -> None:
    rows, _, refused = read(write(tmp_path, bad=text, good=deployment()))
    assert len(rows["k8s_objects"]) == 1
    (rejection,) = refused
    assert rejection.uri == f"manifests/bad.yaml{place}" and reason in rejection.reason and rejection.fix


def test_templated_names_are_templates_and_argo_fills_in_its_own(tmp_path: Path) -> None:
    workflow = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\nspec: {templates: [{name: t, container: {image: '{{inputs.i}}'}}]}"
    rows, _, refused = read(write(tmp_path, helm=deployment("'{{ name }}'"), argo=workflow))
    assert [row["kind"] for row in rows["k8s_objects"]] == ["Workflow"]
    assert [rejection.reason for rejection in refused] == ["a template, render it first"]


def test_what_is_not_kubernetes_is_counted_and_nothing_is_followed(tmp_path: Path) -> None:
    kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../../outside, /etc/passwd]\n"
    kubeconfig = "apiVersion: v1\nkind: Config\nusers: [{name: u, user: {token: hunter2}}]\n"
    write(tmp_path, values="image: {tag: 1}", kustomization=kustomization, kubeconfig=kubeconfig, ok=deployment())
    outside = tmp_path / "outside.yaml"
    outside.write_text(deployment("outside"))
    (tmp_path / "manifests" / "link.yaml").symlink_to(outside)
    rows, _, refused = read(tmp_path)
    assert {row["name"] for row in rows["k8s_objects"]} == {"a", "(unnamed)"}
    assert [(rejection.uri, "leads outside" in rejection.reason) for rejection in refused] == [("manifests/link.yaml", True)]
    probe = source_of(tmp_path).probe()
    assert sum("neither a Kubernetes object nor alert rules" in line for line in probe.missing) == 2
    assert any("not rendered: manifests/kustomization.yaml" in line for line in probe.missing)


def test_a_location_above_the_audit_is_read_and_a_missing_one_is_named(tmp_path: Path) -> None:
    write(tmp_path, a=deployment())
    (tmp_path / "audit").mkdir()
    rows, _, _ = read(tmp_path / "audit", "../manifests")
    assert len(rows["k8s_objects"]) == 1
    _, _, refused = read(tmp_path / "audit", "nowhere")
    assert "no such file or folder" in refused[0].reason


def test_lists_are_taken_apart_and_equal_objects_count_once(tmp_path: Path) -> None:
    listed = "apiVersion: v1\nkind: List\nitems:\n" + "".join(
        f"- apiVersion: v1\n  kind: Service\n  metadata: {{name: s{number}}}\n" for number in range(2)
    )
    as_json = '{"apiVersion":"v1","kind":"ServiceList","items":[{"metadata":{"name":"s0","namespace":"default"}}]}'
    rows, quarantined, _ = read(write(tmp_path, all=listed, again_json=as_json, twin=listed))
    assert [(row["name"], row["source_uri"]) for row in rows["k8s_objects"]] == [
        ("s0", "manifests/again.json:1[0]"),
        ("s0", "manifests/all.yaml:4"),
        ("s1", "manifests/all.yaml:7"),
    ]
    assert [(row["uri"], row["position"], row["raw"]) for row in quarantined] == [
        ("manifests/twin.yaml", 4, "Service/s0"),
        ("manifests/twin.yaml", 7, "Service/s1"),
    ]
    assert len({row["source_uri"] for row in rows["k8s_objects"]}) == 3


def test_bytes_that_are_not_text_are_refused_and_marked_utf16_is_read(tmp_path: Path) -> None:
    write(tmp_path, ok=deployment("ok"))
    (tmp_path / "manifests" / "wide.yaml").write_text(deployment("wide"), encoding="utf-16")
    (tmp_path / "manifests" / "bad.yaml").write_bytes(b"a: 1\nb: \xff\xfe\x00")
    rows, _, refused = read(tmp_path)
    assert {row["name"] for row in rows["k8s_objects"]} == {"ok", "wide"}
    assert [rejection.uri for rejection in refused] == ["manifests/bad.yaml:2"]


def test_the_snapshot_moves_with_the_window_though_nothing_changed(tmp_path: Path) -> None:
    """What was learned of a file must not tie it to the day on which it was learned."""
    write(tmp_path, a=deployment())
    read(tmp_path)
    later = END.replace(month=10)
    assert len(source_of(tmp_path).inputs([later])[later]) == 1


def test_strange_shapes_do_not_stop_a_folder(tmp_path: Path) -> None:
    shapes = [
        "{apiVersion: v1, kind: Pod}",
        "{apiVersion: v1, kind: Pod, metadata: [], spec: []}",
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: 7, namespace: [x]}, spec: {replicas: many, template: {spec: {containers: [1, {name: c, image: y}]}}}}",
        "{apiVersion: v1, kind: List, items: [1, null, {kind: Pod}]}",
        "{apiVersion: v1, kind: PodList, items: null}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: big}, data: {n: 123456789012345678901234567890}}",
        "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: s}, spec: {volumeClaimTemplates: {a: 1}, template: {spec: {volumes: x, tolerations: {}, containers: [{name: c, image: 'a:1', resources: [], env: [1, {name: A}], command: sh}]}}}}",
        "{apiVersion: monitoring.coreos.com/v1, kind: PrometheusRule, metadata: {name: r}, spec: {groups: [1, {rules: [2, {alert: A}, {record: x, expr: y}]}]}}",
        "{apiVersion: ray.io/v1, kind: RayCluster, metadata: {name: r}, spec: {workerGroupSpecs: {a: 1}}}",
        "{apiVersion: serving.kserve.io/v1beta1, kind: InferenceService, metadata: {name: i}, spec: {predictor: {model: {resources: 1}}}}",
    ]
    rows, quarantined, refused = read(write(tmp_path, all="\n---\n".join(shapes)))
    assert refused == () and (len(rows["k8s_objects"]), len(quarantined)) == (8, 4)
    (rule,) = rows["alert_rules"]
    assert rule["parse_error"] == "the expression is empty"


def test_a_thousand_manifests_cost_a_small_multiple_of_parsing_their_yaml(tmp_path: Path) -> None:
    text = "---\n".join(deployment(f"d{{}}-{number}", "  replicas: 2\n") for number in range(4)) + "---\n" + SECRETS
    texts = {f"n{number // 50}__f{number}": text.replace("d{}", f"d{number}") for number in range(1_000)}
    write(tmp_path, **texts)
    started = time.process_time()
    for one in texts.values():
        list(yaml.load_all(one, Loader=yaml.CSafeLoader))
    parsed = time.process_time()
    rows, _, _ = read(tmp_path)
    assert time.process_time() - parsed < 10 * (parsed - started)
    assert len(rows["k8s_pod_templates"]) == 4_001
