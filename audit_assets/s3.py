"""Objects below an `s3://bucket/prefix` as local copies: listed page by page, copied side by side, and only what changed.

A copy is kept with the ETag that it had in the bucket; another ETag or size means another copy. Nothing outside the prefix is asked for.
Credentials are those that boto3 finds in the environment. What does not belong here: what the objects mean.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory, mkstemp
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from audit_assets.audit_sources import S3Access
from audit_assets.errors import AssayError, SourceMissing, SourceRejected, SourceUnavailable
from audit_assets.objects import Listing, ObjectStat, stat_as

AT_ONCE = 8  # copies made side by side; the network is waited for, not the processor
PAGE = 1000  # objects; no server gives more
ATTEMPTS = 3  # of one copy; boto3 tries each request several times by itself
PIECE = 1 << 20  # bytes
_SCHEME = "s3://"
_ABSENT = frozenset({"NoSuchBucket", "NoSuchKey", "404", "NotFound"})
_BUSY = frozenset({"SlowDown", "RequestTimeout"})
_CHANGED = frozenset({"PreconditionFailed", "412", *_ABSENT})
_REFUSALS = {
    **dict.fromkeys(
        ("AccessDenied", "403", "Forbidden", "AllAccessDisabled"),
        ("{action} is not allowed", "grant it on this prefix; docs/sources.md has the policy, docs/operations.md that of a lake"),
    ),
    **dict.fromkeys(
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"),
        ("the credentials are refused ({code})", "check the AWS_ variables"),
    ),
    "InvalidObjectState": ("archived, not readable now", "restore the object, or move it out of the prefix"),
}


@dataclass(frozen=True)
class RemoteObject:
    """An object as the bucket lists it. `inside` is its name below the prefix; `etag` is without quotes."""

    bucket: str
    key: str
    inside: str
    size: int
    etag: str

    @property
    def uri(self) -> str:
        """As shown to people."""
        return f"{_SCHEME}{self.bucket}/{self.key}"


def is_s3(uri: str) -> bool:
    """Whether a location is a bucket's."""
    return uri.startswith(_SCHEME)


def list_s3(uri: str, access: S3Access, copies: Path | None, suffixes: tuple[Sequence[str], Sequence[str]]) -> Listing:
    """What lies below `uri`, copied to disk: below `copies`, or in a folder that goes with this process.

    `suffixes`: the ends of names that a source reads, and those of its companions. Objects that may not be read are told as refused.
    Raises SourceMissing, SourceRejected (not allowed to list) or SourceUnavailable.
    """
    bucket, prefix = location(uri)
    with explained(uri, "s3:ListBucket"):
        client = client_of(access)
        found = sorted(objects_below(client, bucket, prefix, access), key=lambda remote: remote.key)
    if not found:
        raise SourceMissing(uri, "nothing lies below this prefix", "correct `uri` in audit.yaml, or remove the source")
    seen = [remote for remote in found if not any(part.startswith(".") and part.strip(".") for part in remote.inside.split("/"))]
    read = tuple(ends for group in suffixes for ends in group)
    wanted = [remote for remote in seen if _name(remote).endswith(read)]
    unsafe = set(_unsafe(wanted))
    root = _root(uri, copies)
    got, refused = _copied(client, [remote for remote in wanted if remote not in unsafe], access, root)
    return Listing(
        tuple(stat for remote, stat in got if _name(remote).endswith(tuple(suffixes[0]))),
        tuple(remote.uri for remote in seen if not _name(remote).endswith(tuple(suffixes[0]))),
        tuple(stat for remote, stat in got if suffixes[1] and _name(remote).endswith(tuple(suffixes[1]))),
        (*refused, *(_unsafe_name(remote) for remote in wanted if remote in unsafe)),
    )


def _name(remote: RemoteObject) -> str:
    return remote.inside.rsplit("/", 1)[-1].lower()


def location(uri: str) -> tuple[str, str]:
    """Bucket and prefix of an `s3://` location. Raises SourceRejected."""
    bucket, _, prefix = uri.removeprefix(_SCHEME).partition("/")
    if not bucket or any(part in ("..", ".") for part in prefix.split("/")):
        raise SourceRejected(uri, "not a location in a bucket", "write it as s3://bucket/prefix/")
    return bucket, prefix


