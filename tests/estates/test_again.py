"""Running again changes nothing; a fresh home gives the same rows and the same bytes; two runs at once do not meet."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ASSAY, Audited, as_json, assay, row_hashes

DOCUMENTS = ("index", "cost_model", "risk_register", "slo_proposal", "roadmap")


def documents(home: Path) -> dict[str, bytes]:
    kept = (".md", ".html", ".svg", ".json", ".yaml")
    return {path.name: path.read_bytes() for path in sorted((home / "artifacts").rglob("*")) if path.suffix in kept}


def test_the_run_says_where_the_documents_are_and_what_they_found(audited: Callable[..., Audited]) -> None:
    output = audited().output
    for name in DOCUMENTS:
        assert f"{name}.html" in output
    assert output.index("index.html") < output.index("cost_model.html")
    for claim in ("cost.spend.total", "cost.idle.share", "rel.incidents.total"):
        assert claim in output
    assert "assay sql" in output


def test_running_again_changes_no_row(copied: Audited) -> None:
    before, pages = row_hashes(copied.home / "marts.duckdb"), documents(copied.home)
    report = as_json(assay("run", "--audit", copied.audit, "--home", copied.home, "--json"))
    assert report["unchanged"]
    assert row_hashes(copied.home / "marts.duckdb") == before
    assert documents(copied.home) == pages


def test_a_fresh_home_elsewhere_gives_the_same_rows_and_bytes_though_two_begin_at_once(audited_short: Audited, tmp_path: Path) -> None:
    fresh = tmp_path / "elsewhere" / "home"
    command = [ASSAY, "run", "--audit", str(audited_short.audit), "--home", str(fresh)]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    second = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    told = [process.communicate()[1] for process in (first, second)]
    assert sorted(process.returncode for process in (first, second)) == [0, 1]
    refused = told[0] if first.returncode else told[1]
    assert "another Assay process" in refused
    assert "Traceback" not in "".join(told)
    assert_same(fresh, audited_short.home)


@pytest.mark.soak
def test_ninety_days_in_a_fresh_home_give_the_same_rows_and_bytes(copied: Audited, tmp_path: Path) -> None:
    fresh = tmp_path / "elsewhere" / "home"
    assay("run", "--audit", copied.audit, "--home", fresh)
    assert_same(fresh, copied.home)


def assert_same(one: Path, other: Path) -> None:
    assert row_hashes(one / "marts.duckdb") == row_hashes(other / "marts.duckdb")
    assert documents(one) == documents(other)
