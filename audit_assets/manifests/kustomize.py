"""Which files kustomize lays over others: a patch repeats an object in part, so what it runs is said elsewhere.

Nothing is rendered here; a patch is only kept from being read as a workload of its own.
"""

import posixpath
from collections.abc import Iterable, Iterator
from typing import Any

from audit_assets.manifests.kubernetes_objects import Parsed, at, listing

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_BY_PATH = ("patches", "patchesJson6902")  # entries with a `path`
_BY_NAME = ("patchesStrategicMerge",)  # entries that are file names, or patches written in place


def patch_files(parsed: Iterable[tuple[str, Parsed]]) -> frozenset[str]:
    """The uris of files that a kustomization names as patches."""
    return frozenset(
        posixpath.normpath(posixpath.join(posixpath.dirname(uri), name))
        for uri, one in parsed
        if posixpath.basename(uri) in KUSTOMIZATIONS
        for value in (*(other.value for other in one.others), *(item.document for item in one.objects))
        for name in _named(value)
    )


def _named(kustomization: Any) -> Iterator[str]:
    named = [at(entry, "path") for key in _BY_PATH for entry in listing(at(kustomization, key))]
    named += [entry for key in _BY_NAME for entry in listing(at(kustomization, key))]
    yield from (name for name in named if isinstance(name, str) and "\n" not in name)
