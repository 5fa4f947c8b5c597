"""A real S3 server as the place of inputs: what lies in a bucket loads as the same files do."""

import json
import pickle
import threading
from datetime import date
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from audit_assets import s3
from audit_assets.audit import load_audit
from audit_assets.audit_sources import S3Access
from audit_assets.days import chunked, extract_chunk, plan
from audit_assets.errors import SourceMissing, SourceRejected, SourceUnavailable
from audit_assets.lake import Lake
from audit_assets.manifests.terraform import TerraformFiles
from audit_assets.run import source_names
from tests.conftest import as_json, assay
from tests.servers import only_credentials
from tests.terraform_files import CANARY, leaky, node_group, state
from tests.unit.bill_reading import csv_text, focus_row, read, source

CSV = ((".csv",), ())


@pytest.fixture(autouse=True)
def owner(monkeypatch, tmp_path):
    only_credentials(monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def bucket(s3_server):
    """One for all tests, since each takes volumes of the server; a test has the folder `top` to itself."""
    return s3_server.bucket("inputs")


@pytest.fixture
def top(request):
    return request.node.name[:60].replace("[", "-").replace("]", "")


def _access(server, **changes):
    return S3Access(endpoint=server.endpoint, path_style=True, **changes)


def _names(listing):
    return [item.uri.rsplit("/", 1)[-1] for item in listing.objects]


def _requests(monkeypatch):
    """Keys that are asked for, as they are asked for."""
    asked, fetch = [], s3._fetch
    monkeypatch.setattr(s3, "_fetch", lambda client, remote, *rest: asked.append(remote.key) or fetch(client, remote, *rest))
    return asked


def test_a_listing_of_many_pages_is_read_to_its_end(s3_server, bucket, top, tmp_path, monkeypatch):
    monkeypatch.setattr(s3, "PAGE", 10)
    for number in range(31):
        s3_server.put(bucket, f"{top}/bills/{number:02d}.csv", b"a\n")
    listing = s3.list_s3(f"s3://{bucket}/{top}/bills/", _access(s3_server), tmp_path / "copies", CSV)
    assert _names(listing) == [f"{number:02d}.csv" for number in range(31)]


def test_nothing_outside_the_prefix_is_read(s3_server, bucket, top, tmp_path, monkeypatch):
    for key in ("bills/a.csv", "bills-old/b.csv", "bills.csv", "other/c.csv", "bills/.hidden.csv", "bills/.d/x.csv", "bills/notes.md"):
        s3_server.put(bucket, f"{top}/{key}", b"x\n")
    asked = _requests(monkeypatch)
    for uri in (f"s3://{bucket}/{top}/bills", f"s3://{bucket}/{top}/bills/"):
        listing = s3.list_s3(uri, _access(s3_server), tmp_path / uri.rsplit("/", 1)[-1], CSV)
        assert [item.uri for item in listing.objects] == [f"s3://{bucket}/{top}/bills/a.csv"]
        assert listing.ignored == (f"s3://{bucket}/{top}/bills/notes.md",)
    assert asked == [f"{top}/bills/a.csv"] * 2
    one = s3.list_s3(f"s3://{bucket}/{top}/bills.csv", _access(s3_server), tmp_path / "one", CSV)
    assert [item.uri for item in one.objects] == [f"s3://{bucket}/{top}/bills.csv"]


def test_only_what_changed_is_copied_again_and_what_is_gone_goes(s3_server, bucket, top, tmp_path, monkeypatch):
    for name in ("a", "b", "c"):
        s3_server.put(bucket, f"{top}/bills/{name}.csv", b"before\n")
    asked = _requests(monkeypatch)
    where = (f"s3://{bucket}/{top}/bills/", _access(s3_server), tmp_path / "copies", CSV)
    before = s3.list_s3(*where)
    assert len(asked) == 3
    s3_server.put(bucket, f"{top}/bills/b.csv", b"after!\n")  # as long as before: only the ETag tells
    s3_server.client.delete_object(Bucket=bucket, Key=f"{top}/bills/c.csv")
    after = s3.list_s3(*where)
    assert asked[3:] == [f"{top}/bills/b.csv"]
    assert _names(after) == ["a.csv", "b.csv"]
    assert after.objects[0] == before.objects[0]
    assert after.objects[1].etag != before.objects[1].etag
    assert sorted(path.name for path in (tmp_path / "copies").rglob("*.csv")) == ["a.csv", "b.csv"]


def test_an_object_that_changes_while_it_is_copied_is_not_taken(s3_server, bucket, top, tmp_path, monkeypatch):
    s3_server.put(bucket, f"{top}/bills/a.csv", b"listed\n")
    fetch = s3._fetch

    def late(client, remote, *rest):
        s3_server.put(bucket, f"{top}/bills/a.csv", b"changed\n")
        fetch(client, remote, *rest)

    monkeypatch.setattr(s3, "_fetch", late)
    with pytest.raises(SourceUnavailable, match="changed while it was read"):
        s3.list_s3(f"s3://{bucket}/{top}/bills/", _access(s3_server), tmp_path / "copies", CSV)
    assert not list((tmp_path / "copies").rglob("*.csv"))


def test_an_object_of_several_parts_is_copied_whole(s3_server, bucket, top, tmp_path):
    path = tmp_path / "large.csv"
    path.write_bytes(b"0123456789\n" * 1_000_000)
    s3_server.client.upload_file(str(path), bucket, f"{top}/bills/large.csv")
    (item,) = s3.list_s3(f"s3://{bucket}/{top}/bills/", _access(s3_server), tmp_path / "copies", CSV).objects
    assert item.path.read_bytes() == path.read_bytes()


def test_names_that_no_file_can_have_are_refused_and_the_rest_is_read(s3_server, bucket, top, tmp_path, monkeypatch):
    s3_server.put(bucket, f"{top}/bills/d.csv", b"x\n")
    odd = [s3.RemoteObject(bucket, f"{top}/bills/{inside}", inside, 2, "e") for inside in ("../up.csv", "x//y.csv", "d.csv/z.csv")]
    found = s3.objects_below
    monkeypatch.setattr(s3, "objects_below", lambda *given: [*found(*given), *odd])
    listing = s3.list_s3(f"s3://{bucket}/{top}/bills/", _access(s3_server), tmp_path / "copies", CSV)
    assert _names(listing) == ["d.csv"]
    assert {refused.uri for refused in listing.refused} == {remote.uri for remote in odd}


@pytest.mark.parametrize(
    ("uri", "key", "error", "text"),
    [
        ("s3://absent-bucket/x/", "OWNER", SourceMissing, "no such bucket absent-bucket"),
        ("s3://ready/nothing/", "OWNER", SourceMissing, "nothing lies below"),
        ("s3://ready/", "NOBODY", SourceRejected, "credentials are refused"),
        ("s3://ready/", "READER", SourceRejected, "s3:ListBucket is not allowed"),
        ("s3:///x", "OWNER", SourceRejected, "not a location"),
    ],
)
def test_what_is_wrong_is_said(s3_server, tmp_path, monkeypatch, uri, key, error, text):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f"{key.lower()}-secret")
    with pytest.raises(error, match=text) as problem:
        s3.list_s3(uri, _access(s3_server), tmp_path / "copies", CSV)
    assert "secret" not in str(problem.value)


