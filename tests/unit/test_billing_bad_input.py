import gzip
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit_assets.audit_sources import BillingSource
from audit_assets.billing.factory import billing_source
from audit_assets.errors import SourceRejected
from audit_assets.source import Rejection
from tests.unit.bill_reading import csv_text, extract, focus_row, read, source, write_csv


def refusal(folder: Path, kind: str = "focus") -> Rejection:
    (rejection,) = source(folder, kind).probe().rejected
    return rejection


def test_one_percent_of_poison_rows_is_quarantined_and_the_rest_loads(tmp_path: Path) -> None:
    rows = [focus_row(ResourceId=f"i-{n}") for n in range(1000)]
    poison = {
        100: ("BilledCost", "12,50 EUR", "missing or unreadable"),
        200: ("EffectiveCost", "NaN", "missing or unreadable"),
        300: ("EffectiveCost", "inf", "missing or unreadable"),
        400: ("EffectiveCost", "", "missing or unreadable"),
        500: ("ChargePeriodStart", "yesterday", "missing or unreadable"),
        600: ("ChargePeriodEnd", "2026-03-01T30:00:00Z", "missing or unreadable"),
        700: ("ChargePeriodEnd", "2026-02-01T00:00:00Z", "ends before it starts"),
        800: ("PricingQuantity", "one", "not a number"),
        900: ("Tags", "{broken", "not tags as a JSON object of names and values"),
        1000: ("ListCost", "1e300", "not an amount"),
    }
    for position, (column, value, _) in poison.items():
        rows[position - 1] = rows[position - 1] | {column: value}
    write_csv(tmp_path / "bill.csv", rows)
    charges, bad = read(source(tmp_path))
    assert len(charges) == 990
    assert {row["position"]: (row["column"], row["reason"]) for row in bad} == {p: (c, why) for p, (c, _, why) in poison.items()}
    assert {row["uri"] for row in bad} == {"bill.csv"}
    assert {row["position"]: row["raw"] for row in bad}[800] == "one"


def test_records_that_are_no_rows_are_quarantined_and_the_numbers_stay_those_of_the_file(tmp_path: Path) -> None:
    header, one = csv_text([focus_row()]).rstrip("\n").split("\n")
    over_two_lines = csv_text([focus_row(ChargeDescription="two\nlines")]).split("\n", 1)[1].rstrip("\n")
    text = "\n".join([header, one, "too,few", over_two_lines, one + ",too,many", one, over_two_lines, one]) + "\n"
    (tmp_path / "bill.csv").write_text(text)
    charges, bad = read(source(tmp_path))
    assert [(row["position"], row["reason"]) for row in bad] == [(2, "missing columns"), (4, "too many columns")]
    assert [charge["source_row"] for charge in charges] == [1, 3, 5, 6, 7]
    assert bad[0]["raw"] == "too,few"


def test_text_that_is_not_utf8_costs_only_its_row(tmp_path: Path) -> None:
    good = csv_text([focus_row(), focus_row(ResourceId="i-latin"), focus_row(ResourceId="i-0c")]).encode()
    (tmp_path / "bill.csv").write_bytes(good.replace(b"i-latin", b"i-\xe9\xff"))
    charges, bad = read(source(tmp_path))
    assert [charge["source_row"] for charge in charges] == [1, 3]
    assert [(row["position"], row["reason"]) for row in bad] == [(2, "invalid encoding")]


def test_nan_in_parquet_is_quarantined(tmp_path: Path) -> None:
    columns = {name: pa.array([value] * 3) for name, value in focus_row().items()}
    pq.write_table(pa.table(columns | {"BilledCost": pa.array([1.0, float("nan"), float("-inf")])}), tmp_path / "bill.parquet")
    charges, bad = read(source(tmp_path))
    assert [charge["source_row"] for charge in charges] == [1]
    assert [(row["position"], row["column"], row["raw"]) for row in bad] == [(2, "BilledCost", "nan"), (3, "BilledCost", "-inf")]


def test_negative_amounts_are_charges(tmp_path: Path) -> None:
    write_csv(tmp_path / "bill.csv", [focus_row(ChargeCategory="Credit", BilledCost="-750", EffectiveCost="-750.00")])
    charges, bad = read(source(tmp_path))
    assert (len(charges), bad) == (1, [])


