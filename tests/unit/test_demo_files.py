"""Generated estates as files: reproducible, valid, different by seed, and quiet where they should be."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from audit_assets.audit import load_audit
from audit_assets.demo.bill import Bill
from audit_assets.demo.blueprint import draw
from audit_assets.demo.chatter import NOISE_MESSAGES
from audit_assets.demo.estate import write_parts
from audit_assets.demo.trouble import EVENTS, NEAR_MISS, PAGED, SLACK_ONLY
from audit_assets.demo.truth import planted
from audit_assets.errors import BadInput

SOME_DAYS = (1, 41, 76)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def estates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Estates with every file but most days of metrics."""
    folder = tmp_path_factory.mktemp("estates")
    for name, seed, control in (("demo", 7, False), ("other", 8, False), ("control", 7, True)):
        write_parts(folder / name, seed, "small", control, SOME_DAYS)
    return {path.name: path for path in folder.iterdir()}


def test_the_same_seed_gives_the_same_bytes_in_another_process(estates: dict[str, Path], tmp_path: Path) -> None:
    call = f"write_parts(Path({str(tmp_path / 'again')!r}), 7, 'small', False, {SOME_DAYS})"
    code = f"from pathlib import Path; from audit_assets.demo.estate import write_parts; {call}"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"})
    assert contents(tmp_path / "again") == contents(estates["demo"])


def test_another_seed_gives_other_files_and_the_same_facts(estates: dict[str, Path]) -> None:
    one, two = contents(estates["demo"]), contents(estates["other"])
    same = {name for name in one.keys() & two.keys() if one[name] == two[name]}
    assert all(name.startswith(("manifests/", "billing/dc1/", "truth.json")) for name in same)
    assert planted(Bill(draw(7, control=False))) == planted(Bill(draw(8, control=False)))


@pytest.mark.parametrize("name", ["demo", "control"])
def test_audit_yaml_is_valid_and_names_what_exists(estates: dict[str, Path], name: str) -> None:
    audit = load_audit(estates[name] / "audit.yaml")
    assert len(audit.window) == 90
    assert sum(len(service.workloads) for service in audit.scope.services) == 11
    sources = audit.sources
    for source in (*sources.billing, *sources.incidents, *sources.metrics, *sources.manifests):
        assert source.uri and (estates[name] / source.uri).exists()


def test_truth_holds_the_41_facts(estates: dict[str, Path]) -> None:
    facts = json.loads((estates["demo"] / "truth.json").read_text())
    assert len({fact["id"] for fact in facts}) == 41
    for fact in facts:
        assert fact["mart"] in fact["query"] and fact["source_files"]
        assert all((estates["demo"] / file).exists() for file in fact["source_files"])


def slack_messages(estate: Path) -> list[dict[str, object]]:
    with zipfile.ZipFile(estate / "incidents" / "slack-export.zip") as archive:
        days = [name for name in archive.namelist() if "/" in name]
        return [message for name in days for message in json.loads(archive.read(name))]


def test_messages_and_pages_are_as_many_as_planted(estates: dict[str, Path]) -> None:
    kinds = [event.kind for event in EVENTS]
    assert (kinds.count(PAGED), kinds.count(SLACK_ONLY), kinds.count(NEAR_MISS)) == (9, 8, 6)
    assert len(slack_messages(estates["demo"])) > NOISE_MESSAGES
    assert len(slack_messages(estates["control"])) == NOISE_MESSAGES
    for name, pages in (("demo", 9), ("control", 0)):
        files = sorted((estates[name] / "incidents" / "pagerduty").glob("incidents-*.json"))
        assert sum(len(json.loads(file.read_text())["incidents"]) for file in files) == pages


def test_answers_point_to_their_root(estates: dict[str, Path]) -> None:
    messages = slack_messages(estates["demo"])
    roots = {message["ts"] for message in messages if message.get("reply_count")}
    answers = [message for message in messages if message.get("parent_user_id")]
    assert answers and all(answer["thread_ts"] in roots and str(answer["ts"]) > str(answer["thread_ts"]) for answer in answers)


def test_manifests_are_about_sixty_valid_objects_with_unique_names(estates: dict[str, Path]) -> None:
    for name in ("demo", "control"):
        for cluster in ("prod-eu", "dc1"):
            files = sorted((estates[name] / "manifests" / cluster).glob("*.yaml"))
            objects = [each for file in files for each in yaml.safe_load_all(file.read_text())]
            names = [(each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]) for each in objects]
            assert len(set(names)) == len(names)
            if cluster == "prod-eu":
                assert 55 <= len(objects) <= 70


def test_open_metrics_text_is_well_formed(estates: dict[str, Path]) -> None:
    import gzip

    lines = gzip.decompress((estates["demo"] / "metrics" / "prod-eu" / "2026-11-01.om.gz").read_bytes()).decode().splitlines()
    assert lines[-1] == "# EOF"
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(set(families)) == len(families)
    counters = {line.split()[2] for line in lines if line.startswith("# TYPE") and line.endswith(" counter")}
    assert all(f"{name}_total{{" in "\n".join(line for line in lines if line.startswith(name)) for name in counters)


def test_an_unknown_scale_and_a_full_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="choose one of small, demo, large"):
        write_parts(tmp_path / "new", 7, "tiny", False, SOME_DAYS)
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(BadInput, match="not empty"):
        write_parts(tmp_path, 7, "small", False, SOME_DAYS)
