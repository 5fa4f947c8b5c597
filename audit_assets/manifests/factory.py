"""From an entry of `sources: manifests:` to its source."""

from datetime import date
from pathlib import Path

from audit_assets.audit_sources import ManifestSource
from audit_assets.manifests.files import ManifestFiles
from audit_assets.manifests.terraform import TerraformFiles
from audit_assets.source import FileSource, Source


def manifest_source(spec: ManifestSource, base: Path, index: Path, window_end: date) -> Source:
    """The source for `spec`. `base` is the folder of audit.yaml, `index` where the source may remember what it learned."""
    if spec.kind == "kubernetes":
        from audit_assets.manifests.kubernetes import KubernetesApi  # noqa: PLC0415 - a client that files do not need

        return KubernetesApi(spec.name, spec.cluster, spec.context)
    assert spec.uri is not None  # ManifestSource has one for what is read from files
    source: FileSource = ManifestFiles(spec.name, spec.uri, base, index, spec.cluster, window_end, spec.codeowners)
    if spec.kind == "terraform":
        source = TerraformFiles(spec.name, spec.uri, base, index, spec.cluster, window_end)
    source.s3 = spec.s3
    return source
