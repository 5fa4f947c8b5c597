"""Reading manifests in tests: a folder of text in, rows by table out."""

from datetime import date
from pathlib import Path
from typing import Any

from audit_assets.manifests.files import ManifestFiles
from audit_assets.source import Rejection

END = date(2026, 9, 30)


def source_of(base: Path, uri: str = "manifests") -> ManifestFiles:
    return ManifestFiles("repo", uri, base, base / "index", "prod", END)


def read(base: Path, uri: str = "manifests") -> tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]], tuple[Rejection, ...]]:
    """(rows by table, quarantined rows, refused files)."""
    source = source_of(base, uri)
    inputs = source.inputs([END])
    partitions = list(source.extract(inputs, base))
    rows = {partition.table.name: partition.rows.to_pylist() for partition in partitions}  # type: ignore[union-attr]
    quarantined = [row for partition in partitions for row in partition.quarantined.to_pylist()]
    return rows, quarantined, source.rejections()


def write(base: Path, **files: str) -> Path:
    """Files below base/manifests; `__` in a name is a folder, `_yaml` its suffix."""
    for name, text in files.items():
        path = base / "manifests" / (name.replace("__", "/").removesuffix("_json") + (".json" if name.endswith("_json") else ".yaml"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return base


POD = "{metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: 'vllm/vllm-openai:v0.8'}]}}"


def deployment(name: str = "a", spec: str = "", namespace: str = "chat") -> str:
    return f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  template: {POD}\n{spec}"