def objects_below(client: Any, bucket: str, prefix: str, access: S3Access) -> list[RemoteObject]:
    """Every object of the prefix. A prefix is a folder: `bills` holds `bills/a.csv`, never `bills-old/a.csv`; or it names one object."""
    folder = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder, MaxKeys=PAGE, **payer(access))
    found = [_remote(bucket, entry, len(folder)) for page in pages for entry in page.get("Contents", ())]
    if not found and prefix != folder:
        first = client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1, **payer(access)).get("Contents", ())
        found = [_remote(bucket, entry, prefix.rfind("/") + 1) for entry in first if entry["Key"] == prefix]
    return [remote for remote in found if remote.inside and not remote.key.endswith("/")]  # others stand for folders


def _remote(bucket: str, entry: dict[str, Any], inside: int) -> RemoteObject:
    return RemoteObject(bucket, entry["Key"], entry["Key"][inside:], entry["Size"], entry["ETag"].strip('"'))


def _unsafe(wanted: Sequence[RemoteObject]) -> Iterator[RemoteObject]:
    """Objects whose names no file can have: they would lie elsewhere, or where a folder has to be."""
    names = {remote.inside for remote in wanted}
    for remote in wanted:
        parts = remote.inside.split("/")
        above = {str(parent) for parent in PurePosixPath(remote.inside).parents}
        odd = any(part in ("", ".", "..") or "\0" in part or len(part.encode()) > 255 for part in parts)
        if odd or above & names:
            yield remote


def _unsafe_name(remote: RemoteObject) -> SourceRejected:
    return SourceRejected(remote.uri, "its name cannot be the name of a file", "copy it to a name without empty, `.` or `..` parts")


def _root(uri: str, copies: Path | None) -> Path:
    """Where the copies of this location lie; those of another location that the source had before are removed."""
    identity = hashlib.sha256(uri.encode()).hexdigest()[:16]
    if copies is None:
        return Path(_passing(identity).name)
    copies.mkdir(parents=True, exist_ok=True)
    for other in copies.iterdir():
        if other.name != identity:
            shutil.rmtree(other, ignore_errors=True)
    return copies / identity


@cache
def _passing(identity: str) -> "TemporaryDirectory[str]":
    """A folder that only this user can read and that is removed when the process ends."""
    return TemporaryDirectory(prefix=f"assay-s3-{identity}-")


Copied = tuple[list[tuple[RemoteObject, ObjectStat]], list[SourceRejected]]


def _copied(client: Any, wanted: Sequence[RemoteObject], access: S3Access, root: Path) -> Copied:
    """Copies of the objects, and those that may not be read. What is no longer in the bucket is removed."""
    _forget(root, {remote.inside for remote in wanted})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(lambda remote: _copy(client, remote, access, root), wanted))
    unavailable = [problem for problem in done if isinstance(problem, SourceUnavailable)]
    if unavailable:
        raise unavailable[0]
    refused = [problem for problem in done if isinstance(problem, SourceRejected)]
    return [(remote, stat) for remote, stat in zip(wanted, done, strict=True) if isinstance(stat, ObjectStat)], refused


def _forget(root: Path, names: set[str]) -> None:
    objects = root / "objects"
    for path in sorted(objects.rglob("*"), reverse=True):
        if path.is_file() and str(path.relative_to(objects)) not in names:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _copy(client: Any, remote: RemoteObject, access: S3Access, root: Path) -> ObjectStat | AssayError:
    target, note = root / "objects" / remote.inside, root / "etags" / f"{hashlib.sha256(remote.inside.encode()).hexdigest()}"
    try:
        if not (target.is_file() and target.stat().st_size == remote.size and note.is_file() and note.read_text() == remote.etag):
            for folder in (target.parent, note.parent):
                folder.mkdir(parents=True, exist_ok=True)
            note.unlink(missing_ok=True)
            download(remote.uri, target, lambda stream: _fetch(client, remote, access, stream))
            note.write_text(remote.etag)
        return stat_as(remote.uri, target)
    except (SourceRejected, SourceUnavailable) as problem:
        return problem


def download(uri: str, target: Path, write: Callable[[BinaryIO], None]) -> None:
    """Put what `write` fetches in the place of `target`, whole or not at all. Raises SourceRejected or SourceUnavailable, naming `uri`."""
    for attempt in range(1, ATTEMPTS + 1):
        handle, name = mkstemp(dir=target.parent, prefix=".", suffix=".tmp")
        temporary = Path(name)
        try:
            with explained(uri, "s3:GetObject"), os.fdopen(handle, "wb") as stream:
                write(stream)
            temporary.replace(target)
            return
        except SourceUnavailable:
            if attempt == ATTEMPTS:
                raise
        finally:
            temporary.unlink(missing_ok=True)


