"""The objects of a lake below an `s3://bucket/prefix`: listed, written, read and removed by their names in the lake, and nothing else is.

Heads (a day's manifest, a list of rejections) make the others visible; a note beside the local lake holds the ETag of each.
What does not belong here: which of them make a day, and in what order they are written (lake.py and lake_pull.py).
"""

import base64
import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from audit_assets.audit_sources import S3Access
from audit_assets.errors import LakeDamaged, LakeUnavailable, SourceMissing, SourceRejected, SourceUnavailable
from audit_assets.objects import sha256_file
from audit_assets.s3 import PIECE, RemoteObject, client_of, download, explained, is_md5, location, objects_below, payer

NAMES = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[a-z0-9_]+/(_rejected\.json|day=\d{4}-\d{2}-\d{2}/(_manifest\.json|[0-9a-f]{64}\.parquet))")
CLIENT_SECONDS = 1800  # a role's credentials last an hour; a run may take longer


@dataclass(frozen=True)
class LakeBucket:
    """Where a lake is shared. Picklable; `inside` is the name of an object below the prefix, as of a file below the lake's folder."""

    uri: str
    access: S3Access

    def listing(self) -> dict[str, RemoteObject]:
        """Every object of the lake, by name. Raises LakeUnavailable."""
        bucket, prefix = location(self.uri)
        with _of_lake(self.uri, "s3:ListBucket"):
            found = objects_below(self._client(), bucket, f"{prefix}/", self.access)
        return {remote.inside: remote for remote in found if NAMES.fullmatch(remote.inside)}

    def push(self, root: Path, head: str, content: bytes, files: Iterable[str] = ()) -> None:
        """Write files of a lake at `root`, and then the head that makes them visible. Raises LakeUnavailable, or LakeDamaged."""
        for inside in files:
            self.put_file(inside, root / inside)
        self.remember(root, head, content, self.put(head, content))

    def put_file(self, inside: str, path: Path) -> None:
        """Write a file that is named by its content. Raises LakeUnavailable, or LakeDamaged when it is gone or has other content now."""
        if not path.is_file() or sha256_file(path) != path.stem:
            raise LakeDamaged(f"{path} is damaged or gone; delete {path.parent}, so that the day is fetched or read again")
        with path.open("rb") as stream:
            md5 = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).digest()
            stream.seek(0)
            self._put(inside, stream, md5)

    def put(self, inside: str, content: bytes) -> str:
        """Write a small object, and return its ETag. Raises LakeUnavailable."""
        return self._put(inside, content, hashlib.md5(content, usedforsecurity=False).digest())

    def read(self, inside: str) -> tuple[bytes, str]:
        """A small object and its ETag. Raises LakeUnavailable, or LakeDamaged when it is not there."""
        with _of_lake(self.shown(inside), "s3:GetObject"):
            answer = self._get(inside)
            return answer["Body"].read(), answer["ETag"].strip('"')

    def fetch(self, inside: str, target: Path, sha256: str) -> None:
        """Put an object's content in the place of `target`. Raises LakeUnavailable, or LakeDamaged when it is absent or has another sum."""
        with _of_lake(self.shown(inside), "s3:GetObject"):
            download(self.shown(inside), target, lambda stream: self._write(inside, stream, sha256))

    def remove(self, inside: str) -> None:
        """Delete an object. Raises LakeUnavailable."""
        with _of_lake(self.shown(inside), "s3:DeleteObject"):
            self._client().delete_object(**self._named(inside))

    def remember(self, root: Path, head: str, content: bytes, etag: str) -> None:
        """Note that the bucket has this content of a head, and its ETag: then it is fetched again only when that changes."""
        note = _note(root, head)
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(f"{hashlib.sha256(content).hexdigest()} {etag}")

    def remembered(self, root: Path, head: str, content: bytes) -> str | None:
        """The ETag that the bucket had for this content, or None when it never had it."""
        try:
            sha256, _, etag = _note(root, head).read_text().partition(" ")
        except FileNotFoundError:
            return None
        return etag if sha256 == hashlib.sha256(content).hexdigest() else None

    def shown(self, inside: str) -> str:
        """An object as shown to people."""
        return f"{self.uri}/{inside}"

    def _client(self) -> Any:
        return _client_since(self.access, int(time.monotonic() // CLIENT_SECONDS))

    def _named(self, inside: str) -> dict[str, str]:
        if not NAMES.fullmatch(inside):
            raise ValueError(f"{inside} is no name of an object of a lake")
        bucket, prefix = location(self.uri)
        return {"Bucket": bucket, "Key": f"{prefix}/{inside}", **payer(self.access)}

    def _put(self, inside: str, body: bytes | BinaryIO, md5: bytes) -> str:
        """The server refuses what has another MD5 than it is sent with; where its answer tells, that is looked at, too."""
        with _of_lake(self.shown(inside), "s3:PutObject"):
            answer = self._client().put_object(**self._named(inside), Body=body, ContentMD5=base64.b64encode(md5).decode())
        etag = str(answer["ETag"]).strip('"')
        if is_md5(etag, answer) and etag.lower() != md5.hex():
            raise LakeUnavailable(f"the lake {self.shown(inside)}: other bytes arrived than were sent; run again")
        return etag

    def _get(self, inside: str) -> Any:
        client = self._client()
        try:
            return client.get_object(**self._named(inside))
        except client.exceptions.NoSuchKey as absent:
            raise LakeDamaged(f"the lake lacks {self.shown(inside)}") from absent

    def _write(self, inside: str, stream: BinaryIO, sha256: str) -> None:
        digest = hashlib.sha256()
        for piece in self._get(inside)["Body"].iter_chunks(PIECE):
            digest.update(piece)
            stream.write(piece)
        if digest.hexdigest() != sha256:
            raise LakeDamaged(f"the lake's {self.shown(inside)} is damaged: its SHA-256 is {digest.hexdigest()}")
        stream.flush()
        os.fsync(stream.fileno())


def _note(root: Path, head: str) -> Path:
    return root / "_etags" / f"{head}.etag"


@lru_cache(maxsize=4)
def _client_since(access: S3Access, _period: int) -> Any:
    """A client for this process, made anew from time to time."""
    return client_of(access)


@contextmanager
def _of_lake(uri: str, action: str) -> Iterator[None]:
    """Complaints as those of the lake: a source whose day cannot be written is not refused by that."""
    try:
        with explained(uri, action):
            yield
    except SourceMissing as problem:
        raise LakeUnavailable(f"the lake {uri}: {problem.reason} — create it, or correct `lake.uri` in audit.yaml") from problem
    except SourceRejected as problem:
        raise LakeUnavailable(f"the lake {uri}: {problem.reason} — {problem.fix}") from problem
    except SourceUnavailable as problem:
        raise LakeUnavailable(f"the lake {problem}") from problem
