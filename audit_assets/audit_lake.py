"""`lake` of audit.yaml: the bucket that holds the lake, where homes share one."""

from typing import Any

from pydantic import Field, field_validator

from audit_assets.audit_sources import S3Access, Sources
from audit_assets.strict import Strict


class LakeLocation(Strict):
    """Where the lake is kept. A home then holds a copy, which everything is read from."""

    uri: str = Field(description="s3://bucket/prefix; nothing outside of the prefix is read or written")
    s3: S3Access = S3Access()

    @field_validator("uri")
    @classmethod
    def _in_a_bucket(cls, uri: str) -> str:
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        if not uri.startswith("s3://") or not bucket:
            raise ValueError("write it as s3://bucket/prefix; a lake on a disk lies in --home, and then `lake` is left out")
        if not prefix.strip("/") or any(part in ("", ".", "..") for part in prefix.strip("/").split("/")):
            raise ValueError("name a prefix of the bucket that nothing else uses, as s3://bucket/prefix, without empty, `.` or `..` parts")
        return uri.rstrip("/")


def refuse_overlap(lake: LakeLocation | None, sources: Sources) -> None:
    """Raises ValueError where a source would read the lake's files, or lies among them."""
    for spec in sources.every if lake else ():
        uri: Any = getattr(spec, "uri", None)
        if lake and uri and _inside(uri, lake.uri):
            raise ValueError(f"lake: {lake.uri} and the source {spec.name} ({uri}) lie in one another; give the lake a prefix of its own")


def _inside(one: str, other: str) -> bool:
    """Whether one of two locations lies in the other."""
    folders = sorted((f"{one.rstrip('/')}/", f"{other.rstrip('/')}/"), key=len)
    return folders[1].startswith(folders[0])
