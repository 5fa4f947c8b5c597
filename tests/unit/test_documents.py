from dataclasses import replace

from audit_assets.artifacts.charts import cumulative, curves, day_map, histogram, stacked_by_day, weekly_bands
from audit_assets.artifacts.claims import Claim
from audit_assets.artifacts.document import Cited, Document, Gate, Link, Section, cited_claims, grid, shown_value, text
from audit_assets.artifacts.render import markdown_text, to_html, to_markdown

HOSTILE = "<script>alert(1)</script> =HYPERLINK(1) [x](http://evil) | `c` *b*"


def claim(value: float | None = 0.314, unit: str = "share", status: str = "measured", claim_id: str = "cost.idle.share") -> Claim:
    return Claim(
        claim_id=claim_id,
        track="cost",
        subject="estate",
        statement="Idle share",
        value=value,
        value_text="unknown: no metrics" if value is None else str(value),
        unit=unit,
        low=None,
        high=None,
        status=status,
        coverage=1.0,
        relation="fct_idle_cost_daily",
        query="select 1",
        inputs_digest="abc",
        window_start=None,
        window_end=None,
    )


def document(*sections: Section) -> Document:
    return Document("cost_model", "Cost model", "What?", "acme", "a … b", "finops", Gate("c", ("x",)), sections, cited_claims(sections))


def test_values_are_shown_with_their_unit() -> None:
    assert shown_value(claim()) == "31.4%"
    assert shown_value(claim(1842611.4, "USD")) == "1,842,611.40 USD"
    assert shown_value(claim(0.00214, "USD per 1k_tokens")) == "0.00214 USD per 1k tokens"
    assert shown_value(claim(1.2426e-05, "USD per request")) == "0.00001243 USD per request"
    assert shown_value(claim(84.00000000000001, "minutes")) == "84 minutes"
    assert [shown_value(claim(value, "ms")) for value in (49.64, 363.736, 4785.7)] == ["49.6 ms", "364 ms", "4,786 ms"]
    assert [shown_value(claim(value, "EUR per 30 days")) for value in (690079.98, 3.708)] == [
        "690,079.98 EUR per 30 days",
        "3.708 EUR per 30 days",
    ]
    assert shown_value(claim(2 / 3, "per 30 days")) == "0.67 per 30 days"
    assert shown_value(claim(23, "incidents")) == "23 incidents"
    assert shown_value(claim(1, "incidents")) == "1 incident"


def test_a_bare_value_has_no_unit_but_keeps_percent() -> None:
    assert [shown_value(claim(1, unit), bare=True) for unit in ("incidents", "share", "minutes")] == ["1", "100.0%", "1"]


def test_an_unknown_value_says_what_is_missing() -> None:
    assert shown_value(claim(None, status="unknown")) == "unknown: no metrics"


def test_hostile_text_shows_as_text() -> None:
    made = document(Section("s", (grid(("title",), ((HOSTILE,),), empty=""), text(HOSTILE))))
    assert "<script>" not in to_html(made)
    markdown = to_markdown(made)
    assert "<script>" not in markdown.replace("\\<script\\>", "")
    assert "[x](" not in markdown


def test_a_hostile_owner_statement_or_link_shows_as_text() -> None:
    told = replace(claim(claim_id="owner.<img src=x>"), statement=HOSTILE, value=None, value_text=HOSTILE, query="select '</code><script>'")
    made = document(Section(HOSTILE, (grid((HOSTILE,), ((Cited(told),), (Link(HOSTILE, 'x" onclick="alert(1)'),)), empty=""),)))
    page, markdown = to_html(made), to_markdown(made)
    assert "<script>" not in page and "<img" not in page and 'onclick="' not in page
    unquoted = markdown.split("```sql")[0].replace("\\<script\\>", "")  # a query stands in a code block
    assert "<script>" not in unquoted and "[x](" not in markdown and "\n=HYPERLINK" not in markdown


def test_a_link_leads_to_a_file_beside_the_document() -> None:
    made = document(Section("s", (text("see ", Link("the plan", "roadmap.html")),)))
    assert '<a href="roadmap.html">the plan</a>' in to_html(made)
    assert "[the plan](roadmap.html)" in to_markdown(made)


def test_a_number_carries_its_status_and_the_way_to_its_evidence() -> None:
    made = document(Section("s", (text("Idle: ", Cited(claim())),)))
    assert 'href="#claim-cost.idle.share"' in to_html(made)
    assert "(#claim-cost.idle.share)" in to_markdown(made)
    assert 'id="claim-cost.idle.share"' in to_html(made)


