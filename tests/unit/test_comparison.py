"""Two audits compared claim by claim: the classes of change, their numbers, and the three kinds of path they are read from."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from audit_assets.artifacts.assets import build_document_assets
from audit_assets.artifacts.claims import Claim, all_claims, claims_as_json
from audit_assets.artifacts.comparison import Change, Standing, compare, read_claims, standing
from audit_assets.cli import app
from audit_assets.console import comparison_grid, comparison_totals
from audit_assets.errors import BadInput
from tests.unit.test_claims import TABLE

WINDOW = (date(2026, 7, 3), date(2026, 9, 30))
SPOF = "rel.spof.single_zone.prod.search.statefulset.vector-db"


def claim(
    claim_id: str, value: float | None = None, words: str | None = None, status: str = "measured", unit: str | None = "share"
) -> Claim:
    text = words if words is not None else str(value)
    return Claim(
        claim_id, "track", "s", "is claimed", value, text, unit, None, None, status, 1.0, "fct_spend", "select 1", "digest", *WINDOW
    )


LOOKED = claim("readiness.AUD-59", words="pass: 0 single points of failure listed", status="derived")
NOT_LOOKED = claim("readiness.AUD-59", words="unknown: missing: manifests", status="unknown")


def change_of(old: Claim, new: Claim) -> Change | None:
    differences = compare([old], [new]).differences
    return differences[0].change if differences else None


@pytest.mark.parametrize(
    ("claim_id", "old", "new", "change"),
    [
        ("cost.idle.share", (0.3, "30 %", "measured"), (0.3, "30 %", "measured"), None),
        ("cost.idle.share", (0.3, "30 %", "measured"), (0.3 + 5e-10, "30 %", "measured"), None),
        ("cost.spend.total", (1842611.4, "x", "measured"), (1842611.4005, "x", "measured"), None),
        ("cost.spend.total", (1842611.4, "x", "measured"), (1842611.5, "x", "measured"), Change.changed),
        ("cost.idle.share", (0.3, "30 %", "measured"), (0.3 + 5e-9, "30 %", "measured"), Change.changed),
        ("cost.idle.share", (0.3, "30 %", "measured"), (0.3, "30 %", "derived"), Change.changed),
        ("cost.idle.share", (0.3, "30 %", "measured"), (None, "unknown: no metrics", "unknown"), Change.unknown_now),
        ("cost.idle.share", (None, "unknown: no metrics", "unknown"), (0.0, "0 %", "measured"), Change.known_now),
        ("cost.idle.share", (None, "unknown: no metrics", "unknown"), (None, "unknown: no bill", "unknown"), None),
        ("cost.idle.share", (None, "unknown: no metrics", "unknown"), (None, "untested: no metrics", "untested"), Change.changed),
        ("belief.idle", (0.3, "x", "contradicted"), (0.2, "x", "measured"), Change.fixed),
        ("belief.idle", (0.2, "x", "measured"), (0.3, "x", "contradicted"), Change.regressed),
        ("belief.idle", (0.3, "x", "contradicted"), (0.4, "x", "contradicted"), Change.changed),
        ("belief.idle", (0.3, "x", "contradicted"), (None, "untested: no metrics", "untested"), Change.unknown_now),
        ("belief.idle", (None, "untested: no metrics", "untested"), (0.3, "x", "contradicted"), Change.known_now),
        ("slo.chat.availability.required", (0.999, "x", "contradicted"), (0.999, "x", "declared"), Change.fixed),
        ("slo.chat.availability.required", (0.999, "x", "declared"), (0.999, "x", "contradicted"), Change.regressed),
        ("slo.chat.availability.required", (0.999, "x", "declared"), (0.999, "x", "untested"), Change.unknown_now),
        ("slo.chat.availability.required", (0.99, "x", "untested"), (0.999, "x", "untested"), Change.changed),
        ("cost.lie.A02_counter_reset", (8.0, "x", "measured"), (0.0, "x", "measured"), Change.fixed),
        ("cost.lie.A02_counter_reset", (8.0, "x", "measured"), (3.0, "x", "measured"), Change.changed),
        ("cost.lie.A02_counter_reset", (0.0, "x", "measured"), (1.0, "x", "measured"), Change.regressed),
        ("cost.lie.A02_counter_reset", (8.0, "x", "measured"), (None, "unknown: no samples", "unknown"), Change.unknown_now),
        ("scope.chat", (None, "not_running", "measured"), (None, "verified", "measured"), Change.fixed),
        ("scope.chat", (None, "verified", "measured"), (None, "unmeasured", "measured"), Change.regressed),
        ("scope.chat", (None, "not_running", "measured"), (None, "not_billed", "measured"), Change.changed),
        ("rel.guardrail.Gpu.state", (None, "broken", "measured"), (None, "proven", "measured"), Change.fixed),
        ("rel.guardrail.Gpu.state", (None, "unmeasurable", "measured"), (None, "untested", "measured"), Change.changed),
        ("rel.guardrail.Gpu.state", (None, "untested", "measured"), (None, "absent, proven", "measured"), Change.regressed),
        ("rel.guardrail.Gpu.state", (None, "proven", "measured"), (None, "untested", "measured"), Change.changed),
        ("readiness.AUD-20", (None, "fail: a day is missing", "derived"), (None, "pass: held", "derived"), Change.fixed),
        ("readiness.AUD-20", (None, "pass: held", "derived"), (None, "fail: a day is missing", "derived"), Change.regressed),
        ("readiness.AUD-20", (None, "fail: a", "derived"), (None, "attention: 7 of 10 known", "derived"), Change.changed),
        ("readiness.AUD-20", (None, "pass: 3 items", "derived"), (None, "pass: 4 items", "derived"), Change.changed),
        ("roadmap.tags", (None, "lacks tags", "derived"), (None, "lacks most tags", "derived"), Change.changed),
        (SPOF, (None, "one zone", "measured"), (None, "one zone", "measured"), None),
        (SPOF, (None, "one zone", "measured"), (None, "another zone", "measured"), Change.changed),
    ],
)
def test_a_claim_in_both_audits_is_classified(
    claim_id: str, old: tuple[float | None, str, str], new: tuple[float | None, str, str], change: Change | None
) -> None:
    assert change_of(claim(claim_id, *old), claim(claim_id, *new)) is change


@pytest.mark.parametrize(
    ("claim_id", "other", "gone", "came"),
    [
        (SPOF, [LOOKED], Change.fixed, Change.regressed),
        (SPOF, [NOT_LOOKED], Change.gone, Change.new),
        (SPOF, [], Change.gone, Change.new),
        ("roadmap.tags", [LOOKED], Change.gone, Change.new),
        ("cost.lie.A02_counter_reset", [LOOKED], Change.gone, Change.new),
    ],
)
def test_a_claim_of_one_audit_alone_is_a_fix_only_when_the_other_looked(
    claim_id: str, other: list[Claim], gone: Change, came: Change
) -> None:
    alone = claim(claim_id, words="one zone")
    assert {one.claim.claim_id: one.change for one in compare([alone, *other], other).differences} == {claim_id: gone}
    assert {one.claim.claim_id: one.change for one in compare(other, [*other, alone]).differences} == {claim_id: came}


def test_a_claim_without_fault_rules_is_sound_and_an_unanswered_one_unknown() -> None:
    assert standing(claim("gpu.util.chat", 0.9)) is Standing.sound
    assert standing(claim("gpu.util.chat", words="unknown: no metrics", status="unknown")) is Standing.unknown
    assert standing(claim("readiness.AUD-12", words="declared: Ines", status="declared")) is Standing.neither


@pytest.mark.parametrize(
    ("old", "new", "difference", "relative"),
    [
        (200.0, 150.0, -50.0, -0.25),
        (-0.5, 0.5, 1.0, 2.0),
        (0.0, 3.0, 3.0, None),
        (None, 3.0, None, None),
        (3.0, None, None, None),
    ],
)
def test_a_change_has_a_difference_and_a_relative_change(
    old: float | None, new: float | None, difference: float | None, relative: float | None
) -> None:
    (found,) = compare([claim("cost.trend.spend", old)], [claim("cost.trend.spend", new)]).differences
    assert (found.difference, found.relative_change) == (difference, relative)


def test_values_of_different_units_are_not_subtracted() -> None:
    (found,) = compare([claim("cost.spend.total", 5.0, unit="USD")], [claim("cost.spend.total", 5.0, unit="EUR")]).differences
    assert (found.change, found.difference, found.claim.unit) == (Change.changed, None, "EUR")


def test_what_became_unknown_says_why() -> None:
    silent = claim("cost.idle.share", words="unknown: no metrics", status="unknown")
    assert compare([claim("cost.idle.share", 0.3)], [silent]).differences[0].reason == "unknown: no metrics"
    assert compare([silent], [claim("cost.idle.share", 0.3)]).differences[0].reason is None
    target = claim("slo.chat.availability.required", 0.999, "99.9 %", "declared")
    assert compare([target], [replace(target, status="untested")]).differences[0].reason == "untested"


def test_unchanged_claims_are_counted_and_worse_ones_come_first() -> None:
    old = [claim("a", 1.0), claim("b", 1.0), claim("c", 1.0), claim("scope.x", words="verified")]
    new = [claim("a", 1.0), claim("b", 2.0), claim("d", 1.0), claim("scope.x", words="undeclared")]
    compared = compare(old, reversed(new))
    assert [(one.change.value, one.claim.claim_id) for one in compared.differences] == [
        ("regressed", "scope.x"),
        ("new", "d"),
        ("gone", "c"),
        ("changed", "b"),
    ]
    assert {kind: count for kind, count in compared.totals.items() if count} == {
        "regressed": 1,
        "new": 1,
        "gone": 1,
        "changed": 1,
        "unchanged": 1,
    }
    assert comparison_totals(compared).startswith("1 regressed, 1 new, 1 gone, 1 changed, 1 unchanged (old: 4 claims of 2026-07-03 … ")
    assert comparison_grid(compared).row_count == 4


def test_interval_coverage_and_digest_alone_are_no_change() -> None:
    one = claim("cost.idle.share", 0.3)
    assert change_of(one, replace(one, low=0.2, high=0.4, coverage=0.5, inputs_digest="other", query="select 2")) is None


def test_nothing_compared_with_nothing_is_nothing() -> None:
    assert comparison_totals(compare([], [])) == "nothing to compare (old: 0 claims of no day; new: 0 claims of no day)"


OLD = [claim("cost.idle.share", 0.3), claim("scope.chat", words="verified"), LOOKED]
NEW = [claim("cost.idle.share", 0.25), claim("scope.chat", words="not_billed [bold]"), LOOKED]


def marts(path: Path, claims: Iterable[Claim]) -> Path:
    with duckdb.connect(path) as connection:
        connection.execute(TABLE)
        for one in claims:
            connection.execute(f"insert into fct_claims values ({', '.join('?' * 16)})", list(one.as_record().values()))
    return path


def claims_file(folder: Path, claims: Iterable[Claim]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "claims.json"
    path.write_bytes(claims_as_json(claims))
    return path


def test_claims_are_the_same_from_a_home_its_marts_and_its_claims_file(tmp_path: Path) -> None:
    path = marts(tmp_path / "marts.duckdb", OLD)
    with duckdb.connect(path, read_only=True) as connection:
        expected = all_claims(connection)
    assert [one.claim_id for one in expected] == sorted(one.claim_id for one in OLD)
    assert read_claims(path) == read_claims(tmp_path) == expected
    assert read_claims(claims_file(tmp_path / "artifacts", OLD)) == expected
    path.unlink()
    assert read_claims(tmp_path) == expected, "a home whose marts are gone still has its claims.json"


def test_a_claims_file_is_the_same_to_the_byte_whatever_the_order() -> None:
    content = claims_as_json(OLD)
    assert content == claims_as_json(reversed(OLD))
    assert [record["claim_id"] for record in json.loads(content)] == sorted(one.claim_id for one in OLD)
    assert json.loads(content)[0]["window_start"] == "2026-07-03"


def test_a_column_that_is_not_known_is_passed_over(tmp_path: Path) -> None:
    records = [{**record, "added_later": 1} for record in json.loads(claims_as_json(OLD))]
    path = tmp_path / "claims.json"
    path.write_text(json.dumps(records))
    assert compare(read_claims(path), OLD).differences == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a list of claims"),
        (b"not json", "not a list of claims"),
        (b'{"cost_model": []}', "not a list of claims"),
        (b'[{"claim_id": "x"}]', "0.track: Field required"),
        (claims_as_json([OLD[0], OLD[0]]), "cost.idle.share is there twice"),
        (b"01234567DUCK and then nothing that DuckDB can open", "claims.json is neither"),
    ],
)
def test_a_file_that_is_neither_is_refused_with_the_fix(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "claims.json"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="name the home folder of a finished") as refused:
        read_claims(path)
    assert said in str(refused.value)


def test_marts_without_claims_an_empty_home_and_nothing_at_all_are_refused(tmp_path: Path) -> None:
    duckdb.connect(tmp_path / "other.duckdb").close()
    with pytest.raises(BadInput, match="fct_claims"):
        read_claims(tmp_path / "other.duckdb")
    with pytest.raises(BadInput, match=r"holds neither marts\.duckdb nor artifacts/claims\.json; run `assay run"):
        read_claims(tmp_path)
    with pytest.raises(BadInput, match="does not exist"):
        read_claims(tmp_path / "nowhere")


def test_the_command_prints_a_table_or_one_object(tmp_path: Path) -> None:
    old, new = marts(tmp_path / "old.duckdb", OLD), claims_file(tmp_path / "new", NEW)
    told = CliRunner().invoke(app, ["diff", str(old), str(new)])
    assert told.exit_code == 0 and "regressed" in told.output
    assert "1 regressed, 1 changed, 1 unchanged" in told.output and "[bold]" in told.output
    asked = CliRunner().invoke(app, ["diff", str(old), str(new), "--json"])
    answer = json.loads(asked.output)
    assert answer["totals"]["regressed"] == 1 and answer["old"] == {"claims": 3, "window": ["2026-07-03", "2026-09-30"]}
    idle = answer["differences"][1]
    assert (idle["claim_id"], idle["change"], idle["old_value"], idle["new_value"]) == ("cost.idle.share", "changed", 0.3, 0.25)
    assert idle["difference"] == pytest.approx(-0.05) and idle["relative_change"] == pytest.approx(-1 / 6) and idle["unit"] == "share"


def test_bad_input_ends_the_command_with_exit_code_2(tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["diff", str(tmp_path / "nowhere"), str(tmp_path)])
    assert isinstance(refused.exception, BadInput) and refused.exception.exit_code == 2


def test_the_asset_writes_every_claim_beside_the_documents(tmp_path: Path) -> None:
    import dagster as dg

    from audit_assets.resources import AuditResource

    marts(tmp_path / "marts.duckdb", OLD)
    (tmp_path / "artifacts").mkdir()
    (asset,) = [one for one in build_document_assets(dg.AssetKey("marts")) if one.key == dg.AssetKey("claims")]
    audit = AuditResource(audit_path=str(tmp_path / "audit.yaml"), home_path=str(tmp_path))
    made = dg.materialize([asset], resources={"audit": audit})
    assert made.success
    assert (tmp_path / "artifacts" / "claims.json").read_bytes() == claims_as_json(OLD)
    (event,) = made.asset_materializations_for_node("claims")
    assert event.metadata["claims"].value == 3