def test_rows_without_a_day_are_quarantined_once_in_the_first_day_of_their_file(tmp_path: Path) -> None:
    days = ["2026-03-02", "2026-03-04", "never"]
    write_csv(tmp_path / "bill.csv", [focus_row(ChargePeriodStart=day, ChargePeriodEnd="2026-03-05") for day in days])
    parts = extract(source(tmp_path), [date(2026, 3, day) for day in (1, 2, 3, 4)])
    assert {day.day: part.quarantined.num_rows for day, part in parts.items()} == {2: 1, 4: 0}
    assert extract(source(tmp_path), [date(2026, 3, 4)])[date(2026, 3, 4)].quarantined.num_rows == 0


def test_a_row_without_a_day_in_a_file_from_before_the_window_is_quarantined_in_the_first_day_within(tmp_path: Path) -> None:
    days = ["2026-02-27", "2026-03-02", "never"]
    write_csv(tmp_path / "bill.csv", [focus_row(ChargePeriodStart=day, ChargePeriodEnd="2026-03-05") for day in days])
    within = billing_source(BillingSource(name="b", kind="focus", uri="."), tmp_path, tmp_path / ".index", date(2026, 3, 1))
    parts = extract(within, [date(2026, 3, 1), date(2026, 3, 2)])
    assert {day.day: part.quarantined.num_rows for day, part in parts.items()} == {2: 1}


def test_a_file_without_any_usable_day_is_not_quarantined_again_in_later_days(tmp_path: Path) -> None:
    write_csv(tmp_path / "bill.csv", [focus_row(ChargePeriodStart="?")])
    within = billing_source(BillingSource(name="b", kind="focus", uri="."), tmp_path, tmp_path / ".index", date(2026, 3, 1))
    assert extract(within, [date(2026, 3, 2)]) == {}


def test_a_file_without_any_usable_day_is_quarantined_in_the_first_day_asked_for(tmp_path: Path) -> None:
    write_csv(tmp_path / "bill.csv", [focus_row(ChargePeriodStart="?")] * 2)
    parts = extract(source(tmp_path), [date(2026, 3, 1), date(2026, 3, 2)])
    assert {day.day: part.quarantined.num_rows for day, part in parts.items()} == {1: 2}


def test_a_cut_parquet_file_is_refused_whole(tmp_path: Path) -> None:
    pq.write_table(pa.table({name: [value] for name, value in focus_row().items()}), tmp_path / "bill.parquet")
    (tmp_path / "bill.parquet").write_bytes((tmp_path / "bill.parquet").read_bytes()[:-100])
    assert refusal(tmp_path) == Rejection("bill.parquet", "the Parquet file is cut: its footer is missing", "deliver it again")


def test_a_parquet_file_damaged_inside_is_refused_with_its_name(tmp_path: Path) -> None:
    rows = {name: [f"{value}{n}" if name == "ResourceId" else value for n in range(5000)] for name, value in focus_row().items()}
    pq.write_table(pa.table(rows), tmp_path / "bill.parquet", use_dictionary=False)
    content = bytearray((tmp_path / "bill.parquet").read_bytes())
    start = pq.read_metadata(tmp_path / "bill.parquet").row_group(0).column(4).data_page_offset
    content[start : start + 400] = b"\xff" * 400
    (tmp_path / "bill.parquet").write_bytes(content)
    with pytest.raises(SourceRejected, match=r"bill\.parquet: cannot be read"):
        read(source(tmp_path))


def test_a_cut_gzip_file_is_refused_whole(tmp_path: Path) -> None:
    whole = gzip.compress(csv_text([focus_row(ResourceId=f"i-{n}") for n in range(2000)]).encode())
    (tmp_path / "bill.csv.gz").write_bytes(whole[:-40])
    assert refusal(tmp_path).reason == "the gzip file is cut: it ends before its last block"


