"""One estate with every kind of damage: each is named with its file and the fix, the rest loads, and nothing ends in a traceback."""

import gzip
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Audited, as_json, assay

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{n}: &{n} [{','.join([f'*{p}'] * 9)}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True)
)
HEADER = (
    "BilledCost,EffectiveCost,ListCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ResourceId,ServiceName,ProviderName"
)


@pytest.fixture(scope="module")
def damaged(audited: Callable[..., Audited], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Audited, Any]]:
    made, folder = audited(), tmp_path_factory.mktemp("damaged")
    estate, home = folder / "estate", folder / "home"
    shutil.copytree(made.estate, estate)
    shutil.copytree(made.home, home)
    audit = yaml.safe_load((estate / "audit.yaml").read_text())
    audit["sources"]["billing"].append({"name": "broken", "kind": "focus", "uri": "broken/"})
    audit["sources"]["incidents"].append({"name": "evil", "kind": "slack", "uri": "evil.zip"})
    (estate / "audit.yaml").write_text(yaml.safe_dump(audit))
    _damage(estate, audit["audit"]["window"]["end"])
    done = assay("run", "--audit", estate / "audit.yaml", "--home", home, "--json", check=False)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 2, done.stderr
    yield Audited(estate, home, done.stdout), as_json(done)


def _damage(estate: Path, day: Any) -> None:
    broken = estate / "broken"
    broken.mkdir()
    (broken / "cut.parquet").write_bytes(next((estate / "billing").rglob("*.parquet")).read_bytes()[:-100])
    (broken / "cut.csv.gz").write_bytes(gzip.compress(f"{HEADER}\n{'1,' * 9}1\n".encode() * 50)[:-20])
    (broken / "no_column.csv").write_text("BilledCost,ChargePeriodStart\n1,2026-01-01T00:00:00Z\n")
    (broken / "page.csv").write_text("<!doctype html><html><body>Sign in</body></html>")
    (broken / "empty.csv").write_text("")
    rows = [f"1.5,1.5,1.5,USD,Usage,{day}T{hour % 24:02}:00:00Z,{day}T{hour % 24:02}:30:00Z,disk-{hour},Storage,AWS" for hour in range(99)]
    rows.insert(40, f"not-a-number,1.5,1.5,USD,Usage,{day}T00:00:00Z,{day}T01:00:00Z,disk-x,Storage,AWS")
    (broken / "poison.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    folder = next(path for path in (estate / "manifests").rglob("*") if path.suffix in (".yaml", ".yml")).parent
    (folder / "bomb.yaml").write_text(BOMB)
    (folder / "helm.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n")
    with zipfile.ZipFile(estate / "evil.zip", "w") as archive:
        archive.writestr("../../outside.json", "[]")
    metrics = next(path for path in sorted((estate / "metrics").rglob("*.gz")))
    metrics.with_name("cut.om.gz").write_bytes(metrics.read_bytes()[:2000])


def refusals(report: Any) -> dict[str, str]:
    return {Path(refused["uri"].split(":")[0]).name: f"{refused['reason']} — {refused['fix']}" for refused in report["rejected"]}


@pytest.mark.parametrize("name", ["cut.parquet", "cut.csv.gz", "no_column.csv", "page.csv", "cut.om.gz", "evil.zip"])
def test_a_bad_file_is_refused_by_name_with_the_fix(damaged: tuple[Audited, Any], name: str) -> None:
    told = refusals(damaged[1])
    assert name in told, told
    reason, fix = told[name].split(" — ", 1)
    assert reason.strip() and fix.strip()


def test_the_missing_column_is_named(damaged: tuple[Audited, Any]) -> None:
    assert "EffectiveCost" in refusals(damaged[1])["no_column.csv"] or "ChargePeriodEnd" in refusals(damaged[1])["no_column.csv"]


def test_an_empty_file_is_refused_or_a_gap(damaged: tuple[Audited, Any]) -> None:
    assert "empty.csv" in refusals(damaged[1])


def test_the_poisoned_row_is_quarantined_and_the_others_load(damaged: tuple[Audited, Any]) -> None:
    query = "select sum(rows_in), sum(rows_loaded), sum(rows_quarantined) from meta_sources where source = 'broken'"
    assert damaged[0].query(query) == [(100, 99, 1)]


def test_bombs_and_templates_are_set_aside(damaged: tuple[Audited, Any]) -> None:
    told, quarantined = (
        refusals(damaged[1]),
        damaged[0].query("select sum(rows_quarantined) from meta_sources where source_group = 'manifests'"),
    )
    assert len({"bomb.yaml", "helm.yaml"} & told.keys()) + int(quarantined[0][0] or 0) >= 2


def test_the_good_rest_gives_the_same_numbers(damaged: tuple[Audited, Any], audited: Callable[..., Audited]) -> None:
    good, claims = audited().claims(), damaged[0].claims()
    for claim in ("cost.spend.total", "cost.idle.share"):
        assert claims[claim] == good[claim]
    assert claims["rel.incidents.total"] == (None, "unknown")  # a declared source that delivered nothing may hide incidents


def test_nothing_was_written_outside(damaged: tuple[Audited, Any]) -> None:
    assert not (damaged[0].home.parent.parent / "outside.json").exists()


def test_an_unknown_key_stops_before_anything_is_touched(copied: Audited) -> None:
    before = (copied.home / "marts.duckdb").read_bytes()
    copied.audit.write_text(copied.audit.read_text() + "\nbeleifs: []\n")
    done = assay("run", "--audit", copied.audit, "--home", copied.home, check=False)
    assert done.returncode == 2
    assert "beleifs" in done.stderr and "beliefs" in done.stderr and "Traceback" not in done.stderr
    assert (copied.home / "marts.duckdb").read_bytes() == before


def test_doctor_names_what_is_wrong(damaged: tuple[Audited, Any]) -> None:
    done = assay("doctor", "--audit", damaged[0].audit, "--home", damaged[0].home, "--json", check=False)
    findings = {finding["source"]: finding for finding in as_json(done)}
    assert done.returncode == 2
    assert not findings["broken"]["healthy"] and not findings["evil"]["healthy"]
    assert all(finding["healthy"] for name, finding in findings.items() if finding["group"] == "billing" and name != "broken")
