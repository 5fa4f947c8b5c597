"""Parts of the risk register that could mislead: who guards what, and how firm the order of fixes is."""

import duckdb

from audit_assets.artifacts.charts import timeline
from audit_assets.artifacts.document import Grid
from audit_assets.artifacts.facts import Facts
from audit_assets.artifacts.risk_register import _guardrails
from audit_assets.artifacts.weak_points import LONGEST_LIST, fix_first_section

GUARDS = """
create table fct_failure_modes as select * from (values ('data_issue', 2), ('vram_exhaustion', 1)) as modes (mode, incidents);
create table dim_guardrails as select *, 'alert' as kind, null as conditions_met, null as fired, null as last_tested_at from (values
    ('vram_exhaustion', 'GpuMemoryHigh', 'proven'), ('vram_exhaustion', 'OldRule', 'broken'), (null, 'limits', 'untested')
) as guards (mode, guardrail, state)
"""
FIXES = """
create table fct_fix_first as select
    rank, 'fix ' || rank as item, 'spof' || rank as mode_or_spof, 'why' as evidence, 2.0 as effort_days, 'declared' as effort_source,
    if(rank = 1, 30.0, null) as benefit, if(rank = 1, 'incident minutes per 30 days', null) as benefit_unit, null as claim_id,
    rank as place_low, if(rank = 1, 1, rank + 2) as place_high, if(rank = 1, 1.0, 0.6) as keeps_place_share
from range(1, {last}) as ranks (rank)
"""


def facts(script: str) -> Facts:
    connection = duckdb.connect()
    connection.execute(script)
    return Facts(connection, {})


def grids(blocks: object) -> list[Grid]:
    return [block for block in blocks if isinstance(block, Grid)]  # type: ignore[attr-defined]


def test_a_mode_without_a_guardrail_says_none() -> None:
    matrix = grids(_guardrails(facts(GUARDS)).blocks)[0]
    assert matrix.columns == ("mode", "absent", "broken", "unmeasurable", "untested", "proven")
    assert matrix.rows == (
        ("data_issue", "none", "", "", "", ""),
        ("vram_exhaustion", "", "OldRule", "", "", "GpuMemoryHigh"),
        ("no one mode", "", "", "", "limits", ""),
    )


def test_the_place_of_a_fix_is_shown_with_how_firm_it_is() -> None:
    shown = grids(fix_first_section(facts(FIXES.format(last=3))).blocks)[0]
    assert [row[4:] for row in shown.rows] == [
        ("2, declared", "30 incident minutes per 30 days", "always 1"),
        ("2, declared", "not measured", "2 … 4; kept in 60%"),
    ]
    assert "further items" not in shown.note


def test_a_long_list_says_where_the_rest_is() -> None:
    shown = grids(fix_first_section(facts(FIXES.format(last=LONGEST_LIST + 8))).blocks)[0]
    assert len(shown.rows) == LONGEST_LIST and "7 further items are in fct_fix_first" in shown.note


def test_the_timeline_lays_incidents_over_failed_requests() -> None:
    points = [{"day": "2026-07-03T10:00:00", "part": "data_issue", "kind": "incident"}]
    failed = [{"day": f"2026-07-0{day}", "part": "chat", "failed": 0.01 * day} for day in (1, 2, 3)]
    both, alone = timeline(points, failed, "t", "f.svg"), timeline(points, [], "t", "f.svg")
    assert both and alone and "failed requests" in both.svg and "failed requests" not in alone.svg
    assert timeline([], [], "t", "f.svg") is None