def test_a_missing_column_is_named_with_what_was_found(tmp_path: Path) -> None:
    row = focus_row()
    del row["EffectiveCost"]
    write_csv(tmp_path / "bill.csv", [row])
    refused = refusal(tmp_path)
    assert refused.reason == "column EffectiveCost is missing"
    assert "found: ProviderName, BillingAccountId" in refused.fix


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.csv", b"", "the file is empty"),
        ("empty.parquet", b"", "the file is empty"),
        ("empty.csv.gz", gzip.compress(b"", mtime=0), "the file is empty"),
        ("bill.parquet", b"a,b\n1,2\n", "not a Parquet file: it does not start with PAR1"),
        ("bill.csv.gz", b"a,b\n1,2\n", "not a gzip file"),
        ("bill.csv", b"PK\x03\x04....", "neither CSV nor Parquet: it is a ZIP archive or Excel workbook"),
        ("bill.csv", b'{"rows": []}', "neither CSV nor Parquet: it is JSON"),
        ("bill.csv", b"<html>denied</html>", "neither CSV nor Parquet: it is HTML or XML"),
        ("bill.csv", "a,b\n1,2\n".encode("utf-16-le"), "neither CSV nor Parquet: it holds NUL bytes"),
        ("bill.csv", b"only one column\n1\n", "not a CSV file with a header: its first line is 'only one column'"),
        ("bill.csv", "a,b\n1,2\n".encode("utf-16")[:-1], "not valid utf-16: truncated data"),
    ],
)
def test_what_is_no_bill_file_is_refused_by_name(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    refused = refusal(tmp_path)
    assert (refused.uri, refused.reason) == (name, reason)
    assert refused.fix


@pytest.mark.parametrize(
    ("kind", "columns", "reason", "fix"),
    [
        ("focus", "lineItem/UsageStartDate,lineItem/LineItemType,x", "this is an AWS CUR, not kind focus", "set kind: aws_cur"),
        ("focus", "line_item_usage_start_date,line_item_line_item_type", "this is an AWS CUR, not kind focus", "set kind: aws_cur"),
        ("aws_cur", ",".join(focus_row()), "this is FOCUS, not kind aws_cur", "set kind: focus"),
        ("focus", "usage_start_time,cost,currency", "this is a GCP billing export, not kind focus", "kind: gcp_billing"),
        ("focus", "SubscriptionId,MeterCategory,Cost", "this is an Azure cost export, not kind focus", "kind: azure_cost"),
    ],
)
def test_a_wrong_kind_is_refused_by_name(tmp_path: Path, kind: str, columns: str, reason: str, fix: str) -> None:
    (tmp_path / "bill.csv").write_text(columns + "\n")
    refused = refusal(tmp_path, kind)
    assert refused.reason == reason
    assert fix in refused.fix


def test_other_files_are_ignored_and_reported(tmp_path: Path) -> None:
    write_csv(tmp_path / "bill.csv", [focus_row()])
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / ".bill.csv.swp").write_text("hello")
    assert source(tmp_path).probe().missing == ("ignored: readme.txt",)


def test_a_header_without_rows_is_a_bill_without_days(tmp_path: Path) -> None:
    (tmp_path / "bill.csv").write_text(",".join(focus_row()) + "\n")
    assert source(tmp_path).probe().days == frozenset()
    assert extract(source(tmp_path), [date(2026, 3, 1)]) == {}


def test_a_refused_file_leaves_the_others(tmp_path: Path) -> None:
    write_csv(tmp_path / "good.csv", [focus_row()])
    (tmp_path / "bad.csv").write_bytes(b"")
    reader = source(tmp_path)
    charges, _ = read(reader)
    assert len(charges) == 1
    assert [rejection.uri for rejection in reader.rejections()] == ["bad.csv"]


def test_contract_commitments_are_no_bill(tmp_path: Path) -> None:
    contract = {"ContractCommitmentId": "c-1", "ContractId": "k-1", "ContractCommitmentType": "Spend", "BillingCurrency": "USD"}
    write_csv(tmp_path / "commitments.csv", [contract])
    found = refusal(tmp_path)
    assert found.reason == "this is the Contract Commitment dataset of FOCUS 1.3, not kind focus"
    assert "deliver the Cost and Usage dataset" in found.fix