def test_without_credentials_the_way_to_give_them_is_said(s3_server, tmp_path, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(SourceRejected, match="set AWS_PROFILE"):
        s3.list_s3("s3://ready/", _access(s3_server), tmp_path / "copies", CSV)


def test_a_server_that_is_not_there_is_unavailable(tmp_path):
    access = S3Access(endpoint="http://127.0.0.1:9", path_style=True)
    with pytest.raises(SourceUnavailable, match="no answer"):
        s3.list_s3("s3://bucket/x/", access, tmp_path / "copies", CSV)


class _Sts(BaseHTTPRequestHandler):
    """An emulator of AssumeRole: hands out the reader's key, to who brings the external id."""

    asked: list[str] = []  # noqa: RUF012

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.asked.append(body)
        allowed = "ExternalId=agreed" in body
        key = "<AccessKeyId>READER</AccessKeyId><SecretAccessKey>reader-secret</SecretAccessKey><SessionToken></SessionToken>"
        fine = f"<AssumeRoleResult><Credentials>{key}<Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
        answer = (
            f"<AssumeRoleResponse>{fine}</AssumeRoleResponse>"
            if allowed
            else "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
        )
        self.send_response(200 if allowed else 403)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_):
        pass


def test_a_role_is_assumed_and_its_rights_hold(s3_server, bucket, top, tmp_path, monkeypatch):
    emulator = ThreadingHTTPServer(("127.0.0.1", 0), _Sts)
    threading.Thread(target=emulator.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{emulator.server_port}")
    s3_server.bucket("reader")
    s3_server.put("reader", "bills/a.csv", b"x\n")
    role = {"role_arn": "arn:aws:iam::123456789012:role/assay", "external_id": "agreed"}
    try:
        assert _names(s3.list_s3("s3://reader/bills/", _access(s3_server, **role), tmp_path / "one", CSV)) == ["a.csv"]
        with pytest.raises(SourceRejected, match="s3:ListBucket is not allowed"):
            s3.list_s3(f"s3://{bucket}/{top}/", _access(s3_server, **role), tmp_path / "two", CSV)
        with pytest.raises(SourceRejected, match="may not be assumed"):
            s3.list_s3("s3://reader/bills/", _access(s3_server, role_arn=role["role_arn"]), tmp_path / "three", CSV)
    finally:
        emulator.shutdown()
        emulator.server_close()


def test_a_restated_month_changes_the_inputs_of_its_days_only(s3_server, bucket, top, tmp_path):
    march, april = date(2026, 3, 1), date(2026, 4, 1)
    s3_server.put(bucket, f"{top}/bills/march.csv", csv_text([focus_row(BilledCost="1")]).encode())
    later = focus_row(ChargePeriodStart="2026-04-01T00:00:00Z", ChargePeriodEnd="2026-04-01T01:00:00Z")
    s3_server.put(bucket, f"{top}/bills/april.csv", csv_text([later]).encode())
    bill = source(tmp_path, uri=f"s3://{bucket}/{top}/bills/", s3=_access(s3_server).model_dump())
    before = bill.inputs([march, april])
    s3_server.put(bucket, f"{top}/bills/march.csv", csv_text([focus_row(BilledCost="2")]).encode())
    after = bill.inputs([march, april])
    assert before[march] != after[march]
    assert before[april] == after[april]
    charges, _ = read(bill, [march])
    assert [(charge["billed_cost"], charge["source_uri"]) for charge in charges] == [(2, f"s3://{bucket}/{top}/bills/march.csv")]
    assert pickle.loads(pickle.dumps(bill)).inputs([march]) == {march: after[march]}


@pytest.mark.parametrize("inside", ["prod/terraform.tfstate", "prod/"], ids=["object", "folder"])
def test_a_state_is_read_where_its_backend_keeps_it(s3_server, bucket, top, tmp_path, inside):
    s3_server.put(bucket, f"{top}/prod/terraform.tfstate", state(*leaky()).encode())
    s3_server.put(bucket, f"{top}/prod-old/terraform.tfstate", state(node_group("old")).encode())
    infra = TerraformFiles("infra", f"s3://{bucket}/{top}/{inside}", tmp_path, tmp_path / "index", "prod", date(2026, 9, 30))
    infra.s3 = _access(s3_server)
    rows = {one.table.name: one.rows.to_pylist() for one in infra.extract(infra.inputs([date(2026, 9, 30)]), tmp_path)}
    assert {row["source_uri"] for row in rows["machine_pools"]} == {f"s3://{bucket}/{top}/prod/terraform.tfstate"}
    assert {row["address"] for row in rows["machine_pools"]} >= {"aws_eks_node_group.gpu"}
    assert not any(CANARY in path.read_text() for path in tmp_path.rglob("*") if path.is_file()), "copies lie in a folder that goes"


@pytest.fixture
def in_bucket(s3_server, bucket, top, short_audit):
    """The audit of the same estate, every location in the bucket."""
    s3_server.upload(short_audit.parent, bucket, f"{top}/")
    declared = yaml.safe_load(short_audit.read_text())
    for entry in (entry for group in declared["sources"].values() for entry in group):
        entry |= {"uri": f"s3://{bucket}/{top}/{entry['uri']}", "s3": _access(s3_server).model_dump(exclude_none=True)}
    path = short_audit.parent / "audit-s3.yaml"
    path.write_text(yaml.safe_dump(declared))
    return path


def _rows(home, root=""):
    """Digest of every committed day, by source, table and day; the place of the inputs is taken out of the rows."""
    digests = {}
    for manifest in sorted((home / "lake").rglob("_manifest.json")):
        day = json.loads(manifest.read_bytes())
        rows = pq.ParquetFile(manifest.parent / day["file"]).read()
        for name in ("source_uri", "uri"):
            if name in rows.column_names:
                moved = [uri.replace(root, "") if uri else uri for uri in rows[name].to_pylist()]
                rows = rows.set_column(rows.column_names.index(name), name, pa.array(moved, rows.schema.field(name).type))
        text = "\n".join(map(repr, rows.to_pylist()))
        digests[day["source"], day["table"], day["day"]] = (sha256(text.encode()).hexdigest(), day["rows_loaded"], day["rows_quarantined"])
    return digests


def test_the_same_estate_gives_the_same_lake_from_files_and_from_a_bucket(short_audit, in_bucket, bucket, top, tmp_path):
    homes = tmp_path / "files", tmp_path / "bucket"
    for home in homes:
        home.mkdir()
        (home / "pseudonym.salt").write_text("0" * 32)  # the same people in both
    assay("backfill", "--audit", short_audit, "--home", homes[0])
    assay("backfill", "--audit", in_bucket, "--home", homes[1])
    files, copies = _rows(homes[0]), _rows(homes[1], f"s3://{bucket}/{top}/")
    assert {source for source, *_ in files} == set(source_names(load_audit(short_audit)))
    assert sum(loaded for _, loaded, _ in files.values()) > 1000
    assert copies == files
    raw = [path for path in homes[1].rglob("*") if path.suffix in (".json", ".zip", ".yaml") and "objects" in path.parts]
    assert not raw, "texts that are not redacted yet, and secrets of manifests, don't lie below the home"


def test_doctor_shows_what_lies_in_the_bucket(in_bucket, tmp_path, monkeypatch):
    told = as_json(assay("doctor", "--audit", in_bucket, "--home", tmp_path / "home", "--json", check=False))
    assert all(one["reachable"] for one in told), told
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    told = as_json(assay("doctor", "--audit", in_bucket, "--home", tmp_path / "home", "--json", check=False))
    assert "credentials are refused" in json.dumps(told)
    assert "owner-secret" not in json.dumps(told)


def test_days_stay_when_the_right_to_list_is_taken_away(s3_server, bucket, top, tmp_path, monkeypatch):
    march, lake = date(2026, 3, 1), Lake(tmp_path / "lake")
    s3_server.put(bucket, f"{top}/bills/march.csv", csv_text([focus_row()]).encode())
    bill = source(tmp_path, uri=f"s3://{bucket}/{top}/bills/", s3=_access(s3_server).model_dump())
    for chunk in chunked(plan(bill, lake, [march])):
        extract_chunk(chunk, lake, tmp_path)
    before = lake.manifest(bill.name, bill.tables[0], march)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "NOBODY")
    refused = plan(bill, lake, [march])
    assert isinstance(refused.problem, SourceRejected) and refused.todo == ()
    (said,) = lake.rejections(bill.name)
    assert "credentials are refused" in said.reason
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OWNER")
    assert plan(bill, lake, [march]).current == (march,)
    assert (lake.rejections(bill.name), lake.manifest(bill.name, bill.tables[0], march)) == ([], before)
