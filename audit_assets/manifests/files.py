"""Kubernetes manifests in a folder of YAML and JSON, as a source: one snapshot, dated the last day of the window.

A file that cannot be read at all is refused; a bad document in a readable file is quarantined with its line, and the rest loads.
"""

import codecs
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import orjson
import pyarrow as pa

from audit_assets.errors import SourceRejected
from audit_assets.manifests.alert_rules import is_rule_file, rules_of_file, rules_of_object
from audit_assets.manifests.containers import container_rows
from audit_assets.manifests.custom_resources import CUSTOM_FINDERS
from audit_assets.manifests.kubernetes_objects import KubernetesObject, Parsed, distinct, parse, text_map
from audit_assets.manifests.kustomize import KUSTOMIZATIONS, patch_files
from audit_assets.manifests.pod_templates import pod_templates, template_row
from audit_assets.manifests.tables import ALERT_RULES, K8S_CONTAINERS, K8S_OBJECTS, K8S_POD_TEMPLATES, TABLES
from audit_assets.manifests.yaml_documents import MAX_DEPTH, TEMPLATE, Document, Refused, read_documents
from audit_assets.objects import ObjectStat
from audit_assets.source import QUARANTINE, FileSource, Inputs, Partition, Probe
from audit_assets.tables import Table

MAX_BYTES = 32_000_000  # `kubectl get -A -o yaml` of a large cluster is about 20 MB
Row = dict[str, object]


class ManifestFiles(FileSource):
    """A folder (or file) of manifests of one cluster. `window_end` dates the snapshot."""

    tables: tuple[Table, ...] = TABLES
    suffixes = (".yaml", ".yml", ".json")
    version = 2

    def __init__(self, name: str, uri: str, base: Path, index: Path, cluster: str, window_end: date) -> None:
        super().__init__(name, uri, base, index)
        self.cluster, self.window_end = cluster, window_end

    def days_of(self, item: ObjectStat) -> frozenset[date]:
        """No day of its own: a manifest is true on the day it is read. Raises SourceRejected for a file of no use at all."""
        self._require_inside(item)
        parsed = parse(item.uri, read_file(item))
        if parsed.refused and not parsed.objects and not parsed.others:
            first = parsed.refused[0]
            fix = "render it (helm template, kustomize build) and name the result" if first.reason == TEMPLATE else "correct the file"
            raise SourceRejected(f"{item.uri}:{first.line}", first.reason, fix)
        return frozenset()

    def _require_inside(self, item: ObjectStat) -> None:
        root = (self.base / self.uri).resolve()
        if not item.path.resolve().is_relative_to(root):
            raise SourceRejected(item.uri, "a link that leads outside the folder", "copy the file into the folder")

    def probe(self) -> Probe:
        """What is there; documents that are refused and files that hold nothing of Kubernetes are listed one by one."""
        found = super().probe()
        if not found.objects:
            return found
        parsed = [(item, parse(item.uri, read_file(item))) for item, _ in self.indexed()[0]]
        objects = sum(len(one.objects) for _, one in parsed)
        return replace(
            found,
            detail=f"{found.objects} files, {objects} Kubernetes objects",
            days=None,
            missing=(*found.missing, *_left_out(parsed)),
        )

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """One partition a table and day. Every day holds all the files, since a snapshot has but one."""
        for day, items in inputs.items():
            if items:
                yield from self._snapshot(day, items)

    def _snapshot(self, day: date, items: Sequence[ObjectStat]) -> Iterator[Partition]:
        parsed = [(item.uri, parse(item.uri, read_file(item))) for item in items]
        objects, repeated = distinct(object for _, one in parsed for object in one.objects)
        quarantined = [_refused_row(uri, refused) for uri, one in parsed for refused in one.refused]
        quarantined += [_repeated_row(again, first) for again, first in repeated]
        patches = patch_files(parsed)
        whole = [item for item in objects if posixpath.normpath(item.source_uri.rpartition(":")[0]) not in patches]
        rows = {
            K8S_OBJECTS: [self._row(item, _object_row(item)) for item in objects],
            K8S_POD_TEMPLATES: [self._row(item, template_row(t, item)) for item in whole for t in pod_templates(item, CUSTOM_FINDERS)],
            K8S_CONTAINERS: [self._row(item, row) for item in whole for row in _containers(item)],
            ALERT_RULES: [*self._rules(objects), *self._file_rules(parsed)],
        }
        for table, listed in rows.items():
            refused = quarantined if table is K8S_OBJECTS else []
            yield Partition(
                table,
                day,
                table.rows(listed),
                pa.Table.from_pylist(refused, schema=QUARANTINE),
                tuple(items),
                None if listed else "the manifests hold none",
            )

    def _row(self, item: KubernetesObject, row: Row) -> Row:
        identity: Row = {"kind": item.kind, "namespace": item.namespace, "name": item.name, "source_uri": item.source_uri}
        return {"source": self.name, "cluster": self.cluster, **identity, **row}

    def _rules(self, objects: Iterable[KubernetesObject]) -> Iterator[Row]:
        for item in objects:
            for rule in rules_of_object(item):
                yield self._row(item, rule)

    def _file_rules(self, parsed: Iterable[tuple[str, Parsed]]) -> Iterator[Row]:
        for uri, one in parsed:
            for document in one.others:
                if is_rule_file(document.value):
                    for rule in rules_of_file(uri, document):
                        yield {"source": self.name, "cluster": self.cluster, **rule}


