import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.bill_reading import Row, charges_of, csv_text, extract, focus_row, source, write_csv


def one(folder: Path, **settings: object) -> Row:
    (charge,) = charges_of(folder, **settings)
    return charge


def test_a_row_in_the_normal_form(tmp_path: Path) -> None:
    write_csv(tmp_path / "nested" / "march" / "bill.csv", [focus_row()])
    charge = one(tmp_path)
    assert charge["provider"] == "aws"
    assert charge["instance_type"] == "p5.48xlarge"  # from the description, as FOCUS 1.0 has no other place for it
    assert charge["price_class"] == "on_demand"
    assert charge["effective_cost"] == Decimal("55.04")
    assert charge["charge_period_start"] == datetime(2026, 3, 1, tzinfo=UTC)
    assert charge["tags"] == {"team": "search", "env": "prod"}
    assert charge["commitment_discount_id"] is None
    assert (charge["source_uri"], charge["source_row"]) == ("nested/march/bill.csv", 1)
    assert charge["focus_version"] == "1.0"
    assert charge["is_final"] is None


@pytest.mark.parametrize("style", [str.upper, str.lower, '"{}"'.format, "'{}'".format])
def test_column_names_in_any_dress(tmp_path: Path, style: "type[str]") -> None:
    write_csv(tmp_path / "bill.csv", [{style(name): value for name, value in focus_row().items()}])
    assert one(tmp_path)["billed_cost"] == Decimal("55.04")


def test_snake_case_and_semicolons(tmp_path: Path) -> None:
    snake = {"".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_"): v for name, v in focus_row().items()}
    (tmp_path / "bill.csv").write_text(csv_text([snake], delimiter=";"))
    assert one(tmp_path)["sub_account_id"] == "2000"


@pytest.mark.parametrize("word", ["", "NULL", "None", "null"])
def test_words_for_null_are_null(tmp_path: Path, word: str) -> None:
    write_csv(tmp_path / "bill.csv", [focus_row(CommitmentDiscountId=word, ListCost=word, Tags=word)])
    charge = one(tmp_path)
    assert (charge["commitment_discount_id"], charge["list_cost"], charge["tags"]) == (None, None, None)
    assert charge["price_class"] == "on_demand"


@pytest.mark.parametrize(
    "text",
    ["2026-03-01 08:00:00", "2026-03-01T08:00:00Z", "2026-03-01T10:00:00+02:00", "2026-03-01T08:00Z", "2026-03-01 08:00:00 UTC"],
)
def test_moments_with_and_without_a_zone_are_utc(tmp_path: Path, text: str) -> None:
    write_csv(tmp_path / "bill.csv", [focus_row(ChargePeriodStart=text, ChargePeriodEnd="2026-03-02T08:00:00Z")])
    assert one(tmp_path)["charge_period_start"] == datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_a_charge_belongs_to_the_utc_day_in_which_it_starts(tmp_path: Path) -> None:
    write_csv(tmp_path / "bill.csv", [focus_row(ChargePeriodStart="2026-03-01T23:30:00-02:00", ChargePeriodEnd="2026-03-03T00:00:00Z")])
    assert list(extract(source(tmp_path))) == [date(2026, 3, 2)]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ('{"n": 500, "gone": null}', {"n": "500", "gone": None}),
        ('"team": "search"', {"team": "search"}),  # Azure exports leave the braces out
        ('[{"key": "team", "value": "search"}]', {"team": "search"}),
        ("{}", {}),
    ],
)
def test_tags_as_text(tmp_path: Path, text: str, tags: dict[str, str]) -> None:
    write_csv(tmp_path / "bill.csv", [focus_row(Tags=text)])
    assert one(tmp_path)["tags"] == tags


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"PricingCategory": "Dynamic"}, "spot"),
        ({"PricingCategory": "Committed"}, "committed"),
        ({"CommitmentDiscountId": "ri-1"}, "committed"),
        ({"SkuMeter": "EU-SpotUsage:p4d.24xlarge"}, "spot"),
        ({"ChargeDescription": "EC2 Capacity Blocks for ML p5.48xlarge"}, "capacity_block"),
        ({"PricingCategory": "Other"}, None),
    ],
)
def test_price_class(tmp_path: Path, values: dict[str, str], expected: str | None) -> None:
    write_csv(tmp_path / "bill.csv", [focus_row(**values)])
    assert one(tmp_path)["price_class"] == expected


def test_a_source_marked_as_on_prem_is_on_prem(tmp_path: Path) -> None:
    write_csv(tmp_path / "bill.csv", [focus_row()])
    assert one(tmp_path, **{"as": "on_prem"})["price_class"] == "on_prem"
    assert source(tmp_path).version != source(tmp_path, **{"as": "on_prem"}).version


