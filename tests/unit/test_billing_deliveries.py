import json
from pathlib import Path

from tests.unit.bill_reading import charges_of, focus_row, source, write_csv
from tests.unit.test_billing_azure import MCA

OLD, NEW = "11111111-2222-3333-4444-555555555555", "00000000-2222-3333-4444-555555555555"


def deliver_reports(folder: Path) -> Path:
    month = folder / "reports" / "20260301-20260401"
    write_csv(month / OLD / "report-1.csv", [focus_row(BilledCost="1")])
    write_csv(month / NEW / "report-1.csv", [focus_row(BilledCost="2")])
    return month


def test_the_manifest_of_a_month_names_its_current_delivery(tmp_path: Path) -> None:
    month = deliver_reports(tmp_path)
    (month / "report-Manifest.json").write_text(json.dumps({"assemblyId": NEW}))
    assert [charge["billed_cost"] for charge in charges_of(tmp_path)] == [2]
    told = source(tmp_path).probe().missing
    assert f"ignored: reports/20260301-20260401/{OLD}/report-1.csv (superseded by a later delivery of the month)" in told


def test_several_deliveries_without_a_manifest_are_refused(tmp_path: Path) -> None:
    deliver_reports(tmp_path)
    probe = source(tmp_path).probe()
    assert not probe.days
    assert probe.rejected[0].reason == "2 deliveries of one month, and no manifest says which is current"


def test_one_delivery_needs_no_manifest(tmp_path: Path) -> None:
    write_csv(tmp_path / "20260301-20260401" / OLD / "report-1.csv", [focus_row()])
    assert len(charges_of(tmp_path)) == 1


def test_the_latest_data_export_of_a_month_is_current(tmp_path: Path) -> None:
    month = tmp_path / "data" / "BILLING_PERIOD=2026-03"
    write_csv(month / "2026-03-05T01:02:03.000Z-aaaa" / "a.csv", [focus_row(BilledCost="1")])
    write_csv(month / "2026-03-06T01:02:03.000Z-0000" / "a.csv", [focus_row(BilledCost="2")])
    write_csv(month / "2026-03-06T01:02:03.000Z-0000" / "b.csv", [focus_row(BilledCost="3")])
    write_csv(tmp_path / "data" / "BILLING_PERIOD=2026-04" / "2026-04-01T00:00:00.000Z-aaaa" / "a.csv", [focus_row(BilledCost="4")])
    assert [charge["billed_cost"] for charge in charges_of(tmp_path)] == [2, 3, 4]


def test_several_runs_of_an_azure_export_are_refused_and_not_added_up(tmp_path: Path) -> None:
    month = tmp_path / "daily-amortized" / "20260301-20260331"
    for run in (OLD, NEW):
        write_csv(month / run / "part_0_0001.csv", [MCA])
        (month / run / "manifest.json").write_text("{}")
    rejected = source(tmp_path, "azure_cost", metric="amortized").probe().rejected
    assert [one.reason for one in rejected] == ["2 deliveries of one month, and no manifest says which is current"]
    assert "let the export overwrite" in rejected[0].fix
