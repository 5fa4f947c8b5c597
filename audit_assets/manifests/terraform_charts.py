"""Helm releases that Terraform declares, as rows: which chart, which version, and whether the code fixes it.

A state holds the version that is installed, whether or not anybody fixed it; only a plan holds the code. Values of charts are not read,
but for the version of the GPU driver, set by itself.
"""

from typing import Any
from urllib.parse import urlsplit

from audit_assets.manifests.kubernetes_objects import at
from audit_assets.manifests.terraform_blocks import blocks, needed, text_of, written
from audit_assets.manifests.terraform_documents import Resource

_DRIVER = "driver.version"  # of NVIDIA's gpu-operator


def chart_row(resource: Resource) -> dict[str, object] | None:
    """A row of CHART_RELEASES without its source; None for other types. Raises LacksError."""
    if resource.type != "helm_release":
        return None
    values, code = resource.values, resource.written
    drivers = [text_of(one, "value") for one in blocks(values, "set") if text_of(one, "name") == _DRIVER]
    return {
        "address": resource.address,
        "name": text_of(values, "name"),
        "namespace": text_of(values, "namespace") or "default",
        "chart": _chart(needed(text_of(values, "chart"), "chart")),
        "version": _constraint(code) or text_of(values, "version"),
        "version_written": written(code, "version"),
        "driver": next(iter(drivers), None),
        "action": resource.action,
    }


def _constraint(code: dict[str, Any] | None) -> str | None:
    """What the code says where it says it itself: a version, or a range of them."""
    constant = at(code, "version", "constant_value")
    return constant if isinstance(constant, str) and constant else None


def _chart(reference: str) -> str:
    """The chart's name: of an address or a path, its last part; the rest of an address may hold a login."""
    path = urlsplit(reference).path if "://" in reference else reference
    return path.rstrip("/").rpartition("/")[2].partition("@")[0] or "(an address)"
