"""Files as objects: list, open, fingerprint. Local paths today; another scheme is another branch of `_refuse_scheme`.

Dot-files are skipped; suffixes that a source does not read are returned apart, so that they can be reported.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from audit_assets.errors import SourceMissing, SourceRejected


@dataclass(frozen=True, order=True)
class ObjectStat:
    """One input object. `etag` is the SHA-256 of its content (hex), `size` its bytes, `uri` as shown to people.

    `path` is where to open it; it is not part of the fingerprint, so an estate can be moved.
    """

    uri: str
    size: int
    etag: str
    path: Path


@dataclass(frozen=True)
class Listing:
    """What a location holds: the objects a source reads, and the paths it does not."""

    objects: tuple[ObjectStat, ...]
    ignored: tuple[str, ...]


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's content."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def list_objects(uri: str, base: Path, suffixes: Sequence[str]) -> Listing:
    """Objects below `uri` (a file or a folder, nested), sorted by name.

    `base` is the folder of `audit.yaml`; relative URIs are relative to it, and reported URIs are relative to it too.
    Raises SourceMissing when the location does not exist, SourceRejected when its scheme is not supported.
    """
    _refuse_scheme(uri)
    root = (base / uri).resolve()
    if not root.exists():
        raise SourceMissing(uri, "no such file or folder", "correct `uri` in audit.yaml, or remove the source")
    if root.is_file():
        return Listing((stat(root, base),), ())
    wanted, ignored = [], []
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if not path.is_file() or any(part.startswith(".") for part in inside.parts):
            continue
        if path.name.lower().endswith(tuple(suffixes)):
            wanted.append(stat(path, base))
        else:
            ignored.append(_shown(path, base))
    return Listing(tuple(wanted), tuple(ignored))


def stat(path: Path, base: Path) -> ObjectStat:
    """The fingerprint of one local file."""
    known = path.stat()
    return ObjectStat(_shown(path, base), known.st_size, _fingerprint(path, known.st_size, known.st_mtime_ns, known.st_ino), path)


@lru_cache(maxsize=100_000)  # a run lists its inputs several times; what follows the path tells that a file is another now
def _fingerprint(path: Path, size: int, mtime_ns: int, inode: int) -> str:
    return sha256_file(path)


def _shown(path: Path, base: Path) -> str:
    resolved = base.resolve()
    return str(path.relative_to(resolved)) if path.is_relative_to(resolved) else str(path)


def _refuse_scheme(uri: str) -> None:
    if "://" in uri:
        scheme = uri.split("://", 1)[0]
        raise SourceRejected(uri, f"{scheme}:// locations are not supported", "copy the files and name a local path")