@pytest.mark.parametrize(
    ("values", "machine"),
    [
        ({"SkuPriceDetails": '{"InstanceType": "nimbus-a10g-4x", "GpuCount": "4"}'}, "nimbus-a10g-4x"),
        ({"x_InstanceType": "g5.xlarge"}, "g5.xlarge"),
        ({"x_SkuDetails": '{"ServiceType": "Standard_ND96asr_v4"}', "ChargeDescription": ""}, "Standard_ND96asr_v4"),
        ({"x_UsageType": "EU-BoxUsage:g6e.2xlarge", "ChargeDescription": ""}, "g6e.2xlarge"),
        ({"ChargeDescription": "RDS db.r5.large hour"}, None),
        ({"ChargeDescription": "0.1 GB of data out"}, None),
    ],
)
def test_machine_type(tmp_path: Path, values: dict[str, str], machine: str | None) -> None:
    write_csv(tmp_path / "bill.csv", [focus_row(**values)])
    assert one(tmp_path)["instance_type"] == machine


def test_gpu_count_as_the_bill_states_it(tmp_path: Path) -> None:
    write_csv(tmp_path / "bill.csv", [focus_row(SkuPriceDetails='{"InstanceType": "x", "GpuCount": 4}')])
    assert one(tmp_path)["gpu_count"] == 4.0


def parquet(path: Path, **columns: pa.Array) -> None:
    texts = {name: pa.array([value]) for name, value in focus_row().items() if name not in columns}
    pq.write_table(pa.table(texts | columns), path)


def test_parquet_with_native_types(tmp_path: Path) -> None:
    moment = datetime(2026, 3, 1, 5)  # noqa: DTZ001 - a file without zones
    parquet(
        tmp_path / "bill.parquet",
        ChargePeriodStart=pa.array([moment], pa.timestamp("ns")),
        ChargePeriodEnd=pa.array([moment.replace(hour=6)], pa.timestamp("ms", tz="Europe/Berlin")),
        BilledCost=pa.array([0.1]),
        EffectiveCost=pa.array([Decimal("0.123456789012")], pa.decimal128(38, 12)),
        Tags=pa.array([[("team", "search")]], pa.map_(pa.string(), pa.string())),
        SkuPriceDetails=pa.array([{"InstanceType": "p5.48xlarge", "GpuCount": 8}]),
    )
    charge = one(tmp_path)
    assert charge["charge_period_start"] == datetime(2026, 3, 1, 5, tzinfo=UTC)
    assert (charge["billed_cost"], charge["effective_cost"]) == (Decimal("0.1"), Decimal("0.1234567890"))
    assert charge["tags"] == {"team": "search"}
    assert (charge["instance_type"], charge["gpu_count"]) == ("p5.48xlarge", 8.0)


@pytest.mark.parametrize(
    "tags",
    [
        pa.array([{"team": "search"}]),
        pa.array([[{"key": "team", "value": "search"}]]),
        pa.array(['{"team": "search"}']),
    ],
)
def test_tags_in_parquet_as_struct_list_or_text(tmp_path: Path, tags: pa.Array) -> None:
    parquet(tmp_path / "bill.parquet", Tags=tags)
    assert one(tmp_path)["tags"] == {"team": "search"}


def test_gzip_utf16_and_plain_hold_the_same_charges(tmp_path: Path) -> None:
    text = csv_text([focus_row(ResourceName="größe"), focus_row(ResourceId="i-0b")])
    (tmp_path / "a.csv").write_text("\ufeff" + text, encoding="utf-8")
    halves = text.encode()
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(halves[:200]) + gzip.compress(halves[200:]))
    (tmp_path / "c.csv").write_text(text, encoding="utf-16")
    (tmp_path / "d.csv.gz").write_bytes(gzip.compress(text.encode("utf-16")))
    charges = charges_of(tmp_path)
    assert len(charges) == 8
    assert len({charge["row_fingerprint"] for charge in charges}) == 2
    assert {charge["resource_name"] for charge in charges} == {"größe", None}


def test_the_fingerprint_sees_every_column_but_not_their_order(tmp_path: Path) -> None:
    row = focus_row(x_Unknown="1")
    write_csv(tmp_path / "a.csv", [row, row | {"x_Unknown": "2"}])
    write_csv(tmp_path / "b.csv", [dict(reversed(row.items()))])
    a1, a2, b1 = (charge["row_fingerprint"] for charge in sorted(charges_of(tmp_path), key=lambda c: (c["source_uri"], c["source_row"])))
    assert a1 == b1 != a2


