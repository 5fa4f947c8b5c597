"""Parts of the risk register that could mislead: who guards what, and how firm the order of fixes is."""

import duckdb

from audit_assets.artifacts.charts import timeline
from audit_assets.artifacts.document import Grid, Paragraph
from audit_assets.artifacts.facts import Facts
from audit_assets.artifacts.incident_tables import judgement_tables, times_table
from audit_assets.artifacts.render import markdown_cell
from audit_assets.artifacts.risk_register import _blast_radius, _guardrails, _seen_by_metrics, _title
from audit_assets.artifacts.weak_points import LONGEST_LIST, fix_first_section, spofs_section
from tests.unit.test_documents import claim

GUARDS = """
create table fct_failure_modes as select * from (values ('data_issue', 2), ('vram_exhaustion', 1)) as modes (mode, incidents);
create table dim_guardrails as select
    *, if(guardrail = 'limits', 'limits', 'alert') as kind, null as last_tested_at, 'replayed' as replay
from (values
    ('vram_exhaustion', 'GpuMemoryHigh', 'proven', 1, 2, 2), ('vram_exhaustion', 'OldRule', 'broken', null, null, 0),
    ('vram_exhaustion', 'NewRule', 'untested', 3, 3, null), (null, 'limits', 'untested', null, null, null)
) as guards (mode, guardrail, state, conditions_met_low, conditions_met_high, fired)
"""
JUDGED = """
create table fct_alerts as select * from (values
    ('A', 'data_issue', 'unattended', 12.0, timestamp '2026-09-01 10:00'), ('A', 'data_issue', 'unattended', 30, '2026-09-02 10:00'),
    ('B', 'data_issue', 'part_of_incident', 30, '2026-09-02 10:00')
) as alerts (alert, mode, verdict, firing_minutes, started_at) where {keep};
create table fct_incident_overrides as select * from (values
    (1, 'pd:P1', 'pd:P1', 'mode data_issue', 'seen in the logs', 'applied'),
    (2, 'pd:TYPO', null, 'mode data_issue', null, 'unknown_incident')
) as overrides (position, declared_id, incident_id, declared, reason, state);
create table fct_incident_times as select * from (values
    ('pd:P1', 'started_at', 1, null, 'no clock time', 'since lunch'),
    ('pd:P1', 'mitigated_at', 1, timestamp '2026-09-01 09:00', 'before detected_at', null),
    ('pd:P1', 'detected_at', 1, '2026-09-01 10:00', null, null)
) as times (incident_id, time_name, place, value, problem, written)
"""
FIXES = """
create table fct_fix_first as select
    rank, 'fix ' || rank as item, 'spof' || rank as mode_or_spof, 'why' as evidence, 2.0 as effort_days, 'declared' as effort_source,
    if(rank = 1, 30.0, null) as benefit, if(rank = 1, 'incident minutes per 30 days', null) as benefit_unit, 'rel.x' as claim_id,
    rank as place, rank as place_low, if(rank = 1, 1, rank + 2) as place_high, if(rank = 1, 1.0, 0.6) as keeps_place_share
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
        ("data issue", "none", "", "", "", ""),
        ("VRAM exhaustion", "", "OldRule", "", "NewRule", "GpuMemoryHigh"),
        ("no one mode", "", "", "", "limits", ""),
    )


def test_how_often_a_condition_was_met_stands_beside_how_often_it_fired_and_the_worst_comes_first() -> None:
    listed = grids(_guardrails(facts(GUARDS)).blocks)[1]
    assert [row[1:2] + row[4:7] for row in listed.rows] == [
        ("OldRule", "unknown", "0", "replayed"),
        ("NewRule", "3", "unknown", "replayed"),
        ("limits", "", "", "replayed"),
        ("GpuMemoryHigh", "1 … 2", "2", "replayed"),
    ]


def test_a_median_says_how_many_times_it_lacks() -> None:
    row = {"mode": "data_issue", "incidents": 2, "near_misses": 0}
    row |= {f"n_without_{span}": lacking for lacking, span in enumerate(("detection", "acknowledgement", "mitigation", "resolution"))}
    quiet = {"mode": "hardware_fault", "incidents": 0, "near_misses": 0}
    known = {f"rel.mode.data_issue.{span}_p50_minutes": claim(148.0, "minutes") for span in ("detection", "mitigation")}
    table = times_table(Facts(duckdb.connect(), known), [row, quiet])
    assert [markdown_cell(cell).replace("([measured](#claim-cost.idle.share))", "claimed") for cell in table.rows[0]] == [
        "data issue", "148 claimed", "", "148 claimed (2)", "",
    ]  # fmt: skip
    assert len(table.rows) == 1


def test_what_a_reviewer_should_look_at() -> None:
    unattended, overrides, times = grids(judgement_tables(facts(JUDGED.format(keep="true"))))
    assert unattended.rows == (("A", "data issue", "2", "30", "2026-09-02 10:00"),)
    assert [row[0] for row in overrides.rows] == ["pd:P1", "pd:TYPO"]
    assert [row[3] for row in overrides.rows] == ["applied", "no incident of the window has this id"]
    assert times.rows == (
        ("pd:P1", "mitigated", "2026-09-01 09:00", "before detected_at"),
        ("pd:P1", "started", "since lunch", "no clock time"),
    )


def test_a_table_without_rows_needs_no_introduction() -> None:
    blocks = judgement_tables(facts(JUDGED.format(keep="true") + "; delete from fct_incident_overrides"))
    assert not [block for block in blocks if isinstance(block, Paragraph) and "declared" in str(block.parts)]
    assert "Nobody overrode anything." in [block.empty for block in grids(blocks) if not block.rows]


def test_nothing_to_look_at_says_whether_anybody_looked() -> None:
    assert grids(judgement_tables(facts(JUDGED.format(keep="false"))))[0].empty == "No alert history was read."
    calm = JUDGED.format(keep="verdict <> 'unattended'")
    assert grids(judgement_tables(facts(calm)))[0].empty.startswith("Every alert that fired belongs to an incident")


def test_the_place_of_a_fix_is_shown_with_how_firm_it_is() -> None:
    shown = grids(fix_first_section(facts(FIXES.format(last=3))).blocks)[0]
    assert [(row[0], *row[3:]) for row in shown.rows] == [
        ("1", "2, declared", "30 incident minutes per 30 days"),
        ("2 (2 … 4)", "2, declared", "it has not happened yet"),
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


def test_what_only_metrics_show_is_said_beside_the_number_that_leaves_it_out() -> None:
    incidents = "create table fct_incidents as select unnest([['prometheus'], ['prometheus', 'slack'], ['pagerduty']]) as sources"
    assert "1 more only the metrics show" in _seen_by_metrics(facts(incidents))[0]
    assert _seen_by_metrics(facts(f"{incidents}; delete from fct_incidents where sources = ['prometheus']")) == (".",)


def test_a_blast_radius_is_empty_where_none_struck_and_unknown_where_nobody_looked() -> None:
    struck = {"incidents": 0, "near_misses": 1, "worst_blast_radius": "one_pod"}
    quiet = {"incidents": 0, "near_misses": 0, "worst_blast_radius": None}
    unread = {"incidents": None, "near_misses": None, "worst_blast_radius": None}
    assert [_blast_radius(row) for row in (struck, quiet, unread)] == ["one pod", "", "unknown"]


def test_a_near_miss_is_called_one_once() -> None:
    assert _title({"title": "near miss: hot GPU", "is_near_miss": True}) == "near miss: hot GPU"
    assert _title({"title": "hot GPU", "is_near_miss": True}) == "near miss: hot GPU"
    assert _title({"title": "hot GPU", "is_near_miss": False}) == "hot GPU"


def test_spofs_say_their_kind_and_the_worst_comes_first() -> None:
    spofs = """
    create table fct_spofs as select *, null as namespace, null as cluster, 'e' as evidence, null as source_uri from (values
        ('a', 'no_pdb', 'Deployment/a', 'one_pod'), ('b', 'single_zone', 'Deployment/b', null),
        ('c', 'unexplained_pin', 'Pin/c', 'cluster')) as spofs (spof_id, kind, object, blast_radius)
    """
    known = Facts(facts(spofs).connection, {"rel.spof.total": claim(3, "findings")})
    listed = grids(spofs_section(known).blocks)[0]
    assert [row[:3] for row in listed.rows] == [
        ("cluster", "unexplained pin", "Pin/c"),
        ("one pod", "no PDB", "Deployment/a"),
        ("unknown", "single zone", "Deployment/b"),
    ]
