"""A lake that homes share, in a real S3 server: what one home commits the others read, and a kill at any moment leaves a whole day."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
import yaml

from audit_assets import lake as lake_module
from audit_assets import lake_bucket, s3
from audit_assets.audit_lake import LakeLocation
from audit_assets.audit_sources import S3Access
from audit_assets.definitions import INGESTIONS
from audit_assets.errors import LakeDamaged, LakeUnavailable
from audit_assets.home import Home
from audit_assets.lake import MANIFEST, Lake
from audit_assets.lake_bucket import LakeBucket
from audit_assets.lake_pull import pull
from audit_assets.source import QUARANTINE, Partition, Rejection
from audit_assets.tables import Column, Table
from sensors.watched import Watched
from tests.conftest import as_json, assay
from tests.servers import S3Server, only_credentials
from tests.unit.bill_reading import focus_row, write_csv

THINGS = Table("things", "billing", "things", (Column("name", pa.string(), "name"),))
DAY, NOW = date(2026, 3, 1), datetime(2026, 4, 1, tzinfo=UTC)
BUCKET = "shared"
OUTSIDE = ("lake-old/s/things/day=2026-03-01/_manifest.json", "lake.txt", "other/secret.parquet", "s/things/day=2026-03-01/_manifest.json")
At = Callable[..., Lake]


class Killed(BaseException):
    """As a signal: nothing in the code under test catches it."""


@pytest.fixture(autouse=True)
def owner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    only_credentials(monkeypatch, tmp_path)
    lake_bucket._client_since.cache_clear()
    yield
    lake_bucket._client_since.cache_clear()


@pytest.fixture(scope="module")
def server(s3_server: S3Server) -> S3Server:
    s3_server.client.create_bucket(Bucket=BUCKET)
    return s3_server


@pytest.fixture
def top(request: pytest.FixtureRequest, server: S3Server) -> str:
    """The folder that a test has to itself; the lake is one of several things in it."""
    folder = re.sub(r"\W+", "-", str(request.node.name))
    for name in OUTSIDE:
        server.put(BUCKET, f"{folder}/{name}", b"not ours")
    return folder


@pytest.fixture
def at(server: S3Server, top: str, tmp_path: Path) -> At:
    """The copy of the lake in a home by name."""

    def open_lake(home: str, **access: Any) -> Lake:
        reached = S3Access(endpoint=server.endpoint, path_style=True, **access)
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


def objects(server: S3Server, prefix: str) -> dict[str, bytes]:
    listed = server.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())
    return {one["Key"].removeprefix(prefix): server.client.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed}


def keys(calls: list[tuple[str, dict[str, Any]]], operation: str) -> list[str]:
    return [params["Key"].rsplit("/", 1)[-1] for name, params in calls if name == operation]


def test_what_one_home_commits_another_reads(server: S3Server, top: str, at: At) -> None:
    a, b = at("a"), at("b")
    a.commit("s", things("x", "y", bad=2), "d1", NOW)
    a.record_rejections("s", THINGS, [Rejection("f.csv", "cut", "deliver it again")])
    pull(b)
    assert content(b) == content(a) == objects(server, f"{top}/lake/")
    assert (names(b), b.rejections("s")) == (["x", "y"], [Rejection("f.csv", "cut", "deliver it again")])
    b.commit("s", things("z"), "d2", NOW)
    pull(a)
    assert names(a) == ["z"]
    assert content(b) == content(a) == objects(server, f"{top}/lake/"), "what was replaced is gone, here and there"


def test_nothing_outside_the_prefix_is_asked_for_or_changed(
    server: S3Server, top: str, at: At, asked: list[tuple[str, dict[str, Any]]]
) -> None:
    before = {name: body for name, body in objects(server, f"{top}/").items() if not name.startswith("lake/")}
    for number in range(3):
        at("a").commit("s", things(str(number), bad=number), "d", NOW)
        pull(at("b"))
    below = f"{top}/lake/"
    assert {name for name, _ in asked} == {"ListObjectsV2", "PutObject", "GetObject", "DeleteObject"}
    assert all(params["Bucket"] == BUCKET and params.get("Key", params.get("Prefix")).startswith(below) for _, params in asked)
    assert {name: body for name, body in objects(server, f"{top}/").items() if not name.startswith("lake/")} == before
    assert len(before) == len(OUTSIDE)


def test_a_manifest_cannot_lead_out_of_its_day(server: S3Server, top: str, at: At, asked: list[tuple[str, dict[str, Any]]]) -> None:
    at("a").commit("s", things("x"), "d", NOW)
    key = f"{top}/lake/s/things/day=2026-03-01/{MANIFEST}"
    manifest = orjson.loads(server.client.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    for change in (
        {"file": "../../../../other/secret.parquet"},
        {"quarantine_file": "../../../../other/secret.parquet"},
        {"source": ".."},
        {"day": "2026-03-02"},
        {"file": f"{'0' * 64}.parquet"},
    ):
        server.put(BUCKET, key, orjson.dumps(manifest | change))
        with pytest.raises(LakeDamaged, match="manifest of something else"):
            pull(at("b"))
    assert set(keys(asked, "GetObject")) == {MANIFEST}
    assert content(at("b")) == {}


def test_only_what_changed_is_fetched_and_a_listing_is_read_to_its_end(
    at: At, monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, dict[str, Any]]]
) -> None:
    monkeypatch.setattr(s3, "PAGE", 5)
    days = [DAY + timedelta(days=n) for n in range(12)]
    for day in days:
        at("a").commit("s", things(day.isoformat(), day=day), "d", NOW)
    pull(at("b"))
    assert [names(at("b"), day) for day in days] == [[day.isoformat()] for day in days]
    assert len(keys(asked, "GetObject")) == 24
    at("a").commit("s", things("restated", day=days[3]), "d2", NOW)
    asked.clear()
    for home in ("a", "b", "b"):
        pull(at(home))
    assert keys(asked, "GetObject") == [MANIFEST, at("a").manifest("s", THINGS, days[3]).file]  # type: ignore[union-attr]
    assert not keys(asked, "PutObject")
    assert content(at("b")) == content(at("a"))


def die(*_: object, **__: object) -> None:
    raise Killed


@pytest.mark.parametrize(
    ("where", "step", "left"),
    [
        (LakeBucket, "put_file", "old"),
        (LakeBucket, "put", "old"),
        (LakeBucket, "remember", "new"),
        (lake_module, "write_atomically", "new"),
        (lake_module, "sweep", "new"),
        (LakeBucket, "remove", "new"),
    ],
)
def test_a_commit_that_is_killed_leaves_the_old_day_or_the_new_one(
    at: At, monkeypatch: pytest.MonkeyPatch, where: Any, step: str, left: str
) -> None:
    a, b = at("a"), at("b")
    a.commit("s", things("old", bad=1), "d1", NOW)
    pull(b)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(where, step, die)
        a.commit("s", things("new", bad=2), "d2", NOW)
    assert names(a) == (["new"] if step in ("sweep", "remove") else ["old"]), "readable before anybody asks the bucket"
    for lake in (b, at("c"), a):
        pull(lake)
        assert names(lake) == [left]
    assert content(b) == content(at("c"))
    a.commit("s", things("new", bad=2), "d2", NOW)
    pull(b)
    assert (names(b), content(b)) == (["new"], content(a))


@pytest.mark.parametrize(
    ("where", "step"), [(LakeBucket, "fetch"), (LakeBucket, "remember"), ("audit_assets.lake_pull", "write_atomically")]
)
def test_a_pull_that_is_killed_leaves_the_old_day_until_the_next(at: At, monkeypatch: pytest.MonkeyPatch, where: Any, step: str) -> None:
    a, b = at("a"), at("b")
    a.commit("s", things("old"), "d1", NOW)
    pull(b)
    a.commit("s", things("new"), "d2", NOW)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(*([where, step, die] if where is LakeBucket else [f"{where}.{step}", die]))
        pull(b)
    assert names(b) == ["old"]
    pull(b)
    assert (names(b), content(b)) == (["new"], content(a))


def test_a_day_that_is_replaced_while_it_is_fetched_is_taken_as_it_is_then(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b, read = at("a"), at("b"), LakeBucket.read
    a.commit("s", things("old"), "d1", NOW)

    def late(bucket: LakeBucket, inside: str) -> tuple[bytes, str]:
        found = read(bucket, inside)
        if names(a) == ["old"]:
            a.commit("s", things("new"), "d2", NOW)
        return found

    monkeypatch.setattr(LakeBucket, "read", late)
    pull(b)
    assert (names(b), content(b)) == (["new"], content(a))


@pytest.mark.parametrize("harm", ["other bytes", "cut", "gone", "manifest"])
def test_a_damaged_object_is_named_with_the_way_out_and_the_last_good_day_stays(server: S3Server, top: str, at: At, harm: str) -> None:
    a, b, next_day = at("a"), at("b"), DAY + timedelta(days=1)
    a.commit("s", things("old"), "d1", NOW)
    pull(b)
    file = a.commit("s", things("new"), "d2", NOW).file
    a.commit("s", things("whole", day=next_day), "d", NOW)
    inside = f"s/things/day=2026-03-01/{MANIFEST if harm == 'manifest' else file}"
    key = f"{top}/lake/{inside}"
    body = server.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    if harm == "gone":
        server.client.delete_object(Bucket=BUCKET, Key=key)
    else:
        server.put(BUCKET, key, body[:-1] if harm in ("cut", "manifest") else body[:-1] + b"?")
    for _ in range(2):
        with pytest.raises(LakeDamaged, match=rf"{inside} .*restore it; or delete s3://{BUCKET}/{top}/lake/\S+{MANIFEST}"):
            pull(b)
        assert (names(b), names(b, next_day)) == (["old"], ["whole"])
    server.put(BUCKET, key, body)
    pull(b)
    assert content(b) == content(a)


def test_a_home_that_has_a_day_whole_heals_the_bucket(server: S3Server, top: str, at: At) -> None:
    a, folder = at("a"), f"{top}/lake/s/things/day=2026-03-01"
    file = a.commit("s", things("x"), "d1", NOW).file
    server.client.delete_object(Bucket=BUCKET, Key=f"{folder}/{file}")
    pull(a)
    pull(at("b"))
    assert names(at("b")) == ["x"]
    server.client.delete_object(Bucket=BUCKET, Key=f"{folder}/{MANIFEST}")
    pull(a)
    pull(at("c"))
    assert names(at("c")) == ["x"]


def test_a_damaged_copy_does_not_reach_the_bucket_and_is_fetched_again(server: S3Server, top: str, at: At, tmp_path: Path) -> None:
    a, alone = at("a"), Lake(tmp_path / "alone")
    file = a.folder("s", THINGS, DAY) / a.commit("s", things("x"), "d1", NOW).file
    file.unlink()
    pull(a)
    assert names(a) == ["x"]
    broken = alone.folder("s", THINGS, DAY) / alone.commit("s", things("y"), "d1", NOW).file
    bucket = LakeBucket(f"s3://{BUCKET}/{top}/second", at("a").bucket.access)  # type: ignore[union-attr]
    for harm in (lambda: broken.write_bytes(broken.read_bytes() + b"?"), broken.unlink):
        harm()
        with pytest.raises(LakeDamaged, match=f"{broken.name} is damaged or gone; delete {broken.parent}"):
            pull(Lake(alone.root, bucket))
    assert objects(server, f"{top}/second/") == {}


def test_the_lake_of_a_home_moves_into_a_bucket_at_the_first_look(server: S3Server, top: str, at: At) -> None:
    here = Lake(at("a").root)
    here.commit("s", things("x", bad=1), "d1", NOW)
    here.record_rejections("s", THINGS, [Rejection("f.csv", "cut", "deliver it again")])
    pull(at("a"))
    pull(at("b"))
    assert content(here) == content(at("b")) == objects(server, f"{top}/lake/")


def test_where_both_have_a_day_the_bucket_is_right(at: At) -> None:
    at("a").commit("s", things("shared"), "d1", NOW)
    Lake(at("b").root).commit("s", things("alone"), "d2", NOW)
    pull(at("b"))
    assert names(at("b")) == ["shared"]
    Lake(at("b").root).commit("s", things("alone"), "d2", NOW)  # while `lake` was taken out of audit.yaml for a while
    pull(at("b"))
    assert names(at("b")) == ["shared"]


def test_what_is_not_allowed_is_said_and_the_old_day_stays(server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.client.create_bucket(Bucket="reader")
    bucket = LakeBucket("s3://reader/lake", S3Access(endpoint=server.endpoint, path_style=True))
    a, b = Lake(tmp_path / "a", bucket), Lake(tmp_path / "b", bucket)
    a.commit("s", things("old"), "d1", NOW)
    lake_bucket._client_since.cache_clear()
    only_credentials(monkeypatch, tmp_path, "READER")
    pull(b)
    with pytest.raises(LakeUnavailable, match=r"s3:PutObject is not allowed.*docs/operations\.md") as problem:
        b.commit("s", things("new"), "d2", NOW)
    assert "secret" not in str(problem.value)
    assert names(b) == ["old"]
    with pytest.raises(LakeUnavailable, match="s3:ListBucket is not allowed"):
        pull(Lake(tmp_path / "c", LakeBucket("s3://ready/lake", bucket.access)))
    lake_bucket._client_since.cache_clear()
    only_credentials(monkeypatch, tmp_path)
    with pytest.raises(LakeUnavailable, match=r"no such bucket.*lake\.uri"):
        pull(Lake(tmp_path / "c", LakeBucket("s3://absent-bucket/lake", bucket.access)))


def test_a_bucket_that_does_not_answer_leaves_the_copy_and_the_lock_free(tmp_path: Path) -> None:
    shared = LakeLocation(uri="s3://bucket/lake", s3=S3Access(endpoint="http://127.0.0.1:9", path_style=True))
    home = Home(tmp_path, shared).prepare()
    Lake(home.lake.root).commit("s", things("x"), "d", NOW)
    for _ in range(2):
        with pytest.raises(LakeUnavailable, match="no answer"), home.writing():
            pass
    assert names(home.lake) == ["x"]


def test_requester_pays_is_said_with_every_request(at: At, asked: list[tuple[str, dict[str, Any]]]) -> None:
    for number in range(2):
        at("a", requester_pays=True).commit("s", things(str(number)), "d", NOW)
    pull(at("b", requester_pays=True))
    assert {name for name, _ in asked} == {"ListObjectsV2", "PutObject", "GetObject", "DeleteObject"}
    assert all(params["RequestPayer"] == "requester" for _, params in asked)


@pytest.fixture
def audit(server: S3Server, top: str, tmp_path: Path) -> Path:
    """Bills of two of three days, and a lake in the bucket."""
    for day in ("01", "02"):
        period = {"ChargePeriodStart": f"2026-03-{day}T00:00:00Z", "ChargePeriodEnd": f"2026-03-{day}T01:00:00Z"}
        write_csv(tmp_path / "bills" / f"{day}.csv", [focus_row(**period), focus_row(**period, BilledCost="none")])
    declared = {
        "version": 1,
        "audit": {"name": "a", "window": {"days": 3, "end": date(2026, 3, 3)}},
        "sources": {"billing": [{"name": "bill", "kind": "focus", "uri": "bills/"}]},
        "lake": {"uri": f"s3://{BUCKET}/{top}/lake", "s3": {"endpoint": server.endpoint, "path_style": True}},
    }
    path = tmp_path / "audit.yaml"
    path.write_text(yaml.safe_dump(declared))
    return path


def test_a_second_home_reads_no_input_again(server: S3Server, top: str, audit: Path, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    assay("backfill", "--audit", audit, "--home", a)
    before = as_json(assay("status", "--audit", audit, "--home", b, "--json"))
    assert [(row["source"], row["days_with_rows"], row["quarantined"]) for row in before if row["rows"]] == [("bill", 2, 2)]
    committed = content(Lake(b / "lake"))
    done = assay("backfill", "--audit", audit, "--home", b)
    assert committed and content(Lake(b / "lake")) == committed == content(Lake(a / "lake")), f"nothing was done again:\n{done.stdout}"
    assert objects(server, f"{top}/lake/") == committed
    look = Watched(audit, b, INGESTIONS).look_at_lake
    shutil.rmtree(a / "lake" / "bill")
    (tmp_path / "bills" / "02.csv").unlink()
    assay("backfill", "--audit", audit, "--home", a)
    assert look().home.lake.manifest("bill", INGESTIONS[0].tables[0], date(2026, 3, 2)).rows_loaded == 0  # type: ignore[union-attr]
    everything = b"".join(
        path.read_bytes() for home in (a, b) for path in home.rglob("*") if path.is_file() and path.name != "pseudonym.salt"
    )
    assert b"owner-secret" not in everything + json.dumps(done.stdout + done.stderr).encode()
    salts = [(home / "pseudonym.salt").read_bytes() for home in (a, b) if (home / "pseudonym.salt").exists()]
    kept = b"".join(f"{name}\n".encode() + body for name, body in objects(server, f"{top}/").items())
    assert not any(secret in kept for secret in (b"owner-secret", b"salt", *salts))


def test_doctor_says_whether_the_bucket_can_be_listed(server: S3Server, top: str, audit: Path, tmp_path: Path) -> None:
    (found, *_) = as_json(assay("doctor", "--audit", audit, "--home", tmp_path / "home", "--json", check=False))
    assert (found["group"], found["source"], found["healthy"]) == ("lake", f"s3://{BUCKET}/{top}/lake", True)
    audit.write_text(audit.read_text().replace(f"s3://{BUCKET}/", "s3://absent-bucket/"))
    (found, *_) = as_json(assay("doctor", "--audit", audit, "--home", tmp_path / "home", "--json", check=False))
    assert not found["healthy"]
    assert "no such bucket absent-bucket" in found["detail"]


def test_clients_are_made_anew_before_the_credentials_of_a_role_end(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket, now = at("a").bucket, time.monotonic()
    assert bucket
    monkeypatch.setattr(lake_bucket.time, "monotonic", lambda: now)
    first = bucket._client()
    assert bucket._client() is first
    now += 3600 - 1
    assert bucket._client() is not first


def test_a_run_looks_at_the_bucket_once(server: S3Server, audit: Path, tmp_path: Path, asked: list[tuple[str, dict[str, Any]]]) -> None:
    declared = yaml.safe_load(audit.read_text())["lake"]
    home = Home(tmp_path / "home", LakeLocation.model_validate(declared)).prepare()
    with home.writing(), home.writing():
        home.look()  # as a sensor does during a run
    assert [name for name, _ in asked] == ["ListObjectsV2"]
