"""Files as objects: list, open, fingerprint. Local paths here; what lies in a bucket is in s3.py.

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
    """What a location holds: the objects a source reads, and the paths it does not.

    `companions` hold no rows but tell about the objects (manifests of a delivery); `refused` are objects that cannot be had.
    """

    objects: tuple[ObjectStat, ...]
    ignored: tuple[str, ...]
    companions: tuple[ObjectStat, ...] = ()
    refused: tuple[SourceRejected, ...] = ()


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's content."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def list_objects(uri: str, base: Path, suffixes: Sequence[str], companions: Sequence[str] = ()) -> Listing:
    """Objects below `uri` (a file or a folder, nested), sorted by name. `suffixes` and `companions` are ends of names, in lower case.

    `base` is the folder of `audit.yaml`; relative URIs are relative to it, and reported URIs are relative to it too.
    Raises SourceMissing when the location does not exist, SourceRejected when its scheme is not supported.
    """
    _refuse_scheme(uri)
    root = (base / uri).resolve()
    if not root.exists():
        raise SourceMissing(uri, "no such file or folder", "correct `uri` in audit.yaml, or remove the source")
    if root.is_file():
        return Listing((stat(root, base),), ())
    wanted, ignored, beside = [], [], []
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if not path.is_file() or any(part.startswith(".") for part in inside.parts):
            continue
        if path.name.lower().endswith(tuple(suffixes)):
            wanted.append(stat(path, base))
        else:
            ignored.append(_shown(path, base))
            beside += [stat(path, base)] if path.name.lower().endswith(tuple(companions)) else []
    return Listing(tuple(wanted), tuple(ignored), tuple(beside))


def stat(path: Path, base: Path) -> ObjectStat:
    """The fingerprint of one local file."""
    return stat_as(_shown(path, base), path)


def stat_as(uri: str, path: Path) -> ObjectStat:
    """The fingerprint of a local file that is shown to people as `uri`."""
    known = path.stat()
    return ObjectStat(uri, known.st_size, _fingerprint(path, known.st_size, known.st_mtime_ns, known.st_ino), path)


@lru_cache(maxsize=100_000)  # a run lists its inputs several times; what follows the path tells that a file is another now
def _fingerprint(path: Path, size: int, mtime_ns: int, inode: int) -> str:
    return sha256_file(path)


def _shown(path: Path, base: Path) -> str:
    resolved = base.resolve()
    return str(path.relative_to(resolved)) if path.is_relative_to(resolved) else str(path)


def _refuse_scheme(uri: str) -> None:
    if "://" in uri:
        scheme = uri.split("://", 1)[0]
        raise SourceRejected(
            uri, f"{scheme}:// locations are not supported", "name an s3:// location, or copy the files and name a local path"
        )
