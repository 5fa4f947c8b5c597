"""A snapshot of Kubernetes objects as the manifest tables, wherever the objects are from: files or the API.

What does not belong here: reading them.
"""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from audit_assets.manifests.alert_rules import is_rule_file, rules_of_file, rules_of_object
from audit_assets.manifests.containers import container_rows
from audit_assets.manifests.custom_resources import CUSTOM_FINDERS
from audit_assets.manifests.kubernetes_objects import KubernetesObject, Parsed, distinct, text_map
from audit_assets.manifests.kustomize import patch_files
from audit_assets.manifests.pod_templates import pod_templates, template_row
from audit_assets.manifests.tables import ALERT_RULES, CODE_OWNERS, K8S_CONTAINERS, K8S_OBJECTS, K8S_POD_TEMPLATES
from audit_assets.manifests.yaml_documents import Refused
from audit_assets.objects import ObjectStat
from audit_assets.source import QUARANTINE, Partition
from audit_assets.tables import Table

Row = dict[str, object]


def snapshot(
    source: str, cluster: str, place: tuple[date, Sequence[ObjectStat]], parsed: Sequence[tuple[str, Parsed]], unknown: Sequence[Row] = ()
) -> Iterator[Partition]:
    """One partition a table. `parsed` is what each input holds, with its URI; `unknown` are quarantine rows of what could not be read."""
    objects, repeated = distinct(item for _, one in parsed for item in one.objects)
    quarantined = [*unknown, *(_refused_row(uri, refused) for uri, one in parsed for refused in one.refused)]
    quarantined += [_repeated_row(again, first) for again, first in repeated]
    patches = patch_files(parsed)
    whole = [item for item in objects if posixpath.normpath(item.source_uri.rpartition(":")[0]) not in patches]
    of = _Rows(source, cluster)
    rows = {
        K8S_OBJECTS: [of.row(item, _object_row(item)) for item in objects],
        K8S_POD_TEMPLATES: [of.row(item, template_row(t, item)) for item in whole for t in pod_templates(item, CUSTOM_FINDERS)],
        K8S_CONTAINERS: [of.row(item, row) for item in whole for row in _containers(item)],
        ALERT_RULES: [*of.rules(objects), *of.file_rules(parsed)],
    }
    for table, listed in rows.items():
        yield _partition(table, place, listed, quarantined if table is K8S_OBJECTS else [])


def owners_partition(place: tuple[date, Sequence[ObjectStat]], owned: Sequence[Row] = (), mistakes: Sequence[Row] = ()) -> Partition:
    """Who owns which manifest; an API server knows no CODEOWNERS."""
    return _partition(CODE_OWNERS, place, owned, mistakes)


def _partition(table: Table, place: tuple[date, Sequence[ObjectStat]], rows: Sequence[Row], refused: Sequence[Row]) -> Partition:
    day, items = place
    gap = None if rows else "the manifests hold none"
    return Partition(table, day, table.rows(list(rows)), pa.Table.from_pylist(list(refused), schema=QUARANTINE), tuple(items), gap)


@dataclass(frozen=True)
class _Rows:
    source: str
    cluster: str

    def row(self, item: KubernetesObject, row: Row) -> Row:
        """A row with what names its object."""
        identity: Row = {"kind": item.kind, "namespace": item.namespace, "name": item.name, "source_uri": item.source_uri}
        return {"source": self.source, "cluster": self.cluster, **identity, **row}

    def rules(self, objects: Iterable[KubernetesObject]) -> Iterator[Row]:
        """Alert rules that objects hold."""
        for item in objects:
            for rule in rules_of_object(item):
                yield self.row(item, rule)

    def file_rules(self, parsed: Iterable[tuple[str, Parsed]]) -> Iterator[Row]:
        """Alert rules of files that are no objects."""
        for uri, one in parsed:
            for document in one.others:
                if is_rule_file(document.value):
                    for rule in rules_of_file(uri, document):
                        yield {"source": self.source, "cluster": self.cluster, **rule}


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
