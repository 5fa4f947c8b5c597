"""A lake that homes share, harmed: a kill at any moment leaves a whole day, and damage is named and healed."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from audit_assets import lake as lake_module
from audit_assets.errors import LakeDamaged
from audit_assets.lake import MANIFEST, Lake
from audit_assets.lake_bucket import LakeBucket
from audit_assets.lake_pull import pull
from tests.servers import S3Server
from tests.shared_lake import BUCKET, DAY, NOW, THINGS, At, content, names, objects, things

pytestmark = pytest.mark.usefixtures("lake_owner")


class Killed(BaseException):
    """As a signal: nothing in the code under test catches it."""


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


WRITE_ON = """
import sys
from pathlib import Path
from audit_assets.audit_sources import S3Access
from audit_assets.lake import Lake
from audit_assets.lake_bucket import LakeBucket
from tests.shared_lake import NOW, things
lake = Lake(Path(sys.argv[1]), LakeBucket(sys.argv[2], S3Access(endpoint=sys.argv[3], path_style=True)))
for number in range(100_000):
    lake.commit("s", things(str(number), bad=number % 3), str(number), NOW)
    print(number, flush=True)
"""


@pytest.mark.parametrize("milliseconds", [0, 3, 7, 11, 16])
def test_a_home_that_is_killed_while_it_writes_leaves_a_whole_day(s3_server: S3Server, top: str, at: At, milliseconds: int) -> None:
    a, b = at("a"), at("b")
    command = [sys.executable, "-c", WRITE_ON, str(a.root), f"s3://{BUCKET}/{top}/lake", s3_server.endpoint]
    writing = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert writing.stdout
    for _ in range(3):
        last = int(writing.stdout.readline())
    time.sleep(milliseconds / 1000)
    writing.kill()
    last = max([last, *map(int, writing.communicate()[0].split())])
    (found,) = names(a)
    assert int(found) in (last, last + 1)
    pull(b)
    (found,) = names(b)
    assert int(found) in (last, last + 1)
    pull(a)
    assert names(a) == names(b)
    a.commit("s", things("after"), "after", NOW)
    pull(b)
    assert (names(b), content(b)) == (["after"], content(a)), "what the kill left is swept"


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
def test_a_damaged_object_is_named_with_the_way_out_and_the_last_good_day_stays(s3_server: S3Server, top: str, at: At, harm: str) -> None:
    a, b, next_day = at("a"), at("b"), DAY + timedelta(days=1)
    a.commit("s", things("old"), "d1", NOW)
    pull(b)
    file = a.commit("s", things("new"), "d2", NOW).file
    a.commit("s", things("whole", day=next_day), "d", NOW)
    inside = f"s/things/day=2026-03-01/{MANIFEST if harm == 'manifest' else file}"
    key = f"{top}/lake/{inside}"
    body = s3_server.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    if harm == "gone":
        s3_server.client.delete_object(Bucket=BUCKET, Key=key)
    else:
        s3_server.put(BUCKET, key, body[:-1] if harm in ("cut", "manifest") else body[:-1] + b"?")
    for _ in range(2):
        with pytest.raises(LakeDamaged, match=rf"{inside} .*restore it; or delete s3://{BUCKET}/{top}/lake/\S+{MANIFEST}"):
            pull(b)
        assert (names(b), names(b, next_day)) == (["old"], ["whole"])
    s3_server.put(BUCKET, key, body)
    pull(b)
    assert content(b) == content(a)


def test_a_home_that_has_a_day_whole_heals_the_bucket(s3_server: S3Server, top: str, at: At) -> None:
    a, folder = at("a"), f"{top}/lake/s/things/day=2026-03-01"
    file = a.commit("s", things("x"), "d1", NOW).file
    s3_server.client.delete_object(Bucket=BUCKET, Key=f"{folder}/{file}")
    pull(a)
    pull(at("b"))
    assert names(at("b")) == ["x"]
    s3_server.client.delete_object(Bucket=BUCKET, Key=f"{folder}/{MANIFEST}")
    pull(a)
    pull(at("c"))
    assert names(at("c")) == ["x"]


def test_a_damaged_copy_does_not_reach_the_bucket_and_is_fetched_again(s3_server: S3Server, top: str, at: At, tmp_path: Path) -> None:
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
    assert objects(s3_server, f"{top}/second/") == {}