def read_file(item: ObjectStat) -> list[Document | Refused]:
    """The documents of a file. Raises SourceRejected when it is too large or not text."""
    if item.size > MAX_BYTES:
        raise SourceRejected(item.uri, f"{item.size} bytes; a manifest file has at most {MAX_BYTES}", "split it")
    text = _decoded(item)
    if not item.path.name.lower().endswith(".json"):
        return list(read_documents(text))
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        return [Refused(problem.lineno, f"not valid JSON: {problem.msg}")]
    if _depth(value) > MAX_DEPTH:
        return [Refused(1, f"nested deeper than {MAX_DEPTH} levels")]
    return [] if value is None else [Document(value, 1)]


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [child for node in level for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())]
    return depth


def _decoded(item: ObjectStat) -> str:
    content = item.path.read_bytes()
    encoding = "utf-8-sig"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise SourceRejected(f"{item.uri}:{line}", "not UTF-8 text", "save the file as UTF-8") from problem


def _left_out(parsed: Iterable[tuple[ObjectStat, Parsed]]) -> Iterator[str]:
    for item, one in parsed:
        yield from (f"refused: {item.uri}:{refused.line}: {refused.reason}" for refused in one.refused)
        if not one.objects and not one.refused and not any(is_rule_file(document.value) for document in one.others):
            yield f"ignored: {item.uri}: neither a Kubernetes object nor alert rules"
        if item.path.name in KUSTOMIZATIONS:
            yield f"not rendered: {item.uri}: patches and generated names are not applied; audit the output of `kustomize build`"


def _object_row(item: KubernetesObject) -> Row:
    metadata = item.document.get("metadata")
    labels, annotations = (metadata.get(key) if isinstance(metadata, dict) else None for key in ("labels", "annotations"))
    return {
        "api_version": item.api_version,
        "labels": text_map(labels),
        "annotations": text_map(annotations),
        "document": item.json,
    }


def _containers(item: KubernetesObject) -> Iterator[Row]:
    for template in pod_templates(item, CUSTOM_FINDERS):
        for row in container_rows(template.spec):
            yield {"role": template.role, **row}


def _refused_row(uri: str, refused: Refused) -> Row:
    """Without the text: what could not be parsed could not be searched for secrets either."""
    return {"uri": uri, "position": refused.line, "column": None, "reason": refused.reason, "raw": None}


def _repeated_row(again: KubernetesObject, first: KubernetesObject) -> Row:
    uri, _, place = again.source_uri.rpartition(":")
    reason = f"the same object, word for word, as {first.source_uri}"
    return {"uri": uri, "position": int(place.partition("[")[0]), "column": None, "reason": reason, "raw": f"{again.kind}/{again.name}"}
