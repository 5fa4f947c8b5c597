"""Sections that several documents share: what is not known, what people believe, and where the plan has a recommendation."""

from dataclasses import replace

import duckdb

from audit_assets.artifacts.claims import Claim
from audit_assets.artifacts.document import Cited, Grid, Section
from audit_assets.artifacts.facts import Facts, beliefs_sections, told, unknown_section
from audit_assets.artifacts.planned import NOT_PLANNED, planned, planned_lever
from audit_assets.artifacts.render import markdown_cell
from tests.unit.test_documents import claim

PLAN = """
create table fct_roadmap_items as select * from (values
    (3, 'lever.release', '5-8', 'team-finops', 5.0), (4, 'fix.pin', '9-12', 'team-sre', 1.0)
) as items (rank, item_id, phase, owner, effort_days);
create table fct_roadmap_later as select 'fix.zone' as item_id, 'team-sre' as owner, 8.0 as effort_days
"""


def facts(*claims: Claim, script: str = "select 1") -> Facts:
    connection = duckdb.connect()
    connection.execute(script)
    return Facts(connection, {one.claim_id: one for one in claims})


def unknown(claim_id: str, statement: str, reason: str, status: str = "unknown") -> Claim:
    return replace(claim(None, "USD", status, claim_id), statement=statement, value_text=f"{status}: {reason}")


def belief(about: str, status: str, words: str) -> Claim:
    return replace(claim(0.5, "share", status, f"belief.{about}"), track="belief", subject=about, statement=about, value_text=words)


def rows(section: Section) -> list[list[str]]:
    (table,) = section.blocks
    assert isinstance(table, Grid)
    return [[markdown_cell(cell).split(" ([")[0] for cell in row] for row in table.rows]


def test_claims_that_lack_the_same_are_one_row_and_each_leads_to_its_evidence() -> None:
    made = facts(
        unknown("cost.unit.b.request", "Cost of b", "no counter"),
        unknown("cost.unit.a.request", "Cost of a", "no counter"),
        unknown("cost.spend.c", "Spend of c", "no bill"),
        replace(unknown("slo.d.current", "Availability of d", "no counter"), track="slo"),
        claim(1.0, "USD", "measured", "cost.spend.total"),
    )
    section = unknown_section(made, ("cost",))
    assert [row[0] for row in rows(section)] == ["no counter", "no bill"]
    (table,) = section.blocks
    assert isinstance(table, Grid)
    both = markdown_cell(table.rows[0][1])
    assert both.index("Cost of a") < both.index("Cost of b") and both.count("([unknown](#claim-cost.unit.") == 2


def test_a_sentence_of_which_nothing_is_known_says_so_once() -> None:
    lost, known = Cited(unknown("cost.idle.share", "Idle", "no bill")), Cited(claim())
    assert told("Idle", "Idle is ", lost, " of spend, ", lost, " of it held.").parts == ("Idle: ", lost, ".")
    assert told("Idle", "Idle is ", known, " of spend, ", lost, " of it held.").parts[0] == "Idle is "


def test_a_belief_stands_once_in_the_document_that_it_is_about() -> None:
    made = facts(
        belief("cost.fixed.share", "measured", "measured 68 %, believed 67 %"),
        belief("slo.chat.availability.current", "contradicted", "measured 99 %, believed 99.9 %"),
        belief("a.typo", "untested", "untested: no claim is called a.typo"),
    )
    shown = {slug: beliefs_sections(made, slug) for slug in ("cost_model", "risk_register", "slo_proposal", "roadmap")}
    assert shown["risk_register"] == ()
    assert rows(shown["cost_model"][0]) == [["cost.fixed.share", "holds", "measured 68 %, believed 67 %"]]
    assert [row[1] for row in rows(shown["slo_proposal"][0])] == ["does not hold"]
    assert rows(shown["roadmap"][0]) == [["a.typo", "could not be tested", "no claim is called a.typo"]]


def test_a_recommendation_says_where_the_plan_has_it() -> None:
    made = facts(script=PLAN)
    assert markdown_cell(planned(made, "lever.release")) == "[item 3, weeks 5–8](roadmap.html): team-finops, 5 days"
    assert markdown_cell(planned(made, "fix.pin")).endswith("team-sre, 1 day")
    assert markdown_cell(planned(made, "fix.zone")) == "[beyond week 12](roadmap.html): team-sre, 8 days"
    assert planned(made, "fix.nothing") == NOT_PLANNED


def test_tuning_is_planned_by_workload() -> None:
    made = facts(script=PLAN)
    assert markdown_cell(planned_lever(made, {"lever": "activity", "is_tuning": True})) == "by workload, [weeks 9–12](roadmap.html)"
    assert planned_lever(made, {"lever": "nothing", "is_tuning": False}) == NOT_PLANNED
