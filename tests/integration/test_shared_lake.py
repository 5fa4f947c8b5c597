"""A lake that homes share: what one home commits the others read, and nothing else is touched."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from audit_assets import lake_bucket, s3
from audit_assets.audit_sources import S3Access
from audit_assets.errors import LakeDamaged, LakeUnavailable
from audit_assets.lake import MANIFEST, Lake
from audit_assets.lake_bucket import LakeBucket
from audit_assets.lake_pull import pull
from audit_assets.source import Rejection
from tests.servers import S3Server, only_credentials
from tests.shared_lake import BUCKET, DAY, NOW, OUTSIDE, THINGS, At, content, keys, names, objects, things

pytestmark = pytest.mark.usefixtures("lake_owner")


def test_what_one_home_commits_another_reads(s3_server: S3Server, top: str, at: At) -> None:
    a, b = at("a"), at("b")
    a.commit("s", things("x", "y", bad=2), "d1", NOW)
    a.record_rejections("s", THINGS, [Rejection("f.csv", "cut", "deliver it again")])
    pull(b)
    assert content(b) == content(a) == objects(s3_server, f"{top}/lake/")
    assert (names(b), b.rejections("s")) == (["x", "y"], [Rejection("f.csv", "cut", "deliver it again")])
    b.commit("s", things("z"), "d2", NOW)
    pull(a)
    assert names(a) == ["z"]
    assert content(b) == content(a) == objects(s3_server, f"{top}/lake/"), "what was replaced is gone, here and there"


def test_nothing_outside_the_prefix_is_asked_for_or_changed(
    s3_server: S3Server, top: str, at: At, asked: list[tuple[str, dict[str, Any]]]
) -> None:
    before = {name: body for name, body in objects(s3_server, f"{top}/").items() if not name.startswith("lake/")}
    for number in range(3):
        at("a").commit("s", things(str(number), bad=number), "d", NOW)
        pull(at("b"))
    below = f"{top}/lake/"
    assert {name for name, _ in asked} == {"ListObjectsV2", "PutObject", "GetObject", "DeleteObject"}
    assert all(params["Bucket"] == BUCKET and params.get("Key", params.get("Prefix")).startswith(below) for _, params in asked)
    assert {name: body for name, body in objects(s3_server, f"{top}/").items() if not name.startswith("lake/")} == before
    assert len(before) == len(OUTSIDE)


def test_a_manifest_cannot_lead_out_of_its_day(s3_server: S3Server, top: str, at: At, asked: list[tuple[str, dict[str, Any]]]) -> None:
    at("a").commit("s", things("x"), "d", NOW)
    key = f"{top}/lake/s/things/day=2026-03-01/{MANIFEST}"
    manifest = orjson.loads(s3_server.client.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    for change in (
        {"file": "../../../../other/secret.parquet"},
        {"quarantine_file": "../../../../other/secret.parquet"},
        {"source": ".."},
        {"day": "2026-03-02"},
        {"file": f"{'0' * 64}.parquet"},
    ):
        s3_server.put(BUCKET, key, orjson.dumps(manifest | change))
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


def test_the_lake_of_a_home_moves_into_a_bucket_at_the_first_look(s3_server: S3Server, top: str, at: At) -> None:
    here = Lake(at("a").root)
    here.commit("s", things("x", bad=1), "d1", NOW)
    here.record_rejections("s", THINGS, [Rejection("f.csv", "cut", "deliver it again")])
    pull(at("a"))
    pull(at("b"))
    assert content(here) == content(at("b")) == objects(s3_server, f"{top}/lake/")


def test_where_both_have_a_day_the_bucket_is_right(at: At) -> None:
    at("a").commit("s", things("shared"), "d1", NOW)
    Lake(at("b").root).commit("s", things("alone"), "d2", NOW)
    pull(at("b"))
    assert names(at("b")) == ["shared"]
    Lake(at("b").root).commit("s", things("alone"), "d2", NOW)  # while `lake` was taken out of audit.yaml for a while
    pull(at("b"))
    assert names(at("b")) == ["shared"]


def test_what_is_not_allowed_is_said_and_the_old_day_stays(s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    s3_server.bucket("reader")
    bucket = LakeBucket("s3://reader/lake", S3Access(endpoint=s3_server.endpoint, path_style=True))
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
        pull(Lake(tmp_path / "c", LakeBucket("s3://ready/elsewhere", bucket.access)))
    lake_bucket._client_since.cache_clear()
    only_credentials(monkeypatch, tmp_path)
    with pytest.raises(LakeUnavailable, match=r"no such bucket.*lake\.uri"):
        pull(Lake(tmp_path / "c", LakeBucket("s3://absent-bucket/lake", bucket.access)))


def test_requester_pays_is_said_with_every_request(at: At, asked: list[tuple[str, dict[str, Any]]]) -> None:
    for number in range(2):
        at("a", requester_pays=True).commit("s", things(str(number)), "d", NOW)
    pull(at("b", requester_pays=True))
    assert {name for name, _ in asked} == {"ListObjectsV2", "PutObject", "GetObject", "DeleteObject"}
    assert all(params["RequestPayer"] == "requester" for _, params in asked)
