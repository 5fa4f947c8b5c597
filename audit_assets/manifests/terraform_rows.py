"""The rows of one Terraform file: machines, charts, Kubernetes objects, and the resources that say too little.

What does not belong here: which file of a workspace counts.
"""

from dataclasses import dataclass
from typing import Any

from audit_assets.manifests.kubernetes_objects import Parsed, parse
from audit_assets.manifests.terraform_blocks import LacksError
from audit_assets.manifests.terraform_charts import chart_row
from audit_assets.manifests.terraform_documents import Resource, TerraformDocument
from audit_assets.manifests.terraform_kubernetes import is_kubernetes, kubernetes_document
from audit_assets.manifests.terraform_machines import MACHINE_TYPES, machine_row
from audit_assets.manifests.yaml_documents import Document

Row = dict[str, object]


@dataclass(frozen=True)
class DeclaredRows:
    """Rows without their source; `lacking` are quarantine rows."""

    machines: tuple[Row, ...]
    charts: tuple[Row, ...]
    objects: Parsed
    lacking: tuple[Row, ...]


def is_read(kind: str) -> bool:
    """Whether resources of a type are asked for anything."""
    return kind in MACHINE_TYPES or kind in ("helm_release", "aws_subnet") or is_kubernetes(kind)


def declared_rows(document: TerraformDocument) -> DeclaredRows:
    """What a file declares."""
    machines: list[Row] = []
    charts: list[Row] = []
    objects: list[dict[str, Any]] = []
    lacking: list[Row] = []
    for resource in document.resources:
        try:
            machines += _present(machine_row(resource, document.subnet_zones))
            charts += _present(chart_row(resource))
            objects += _present(None if resource.action == "delete" else kubernetes_document(resource))
        except LacksError as problem:
            lacking.append(_lacking_row(document.uri, resource, str(problem)))
    # a List, since an object in JSON has no line of its own and is told by its place
    listed = [Document({"apiVersion": "v1", "kind": "List", "items": objects}, 1)] if objects else []
    return DeclaredRows(tuple(machines), tuple(charts), parse(document.uri, listed), tuple(lacking))


def _present(row: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [] if row is None else [row]


def _lacking_row(uri: str, resource: Resource, attribute: str) -> Row:
    later = ": it is known only after apply" if resource.action in ("create", "replace") else ""
    return {"uri": uri, "position": resource.number, "column": attribute, "reason": f"no {attribute}{later}", "raw": resource.address}
