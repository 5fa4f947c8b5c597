"""What changed since the last audit: which audit that is, and how it is told."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from audit_assets.artifacts.claims import Claim
from audit_assets.artifacts.document import Grid, Paragraph
from audit_assets.artifacts.facts import Facts
from audit_assets.artifacts.published import keep_claims
from audit_assets.artifacts.since import since_section

DAY = date(2026, 9, 30)


def claim(value: float | None, inputs: str, claim_id: str = "cost.spend.total", track: str = "cost") -> Claim:
    words, status = (str(value), "measured") if value is not None else ("unknown: no bill", "unknown")
    return Claim(claim_id, track, "s", "Spend", value, words, "USD", None, None, status, 1.0, "r", "select 1", inputs, DAY, DAY)


def section(previous: list[Claim] | None, now: list[Claim], *tracks: str) -> str:
    facts = Facts(None, {one.claim_id: one for one in now}, tuple(previous) if previous is not None else None)  # type: ignore[arg-type]
    blocks = since_section(facts, tracks).blocks
    cells = [str(cell) for block in blocks if isinstance(block, Grid) for row in block.rows for cell in row]
    return " ".join([*cells, *(str(part) for block in blocks if isinstance(block, Paragraph) for part in block.parts)])


def test_the_first_audit_has_nothing_before_it(tmp_path: Path) -> None:
    assert keep_claims(tmp_path / "kept.json", [claim(1, "a")]) is None
    assert "no earlier audit" in section(None, [claim(1, "a")])


def test_the_same_inputs_again_keep_the_audit_before_them(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    keep_claims(kept, [claim(1, "a")])
    first = keep_claims(kept, [claim(2, "b")])
    content = kept.read_bytes()
    again = keep_claims(kept, [claim(2, "b")])
    assert first == again == (claim(1, "a"),)
    assert kept.read_bytes() == content


def test_only_the_last_audit_of_other_inputs_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    for value, inputs in ((1, "a"), (2, "b"), (3, "c")):
        before = keep_claims(kept, [claim(value, inputs)])
    assert before == (claim(2, "b"),)


def test_another_window_is_another_audit(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    old = replace(claim(1, "a"), window_end=date(2026, 9, 29))
    keep_claims(kept, [old])
    assert keep_claims(kept, [claim(1, "a")]) == (old,)


def test_a_file_that_cannot_be_read_is_no_audit(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    for broken in (b"", b"{}", b"[]", b'{"audits": [{"inputs": "a", "claims": [{"claim_id": 1}]}]}', b'{"audits": [3]}'):
        kept.write_bytes(broken)
        assert keep_claims(kept, [claim(1, "b")]) is None


def test_a_change_shows_both_numbers_and_the_difference() -> None:
    told = section([claim(100, "a")], [claim(150, "b")], "cost")
    assert "100.00 USD (measured)" in told and "+50.00 USD (+50.0%)" in told and "150" in told


def test_a_number_that_is_lost_is_no_longer_known() -> None:
    assert "unknown now" in section([claim(100, "a")], [claim(None, "b")])


def test_other_tracks_are_left_out_and_no_change_is_said() -> None:
    assert "No claim changed since the audit of 2026-09-30" in section([claim(100, "a")], [claim(150, "b")], "slo")
    assert "No claim changed" in section([claim(100, "a")], [claim(100, "b")])


def test_more_changes_than_a_page_holds_are_counted() -> None:
    old, new = ([claim(value, "a", f"cost.spend.w{n}") for n in range(23)] for value in (1.5, 2.5))
    assert "3 more changed" in section(old, new)
