"""Homes that share a lake, as a user has them: through the command line, the daemon's look and the lock."""

import json
import shutil
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit_assets import lake_bucket
from audit_assets.audit_lake import LakeLocation
from audit_assets.audit_sources import S3Access
from audit_assets.definitions import INGESTIONS
from audit_assets.errors import LakeUnavailable
from audit_assets.home import Home
from audit_assets.lake import Lake
from sensors.watched import Watched
from tests.conftest import as_json, assay
from tests.servers import S3Server
from tests.shared_lake import BUCKET, NOW, At, content, names, objects, things
from tests.unit.bill_reading import focus_row, write_csv

pytestmark = pytest.mark.usefixtures("lake_owner")


def test_a_bucket_that_does_not_answer_leaves_the_copy_and_the_lock_free(tmp_path: Path) -> None:
    shared = LakeLocation(uri="s3://bucket/lake", s3=S3Access(endpoint="http://127.0.0.1:9", path_style=True))
    home = Home(tmp_path, shared).prepare()
    Lake(home.lake.root).commit("s", things("x"), "d", NOW)
    for _ in range(2):
        with pytest.raises(LakeUnavailable, match="no answer"), home.writing():
            pass
    assert names(home.lake) == ["x"]


@pytest.fixture
def audit(s3_server: S3Server, top: str, tmp_path: Path) -> Path:
    """Bills of two of three days, and a lake in the bucket."""
    for day in ("01", "02"):
        period = {"ChargePeriodStart": f"2026-03-{day}T00:00:00Z", "ChargePeriodEnd": f"2026-03-{day}T01:00:00Z"}
        write_csv(tmp_path / "bills" / f"{day}.csv", [focus_row(**period), focus_row(**period, BilledCost="none")])
    declared = {
        "version": 1,
        "audit": {"name": "a", "window": {"days": 3, "end": date(2026, 3, 3)}},
        "sources": {"billing": [{"name": "bill", "kind": "focus", "uri": "bills/"}]},
        "lake": {"uri": f"s3://{BUCKET}/{top}/lake", "s3": {"endpoint": s3_server.endpoint, "path_style": True}},
    }
    path = tmp_path / "audit.yaml"
    path.write_text(yaml.safe_dump(declared))
    return path


def test_a_second_home_reads_no_input_again(s3_server: S3Server, top: str, audit: Path, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    assay("backfill", "--audit", audit, "--home", a)
    before = as_json(assay("status", "--audit", audit, "--home", b, "--json"))
    assert [(row["source"], row["days_with_rows"], row["quarantined"]) for row in before if row["rows"]] == [("bill", 2, 2)]
    committed = content(Lake(b / "lake"))
    done = assay("backfill", "--audit", audit, "--home", b)
    assert committed and content(Lake(b / "lake")) == committed == content(Lake(a / "lake")), f"nothing was done again:\n{done.stdout}"
    assert objects(s3_server, f"{top}/lake/") == committed
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
    kept = b"".join(f"{name}\n".encode() + body for name, body in objects(s3_server, f"{top}/").items())
    assert not any(secret in kept for secret in (b"owner-secret", b"salt", *salts))


def test_doctor_says_whether_the_bucket_can_be_listed(s3_server: S3Server, top: str, audit: Path, tmp_path: Path) -> None:
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


def test_a_run_looks_at_the_bucket_once(s3_server: S3Server, audit: Path, tmp_path: Path, asked: list[tuple[str, dict[str, Any]]]) -> None:
    declared = yaml.safe_load(audit.read_text())["lake"]
    home = Home(tmp_path / "home", LakeLocation.model_validate(declared)).prepare()
    with home.writing(), home.writing():
        home.look()  # as a sensor does during a run
    assert [name for name, _ in asked] == ["ListObjectsV2"]
