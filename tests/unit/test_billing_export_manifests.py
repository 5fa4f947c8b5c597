import json
from pathlib import Path

from tests.unit.bill_reading import charges_of, focus_row, source, write_csv

MONTH = "BILLING_PERIOD=2026-03"


def deliver(folder: Path, *names: str) -> Path:
    """Data files of a month, each with one charge that costs its place; returns the folder of the export."""
    for cost, name in enumerate(names, 1):
        write_csv(folder / "export" / "data" / MONTH / name, [focus_row(BilledCost=str(cost))])
    return folder / "export"


def name_files(export: Path, *names: str, delivery: str = "") -> Path:
    manifest = export / "metadata" / MONTH / delivery / "export-Manifest.json"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps({"dataFiles": [f"s3://bucket/prefix/export/data/{MONTH}/{name}" for name in names]}))
    return manifest


def costs(folder: Path) -> list[int]:
    return [int(charge["billed_cost"]) for charge in charges_of(folder)]


def test_files_that_the_manifest_does_not_name_are_left_out_and_told(tmp_path: Path) -> None:
    export = deliver(tmp_path, "export-00001.csv", "export-00002.csv", "export-00003.csv")
    name_files(export, "export-00001.csv", "export-00002.csv")
    assert costs(tmp_path) == [1, 2]
    told = f"ignored: export/data/{MONTH}/export-00003.csv (not named by the manifest of its month)"
    assert told in source(tmp_path).probe().missing


def test_the_manifest_outweighs_the_time_in_a_delivery_s_name(tmp_path: Path) -> None:
    """A later delivery that is still being written has no manifest yet."""
    old, new = "2026-03-05T01:02:03.000Z-aaaa", "2026-03-06T01:02:03.000Z-bbbb"
    export = deliver(tmp_path, f"{old}/a.csv", f"{new}/a.csv")
    name_files(export, f"{old}/a.csv", delivery=old)
    assert costs(tmp_path) == [1]
    name_files(export, f"{new}/a.csv", delivery=new)
    assert costs(tmp_path) == [2]
    name_files(export, f"{old}/a.csv")
    assert costs(tmp_path) == [1], "the manifest of the month itself is the current one"


def test_a_month_with_an_absent_file_is_refused_and_the_others_load(tmp_path: Path) -> None:
    export = deliver(tmp_path, "a.csv")
    name_files(export, "a.csv", "b.csv")
    write_csv(export / "data" / "BILLING_PERIOD=2026-04" / "a.csv", [focus_row(BilledCost="9")])
    assert costs(tmp_path) == [9]
    (rejected,) = source(tmp_path).probe().rejected
    assert rejected.reason == "1 of 2 files that it names are not there, e.g. b.csv; its month is left out"
    assert rejected.uri.endswith("export-Manifest.json")


def test_a_broken_manifest_leaves_its_month_out(tmp_path: Path) -> None:
    export = deliver(tmp_path, "a.csv")
    manifest = name_files(export, "a.csv")
    for content, reason in (("{", "not valid JSON"), ("{}", "no `dataFiles`"), ('{"dataFiles": ["s3://b/elsewhere/a.csv"]}', "outside")):
        manifest.write_text(content)
        probe = source(tmp_path).probe()
        assert not probe.days
        assert reason in probe.rejected[0].reason


def test_two_exports_in_one_folder_have_manifests_of_their_own(tmp_path: Path) -> None:
    name_files(deliver(tmp_path / "one", "a.csv"), "a.csv")
    deliver(tmp_path / "two", "a.csv", "b.csv")
    assert sorted(costs(tmp_path)) == [1, 1, 2]