def _fetch(client: Any, remote: RemoteObject, access: S3Access, stream: Any) -> None:
    """The body, if it is still the object that was listed; its size and, where the ETag is one, its MD5 are checked."""
    answer = client.get_object(Bucket=remote.bucket, Key=remote.key, IfMatch=f'"{remote.etag}"', **payer(access))
    digest, size = hashlib.md5(usedforsecurity=False), 0
    for piece in answer["Body"].iter_chunks(PIECE):
        digest.update(piece)
        size += len(piece)
        stream.write(piece)
    if size != remote.size or (is_md5(remote.etag, answer) and digest.hexdigest() != remote.etag.lower()):
        raise SourceUnavailable(f"{remote.uri}: {size} of {remote.size} bytes arrived, or other ones than listed; run again")


def is_md5(etag: str, answer: dict[str, Any]) -> bool:
    """Whether an ETag is the MD5 of the content: not of several parts (like …-7), nor encrypted with a key of the customer."""
    encrypted = str(answer.get("ServerSideEncryption", "")).startswith("aws:kms") or "SSECustomerAlgorithm" in answer
    return len(etag) == 32 and not encrypted


def payer(access: S3Access) -> dict[str, str]:
    """What a request says where the requester pays."""
    return {"RequestPayer": "requester"} if access.requester_pays else {}


def client_of(access: S3Access) -> Any:
    """A client with the credentials of the environment, or of the role for an hour."""
    import boto3  # noqa: PLC0415 - 0.3 s that files do not need
    from botocore.config import Config  # noqa: PLC0415

    session = boto3.Session(region_name=access.region)
    if access.role_arn:
        session = _assumed(session, access)
    style = {"addressing_style": "path" if access.path_style else "auto"}
    sums: Any = {"request_checksum_calculation": "when_required"}  # the newer kinds are unknown to many servers; MD5 is sent instead
    config = Config(s3=style, **sums, retries={"max_attempts": 5, "mode": "standard"}, connect_timeout=10, read_timeout=60)
    return session.client("s3", endpoint_url=access.endpoint, config=config)


def _assumed(session: Any, access: S3Access) -> Any:
    """A session with the credentials of the role, for an hour: as long as a listing and its copies may take."""
    import boto3  # noqa: PLC0415

    extra = {"ExternalId": access.external_id} if access.external_id else {}
    given = session.client("sts").assume_role(RoleArn=access.role_arn, RoleSessionName="assay", **extra)["Credentials"]
    return boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name=session.region_name)


@contextmanager
def explained(uri: str, action: str) -> Iterator[None]:
    """What boto3 and the server complain of, as errors that say what to do."""
    from botocore import exceptions as aws  # noqa: PLC0415

    try:
        yield
    except aws.NoCredentialsError as problem:
        fix = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        raise SourceRejected(uri, "no AWS credentials in the environment", fix) from problem
    except aws.ClientError as problem:
        raise _complaint(uri, action, problem) from problem
    except (aws.HTTPClientError, aws.ConnectionError, OSError) as problem:
        raise SourceUnavailable(f"{uri}: no answer ({type(problem).__name__}); try again later") from problem
    except aws.BotoCoreError as problem:
        raise SourceRejected(uri, f"cannot be asked for: {problem}", "check `s3` in audit.yaml and the AWS_ variables") from problem


def _complaint(uri: str, action: str, problem: Any) -> AssayError:
    code = str(problem.response.get("Error", {}).get("Code", ""))
    status = int(problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if action == "s3:GetObject" and code in _CHANGED:
        return SourceUnavailable(f"{uri}: changed while it was read; run again")
    if status >= 500 or status == 429 or code in _BUSY:
        return SourceUnavailable(f"{uri}: HTTP {status} {code}; try again later")
    if code in _ABSENT:
        return SourceMissing(uri, f"no such bucket {urlsplit(uri).netloc}", "correct `uri` in audit.yaml, or remove the source")
    if problem.operation_name == "AssumeRole":
        return SourceRejected(uri, f"the role may not be assumed ({code})", "check `role_arn`, `external_id` and the role's trust policy")
    reason, fix = _REFUSALS.get(code, (f"HTTP {status} {code}", "check `s3` in audit.yaml: endpoint, region, path_style"))
    return SourceRejected(uri, reason.format(action=action, code=code), fix)
