"""A lake that homes share, in a real S3 server: how tests open, fill and look at it."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from audit_assets import lake_bucket
from audit_assets.audit_sources import S3Access
from audit_assets.lake import Lake
from audit_assets.lake_bucket import LakeBucket
from audit_assets.source import QUARANTINE, Partition
from audit_assets.tables import Column, Table
from tests.servers import S3Server, only_credentials

THINGS = Table("things", "billing", "things", (Column("name", pa.string(), "name"),))
DAY, NOW = date(2026, 3, 1), datetime(2026, 4, 1, tzinfo=UTC)
BUCKET = "ready"  # it is there; each bucket more takes volumes of the server
OUTSIDE = ("lake-old/s/things/day=2026-03-01/_manifest.json", "lake.txt", "other/secret.parquet", "s/things/day=2026-03-01/_manifest.json")
At = Callable[..., Lake]


@pytest.fixture
def lake_owner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Credentials of the server's owner, and clients that have them."""
    only_credentials(monkeypatch, tmp_path)
    lake_bucket._client_since.cache_clear()
    yield
    lake_bucket._client_since.cache_clear()


@pytest.fixture
def top(request: pytest.FixtureRequest, lake_owner: None, s3_server: S3Server) -> str:
    """The folder that a test has to itself; the lake is one of several things in it."""
    folder = re.sub(r"\W+", "-", str(request.node.name))
    for name in OUTSIDE:
        s3_server.put(BUCKET, f"{folder}/{name}", b"not ours")
    return folder


@pytest.fixture
def at(s3_server: S3Server, top: str, tmp_path: Path) -> At:
    """The copy of the lake in a home by name."""

    def open_lake(home: str, **access: Any) -> Lake:
        reached = S3Access(endpoint=s3_server.endpoint, path_style=True, **access)
        return Lake(tmp_path / home / "lake", LakeBucket(f"s3://{BUCKET}/{top}/lake", reached))

    return open_lake


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Operations that are asked of the server, each with its parameters."""
    calls: list[tuple[str, dict[str, Any]]] = []
    make = lake_bucket.client_of

    def recording(access: S3Access) -> Any:
        client = make(access)
        client.meta.events.register(
            "provide-client-params.s3.*",
            lambda params, model, **_: calls.append((model.name, {k: params[k] for k in params if k != "Body"})),
        )
        return client

    monkeypatch.setattr(lake_bucket, "client_of", recording)
    return calls


def things(*names: str, day: date = DAY, bad: int = 0) -> Partition:
    refused = [{"uri": "f.csv", "position": n, "column": "n", "reason": "not a number", "raw": "x"} for n in range(bad)]
    return Partition(THINGS, day, THINGS.rows([{"name": name} for name in names]), pa.Table.from_pylist(refused, QUARANTINE))


def names(lake: Lake, day: date = DAY) -> list[Any]:
    return list(lake.read("s", THINGS, day)["name"].to_pylist())


def content(lake: Lake) -> dict[str, bytes]:
    """Every file that a reader of the lake may open."""
    files = (path for path in lake.root.rglob("*") if path.is_file() and not path.relative_to(lake.root).parts[0].startswith("_"))
    return {str(path.relative_to(lake.root)): path.read_bytes() for path in files}


def objects(s3_server: S3Server, prefix: str) -> dict[str, bytes]:
    listed = s3_server.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())
    return {one["Key"].removeprefix(prefix): s3_server.client.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed}


def keys(calls: list[tuple[str, dict[str, Any]]], operation: str) -> list[str]:
    return [params["Key"].rsplit("/", 1)[-1] for name, params in calls if name == operation]