def test_many_days_of_one_file_and_many_files_of_one_day(tmp_path: Path) -> None:
    days = [f"2026-03-{day:02}" for day in range(1, 31)]
    rows = [focus_row(ChargePeriodStart=f"{d}T00:00:00Z", ChargePeriodEnd=f"{d}T01:00:00Z") for d in days]
    write_csv(tmp_path / "a.csv", rows[::-1])
    write_csv(tmp_path / "b.csv", [row | {"x_More": "1"} for row in rows])
    parts = extract(source(tmp_path))
    assert len(parts) == 30
    assert all(pq.read_metadata(part.rows).num_rows == 2 for part in parts.values())
    assert {len(part.inputs) for part in parts.values()} == {2}
    alone = extract(source(tmp_path), [date(2026, 3, 7)])
    assert pq.read_metadata(alone[date(2026, 3, 7)].rows).num_rows == 2


def test_rows_in_order_of_time_are_written_day_by_day_with_the_same_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [(day, hour) for day in (1, 2, 3) for hour in range(24)]
    starts = pa.array([datetime(2026, 3, day, hour, tzinfo=UTC) for day, hour in parts], pa.timestamp("us", tz="UTC"))
    texts = {name: pa.array([value] * len(parts)) for name, value in focus_row(ChargePeriodEnd="2026-03-09T00:00:00Z").items()}
    pq.write_table(pa.table(texts | {"ChargePeriodStart": starts}), tmp_path / "bill.parquet", row_group_size=24)
    partitioned = charges_of(tmp_path)
    monkeypatch.setattr("audit_assets.billing.row_groups.FEWEST_ROWS_A_DAY", 1)
    assert charges_of(tmp_path) == partitioned
    assert len(partitioned) == 72


def test_several_currencies_are_kept_apart(tmp_path: Path) -> None:
    write_csv(tmp_path / "bill.csv", [focus_row(), focus_row(BillingCurrency="EUR")])
    assert [charge["billing_currency"] for charge in charges_of(tmp_path)] == ["USD", "EUR"]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    write_csv(
        tmp_path / "bill.csv",
        [
            focus_row(ResourceId=f"i-{n}", ChargePeriodStart=f"2026-03-0{1 + n % 3}T00:00:00Z", ChargePeriodEnd="2026-03-09")
            for n in range(500)
        ],
    )
    first, again = (extract(source(tmp_path)) for _ in range(2))
    assert all(first[day].rows.read_bytes() == again[day].rows.read_bytes() for day in first)


@pytest.mark.parametrize(
    ("changes", "gone", "version", "provider"),
    [
        ({}, (), "1.0", "aws"),
        ({"SkuMeter": "m"}, (), "1.1", "aws"),
        ({"InvoiceId": "7"}, (), "1.2", "aws"),
        ({"ServiceProviderName": "Google Cloud", "HostProviderName": "AWS"}, (), "1.3", "gcp"),
        ({"ServiceProviderName": "Microsoft", "HostProviderName": "Microsoft"}, ("ProviderName",), "1.3", "azure"),
        ({"AllocatedMethodId": "split-1"}, (), "1.3", "aws"),
        ({"ContractApplied": "{}"}, (), "1.3", "aws"),
    ],
)
def test_version_and_provider(tmp_path: Path, changes: Row, gone: tuple[str, ...], version: str, provider: str) -> None:
    write_csv(tmp_path / "bill.csv", [{name: value for name, value in focus_row(**changes).items() if name not in gone}])
    charge = one(tmp_path)
    assert (charge["focus_version"], charge["provider"]) == (version, provider)


def test_allocated_charges_stand_for_their_origin_charge(tmp_path: Path) -> None:
    shares = [("pod-a", "40.00", "0.7"), ("pod-b", "15.04", "0.3")]
    rows = [
        focus_row(AllocatedMethodId="m1", AllocatedResourceId=pod, BilledCost=cost, EffectiveCost=cost, ConsumedQuantity=hours)
        for pod, cost, hours in shares
    ]
    write_csv(tmp_path / "bill.csv", rows)
    charges = charges_of(tmp_path)
    assert sum(charge["effective_cost"] for charge in charges) == Decimal("55.04")
    assert sum(charge["consumed_quantity"] for charge in charges) == 1.0
    assert {charge["resource_id"] for charge in charges} == {"i-0a"}
    assert len({charge["row_fingerprint"] for charge in charges}) == 2


def test_azure_commitment_ids_are_compared_without_case_and_a_list_cost_of_nothing_is_unknown(tmp_path: Path) -> None:
    covered = {"CommitmentDiscountId": "/reservationOrders/A/reservations/B", "ListCost": "0"}
    rows = [
        focus_row(ProviderName="Microsoft", **covered),
        focus_row(ProviderName="Microsoft", **covered, EffectiveCost="0"),
        focus_row(**covered),
    ]
    write_csv(tmp_path / "bill.csv", rows)
    ids = [charge["commitment_discount_id"] for charge in charges_of(tmp_path)]
    assert ids == ["/reservationorders/a/reservations/b"] * 2 + ["/reservationOrders/A/reservations/B"]
    assert [charge["list_cost"] for charge in charges_of(tmp_path)] == [None, 0, 0]
