"""Documents as Kubernetes objects: what counts as one, `List`s taken apart, namespaces, duplicates.

What does not belong here: what an object runs (pod_templates.py) or alerts on (alert_rules.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from audit_assets.manifests.secret_values import without_secrets
from audit_assets.manifests.yaml_documents import TEMPLATE, Document, Refused

MAX_LIST_DEPTH = 5
UNNAMED = "(unnamed)"  # the API would refuse it; files of local tools look like this
# fmt: off
CLUSTER_SCOPED = frozenset({
    "Namespace", "Node", "PersistentVolume", "StorageClass", "ClusterRole", "ClusterRoleBinding",
    "CustomResourceDefinition", "PriorityClass", "RuntimeClass", "IngressClass", "CSIDriver", "CSINode",
    "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
    "ValidatingAdmissionPolicy", "ClusterPolicy", "NVIDIADriver", "GPUCluster", "ClusterQueue",
    "ResourceFlavor", "Topology", "Cohort", "AdmissionCheck", "WorkloadPriorityClass",
    "ClusterServingRuntime", "ClusterStorageContainer", "NodePool", "NodeClass", "EC2NodeClass",
    "ComputeClass", "DeviceClass", "ClusterIssuer", "ClusterRules", "VolumeSnapshotClass"
})
# fmt: on
_TEMPLATED_KEYS = ("name", "namespace", "image", "replicas")
_OWN_TEMPLATES = "argoproj.io/"  # Argo fills {{inputs…}} itself, at run time: such an object is what the cluster holds


@dataclass(frozen=True)
class KubernetesObject:
    """One object.

    `document` is free of secrets, `json` is its text, `source_uri` is file:line of its first line.
    """

    api_version: str
    kind: str
    namespace: str | None
    name: str
    document: dict[str, Any]
    json: str
    source_uri: str

    @property
    def identity(self) -> tuple[str, str, str | None, str]:
        """API group, kind, namespace and name: what the API server holds once."""
        group = self.api_version.rpartition("/")[0]
        return group, self.kind, self.namespace, self.name

    def spec(self, *path: str) -> Any:
        """The value at `spec.<path>`, or None where any part of the way is missing or no mapping."""
        return at(self.document, "spec", *path)


@dataclass(frozen=True)
class Parsed:
    """What a file holds: objects, documents of other kinds with their line, and refused documents."""

    objects: tuple[KubernetesObject, ...]
    others: tuple[Document, ...]
    refused: tuple[Refused, ...]


def at(node: Any, *path: str) -> Any:
    """The value at a path of keys, or None."""
    for key in path:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def mapping(node: Any) -> dict[str, Any]:
    """The node if it is a mapping, else an empty one."""
    return node if isinstance(node, dict) else {}


def listing(node: Any) -> list[Any]:
    """The node if it is a list, else an empty one."""
    return node if isinstance(node, list) else []


def text_map(node: Any) -> dict[str, str]:
    """A mapping of scalars as text: labels, annotations, selectors."""
    return {str(key): scalar_text(value) for key, value in mapping(node).items() if not isinstance(value, dict | list)}


def scalar_text(value: Any) -> str:
    """A scalar as Kubernetes would write it in text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def parse(uri: str, documents: Iterable[Document | Refused]) -> Parsed:
    """Sort the documents of one file."""
    objects: list[KubernetesObject] = []
    others: list[Document] = []
    refused: list[Refused] = []
    for document in documents:
        if isinstance(document, Refused):
            refused.append(document)
        elif not _is_object(document.value):
            others.append(document)
        else:
            for line, place, value in _single(document.value, document.line, document.item_lines):
                taken = _object(value, f"{uri}:{line}{place}") if _is_object(value) else "an item of a List that is no object"
                if isinstance(taken, KubernetesObject):
                    objects.append(taken)
                else:
                    refused.append(Refused(line, taken))
    return Parsed(tuple(objects), tuple(others), tuple(refused))


def _is_object(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("apiVersion"), str):
        return False
    kubeconfig = value.get("kind") == "Config" and "users" in value
    return isinstance(value.get("kind"), str) and not kubeconfig


def _single(value: dict[str, Any], line: int, item_lines: tuple[int, ...], depth: int = 0) -> Iterator[tuple[int, str, Any]]:
    """(line, place, object): a `List` as its items, nested ones too; everything else as it is."""
    kind = value["kind"]
    if not (kind.endswith("List") and isinstance(value.get("items"), list)) or depth > MAX_LIST_DEPTH:
        yield line, "", value
        return
    lines = item_lines if len(set(item_lines)) == len(value["items"]) else (line,) * len(value["items"])
    # the API leaves out of the items what the list's own kind says
    said = {"apiVersion": value["apiVersion"], "kind": kind.removesuffix("List")} if kind != "List" else {}
    items = [{**said, **item} if isinstance(item, dict) else item for item in value["items"]]
    for number, (item, item_line) in enumerate(zip(items, lines, strict=True)):
        inside = _single(item, item_line, (), depth + 1) if _is_object(item) else [(item_line, "", item)]
        for inner_line, place, single in inside:
            unique = "" if lines is item_lines and not place else f"[{number}]{place}"
            yield inner_line, unique, single


def _object(value: dict[str, Any], source_uri: str) -> KubernetesObject | str:
    if not value["apiVersion"].startswith(_OWN_TEMPLATES) and _templated(value):
        return TEMPLATE
    document = without_secrets(value)
    try:
        json = orjson.dumps(document, default=_not_json).decode()
    except (TypeError, ValueError) as problem:
        return f"cannot be written as JSON: {problem}"
    metadata, kind = mapping(document.get("metadata")), document["kind"]
    name = metadata.get("name") or metadata.get("generateName")
    namespace = None if kind in CLUSTER_SCOPED else str(metadata.get("namespace") or "default")
    named = scalar_text(name) if isinstance(name, str | int | float) else UNNAMED
    return KubernetesObject(document["apiVersion"], kind, namespace, named, document, json, source_uri)


def _not_json(value: Any) -> str:
    return f"[{type(value).__name__}]"


def _templated(node: Any) -> bool:
    if isinstance(node, dict):
        marked = [value for key in _TEMPLATED_KEYS if isinstance(value := node.get(key), str)]
        if any("{{" in value or "{%" in value for value in marked):
            return True
        return any(_templated(value) for key, value in node.items() if key not in ("data", "annotations"))
    return isinstance(node, list) and any(_templated(item) for item in node)


def distinct(
    objects: Iterable[KubernetesObject],
) -> tuple[list[KubernetesObject], list[tuple[KubernetesObject, KubernetesObject]]]:
    """The objects once, and (repetition, original) pairs of those written twice with equal content.

    Two objects of one name that differ are both kept: which one runs cannot be known from files.
    """
    first: dict[tuple[object, str], KubernetesObject] = {}
    repeated = []
    for item in objects:
        original = first.setdefault((item.identity, item.json), item)
        if original is not item:
            repeated.append((item, original))
    return list(first.values()), repeated