def test_a_cell_of_several_parts_cites_each_of_its_claims() -> None:
    made = document(Section("s", (grid(("c",), ((("watch ", Cited(claim()), " and ", Link("plan", "p.html")),),), empty=""),)))
    assert [cited.claim_id for cited in made.cited] == ["cost.idle.share"]
    assert "| watch 31.4% ([measured](#claim-cost.idle.share)) and [plan](p.html) |" in to_markdown(made)
    assert 'watch <a class="claim measured"' in to_html(made) and '<a href="p.html">plan</a>' in to_html(made)


def test_running_text_gets_more_room_than_a_number() -> None:
    made = to_html(
        document(Section("s", (grid(("c", "d"), (("a sentence that goes on for more than forty characters", "3"),), empty=""),)))
    )
    assert '<td class="long">a sentence' in made and "<td>3</td>" in made


def test_an_open_gate_says_what_is_missing() -> None:
    assert "missing: x" in to_markdown(document())
    assert "Gate open" in to_html(document())


def test_charts_are_the_same_to_the_byte() -> None:
    rows = [{"day": "2026-03-01", "part": "a", "cost": 1.0}, {"day": "2026-03-02", "part": "b", "cost": 2.0}]
    first, second = (stacked_by_day(rows, "t", "cost", "USD", "f.svg") for _ in range(2))
    assert first is not None and second is not None
    assert first.svg == second.svg and "<svg" in first.svg


def test_the_legend_lists_parts_as_they_are_stacked() -> None:
    rows = [{"day": "2026-03-01", "part": part, "cost": cost} for part, cost in (("z-dear", 9.0), ("a-cheap", 1.0))]
    chart = stacked_by_day(rows, "t", "cost", "USD", "f.svg")
    assert chart is not None
    assert chart.svg.index("a-cheap") < chart.svg.index("z-dear")
    assert chart.alt.index("z-dear") < chart.alt.index("a-cheap")


def test_no_rows_no_chart() -> None:
    assert stacked_by_day([], "t", "cost", "USD", "f.svg") is None


def test_markdown_escapes_what_begins_a_line_and_no_decimal() -> None:
    shown = [markdown_text(text) for text in ("68.0%", "3. item", "12) x", "-5 USD", "=HYPERLINK(1)")]
    assert shown == ["68.0%", "3\\. item", "12\\) x", "\\-5 USD", "\\=HYPERLINK(1)"]


def test_utilisation_is_an_axis_of_shares_not_of_dates() -> None:
    rows = [{"part": "w", "utilisation": share, "cost": 1 / share, "observed": share == 0.5} for share in (0.25, 0.5, 0.75)]
    chart = curves(rows, "t", "cost", "USD", "f.svg")
    assert chart is not None
    assert ">40%<" in chart.svg and "Jan" not in chart.svg


def test_a_map_of_days_keeps_the_order_of_its_rows() -> None:
    rows = [{"day": "2026-09-01", "part": part, "cost": cost} for part, cost in (("b-dear", 9.0), ("a-cheap", 1.0))]
    chart = day_map(rows, "t", "cost", "USD", "f.svg")
    assert chart is not None
    assert chart.svg.index("b-dear") < chart.svg.index("a-cheap")


def test_each_part_of_a_histogram_has_a_panel() -> None:
    rows = [{"part": part, "low": 0.9, "high": 0.95, "gpu_hours": 3.0} for part in ("GPU_UTIL", "SM_ACTIVE")]
    chart = histogram(rows, "t", "gpu_hours", "GPU-hours", "f.svg")
    assert chart is not None
    assert "GPU_UTIL" in chart.svg and "SM_ACTIVE" in chart.svg


def test_a_band_spans_the_days_of_a_week() -> None:
    rows = [{"week": week, "part": "w", "low": 1.0, "middle": 2.0, "high": 5.0} for week in ("2026-09-07", "2026-09-14")]
    chart = weekly_bands(rows, "t", "USD", "f.svg")
    assert chart is not None
    assert "07 Sep" in chart.svg and ">5<" in chart.svg


def test_a_distribution_names_its_bounds_in_milliseconds() -> None:
    rows = [{"part": "e2e", "latency_ms": bound, "share": share} for bound, share in ((100.0, 0.4), (1000.0, 0.9), (10000.0, 1.0))]
    chart = cumulative(rows, "t", "f.svg")
    assert chart is not None
    assert ">1k<" in chart.svg and ">100%<" in chart.svg
