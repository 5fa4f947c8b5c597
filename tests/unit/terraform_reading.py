"""Reading Terraform files in tests: a folder of them in, rows by table out."""

from pathlib import Path
from typing import Any

from audit_assets.manifests.terraform import TerraformFiles
from audit_assets.source import Rejection
from tests.unit.manifest_reading import END


def source_of(base: Path, uri: str = "terraform") -> TerraformFiles:
    return TerraformFiles("tf", uri, base, base / "index", "prod", END)


def read(base: Path, uri: str = "terraform") -> tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]], tuple[Rejection, ...]]:
    """(rows by table, quarantined rows, refused files)."""
    source = source_of(base, uri)
    partitions = list(source.extract(source.inputs([END]), base))
    rows = {partition.table.name: partition.rows.to_pylist() for partition in partitions}  # type: ignore[union-attr]
    return rows, [row for partition in partitions for row in partition.quarantined.to_pylist()], source.rejections()
