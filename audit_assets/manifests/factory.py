"""From an entry of `sources: manifests:` to its source."""

from datetime import date
from pathlib import Path

from audit_assets.audit import ManifestSource
from audit_assets.manifests.files import ManifestFiles


def manifest_source(spec: ManifestSource, base: Path, index: Path, window_end: date) -> ManifestFiles:
    """The source for `spec`. `base` is the folder of audit.yaml, `index` where the source may remember what it learned."""
    source = ManifestFiles(spec.name, spec.uri, base, index, spec.cluster, window_end)
    source.s3 = spec.s3
    return source
