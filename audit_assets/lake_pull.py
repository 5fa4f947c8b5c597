"""A home's copy of a shared lake, brought up to what the bucket holds: one listing, and then only the days that differ.

The bucket is right where both have a day. What only the home has is written to the bucket: that is how a lake moves there.
What does not belong here: commits (lake.py) and requests (lake_bucket.py).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import orjson
from pydantic import ValidationError

from audit_assets.errors import LakeDamaged
from audit_assets.lake import MANIFEST, READABLE, REJECTIONS, DayManifest, Lake, sweep, write_atomically
from audit_assets.lake_bucket import NAMES, LakeBucket
from audit_assets.objects import sha256_file
from audit_assets.s3 import AT_ONCE, RemoteObject
from audit_assets.source import Rejection

_HERE = (f"*/*/day=*/{MANIFEST}", f"*/*/{REJECTIONS}")
SHOWN = 3  # damages; the rest is counted


def pull(lake: Lake) -> None:
    """Bring the copy up to date; nothing to do for a lake that is not shared. The caller holds the home's lock.

    Raises LakeUnavailable, or LakeDamaged after all other days were taken in; the days that it names stay as they were.
    """
    if lake.bucket is None:
        return
    levelling = _Levelling(lake.root, lake.bucket, lake.bucket.listing())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        damages = [damage for damage in pool.map(levelling.level, sorted(levelling.heads())) if damage]
    if damages:
        more = f"; and {len(damages) - SHOWN} more" if len(damages) > SHOWN else ""
        raise LakeDamaged("; ".join(str(damage) for damage in damages[:SHOWN]) + more)


@dataclass(frozen=True)
class _Levelling:
    """A copy at `root` beside what the bucket `listed`. A head is a manifest, or a list of rejections; its name is as in the bucket."""

    root: Path
    bucket: LakeBucket
    listed: dict[str, RemoteObject]

    def heads(self) -> set[str]:
        """The heads of both."""
        here = [path.relative_to(self.root).as_posix() for pattern in _HERE for path in self.root.glob(pattern)]
        return {name for name in (*here, *self.listed) if name.endswith((MANIFEST, REJECTIONS)) and NAMES.fullmatch(name)}

    def level(self, head: str) -> LakeDamaged | None:
        """Make one head and its files equal on both sides, and return the damage that prevents it. Raises LakeUnavailable."""
        try:
            content = self._here(head)
            if head not in self.listed:
                self.bucket.push(self.root, head, content, _files(head, content))
            elif self.bucket.remembered(self.root, head, content) == self.listed[head].etag and self._is_whole(head, content):
                self._restore(head, content)
            else:
                self._take(head)
        except LakeDamaged as damage:
            return damage
        return None

    def _here(self, head: str) -> bytes:
        path = self.root / head
        return path.read_bytes() if path.exists() else b""

    def _is_whole(self, head: str, content: bytes) -> bool:
        return all((self.root / inside).is_file() for inside in _files(head, content))

    def _restore(self, head: str, content: bytes) -> None:
        """Write again what the bucket lost of a day that is as it was. The manifest stays: another home may just have replaced it."""
        for inside in _files(head, content):
            if inside not in self.listed:
                self.bucket.put_file(inside, self.root / inside)

    def _take(self, head: str) -> None:
        """Fetch a day's files, and then make them visible. What another home replaces meanwhile is looked at once more."""
        seen = ""
        while True:
            content, etag = self.bucket.read(head)
            try:
                for inside in _files(head, content):
                    self._fetch(inside)
                break
            except LakeDamaged as damage:
                if etag == seen:
                    raise LakeDamaged(f"{damage} — {_fix(self.bucket.shown(head))}") from damage
                seen = etag
        self.bucket.remember(self.root, head, content, etag)
        self._show(head, content)

    def _fetch(self, inside: str) -> None:
        target = self.root / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_file() or sha256_file(target) != target.stem:
            self.bucket.fetch(inside, target, sha256=target.stem)
            target.chmod(READABLE)

    def _show(self, head: str, content: bytes) -> None:
        path = self.root / head
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
        if path.name == MANIFEST:
            sweep(path.parent, keep={MANIFEST, *(inside.rsplit("/", 1)[-1] for inside in _files(head, content))})


def _files(head: str, content: bytes) -> list[str]:
    """Names of the files that a head makes visible; of a list of rejections none. Raises LakeDamaged for what is no such head: nothing that
    a manifest says leads out of its day's folder."""
    folder, _, name = head.rpartition("/")
    try:
        if name == REJECTIONS:
            _ = [Rejection(**item) for item in orjson.loads(content)]
            return []
        manifest = DayManifest.model_validate_json(content)
    except (ValidationError, ValueError, TypeError) as problem:
        raise LakeDamaged(f"the lake's {head} cannot be read") from problem
    files = [f"{folder}/{file}" for file in manifest.files]
    own = f"{manifest.source}/{manifest.table}/day={manifest.day.isoformat()}"
    if own != folder or manifest.file != f"{manifest.sha256}.parquet" or not all(NAMES.fullmatch(file) for file in files):
        raise LakeDamaged(f"the lake's {head} is the manifest of something else")
    return files


def _fix(manifest: str) -> str:
    return f"restore it; or delete {manifest}, and the day is written by a home that has it, or read again from its sources"
