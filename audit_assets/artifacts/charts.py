"""Static SVG charts, drawn without a network and the same to the byte for the same rows.

A chart helps to see; the table beside it carries the claims. Colours differ in lightness too, so that they survive grey printing.
"""

from typing import Any

import altair as alt
import vl_convert as vlc

from audit_assets.artifacts.document import Chart

WIDTH, HEIGHT = 640, 260
PALETTE = [
    "#1b4965",
    "#5fa8d3",
    "#f4a259",
    "#8cb369",
    "#bc4b51",
    "#5b5f97",
    "#b8b8d1",
    "#6d597a",
    "#2a9d8f",
    "#e9c46a",
]
_CONFIG: dict[str, Any] = {
    "aria": False,  # the figure says in words what it shows; a label on each of 2,000 marks only makes the page heavy
    "background": "white",
    "font": "DejaVu Sans, Helvetica, Arial, sans-serif",
    "view": {"stroke": None, "continuousWidth": WIDTH, "continuousHeight": HEIGHT, "discreteHeight": HEIGHT},
    "axis": {"gridColor": "#e3e6ea", "domainColor": "#8a94a0", "tickColor": "#8a94a0"},
    "legend": {"labelLimit": 260},
    "range": {"category": PALETTE},
}


def stacked_by_day(rows: list[dict[str, Any]], title: str, measure: str, unit: str, file: str) -> Chart | None:
    """Daily stacked bars, the first part at the bottom; rows have day (ISO), part and `measure`. None when there is nothing to draw."""
    if not rows:
        return None
    parts = list(dict.fromkeys(row["part"] for row in rows))
    stacked = [{**row, "place": parts.index(row["part"])} for row in rows]
    drawn = (
        alt.Chart({"values": stacked})
        .mark_bar(binSpacing=0)
        .encode(
            x=alt.X("day:T", title=None, axis=alt.Axis(format="%d %b")),
            y=alt.Y(f"sum({measure}):Q", title=unit),
            color=alt.Color("part:N", title=None, scale=alt.Scale(domain=parts[::-1], range=PALETTE[: len(parts)][::-1])),
            order=alt.Order("place:Q"),
        )
    )
    words = f"Stacked bars a day, in {unit}, from the bottom: {_parts(rows)}. The legend lists them from the top."
    return _chart(drawn, title, words, file)


def ranked_bars(rows: list[dict[str, Any]], title: str, measure: str, unit: str, file: str) -> Chart | None:
    """Horizontal bars, largest first; rows have part and `measure`."""
    if not rows:
        return None
    drawn = (
        alt.Chart({"values": rows})
        .mark_bar(color=PALETTE[0])
        .encode(
            x=alt.X(f"{measure}:Q", title=unit, axis=alt.Axis(tickCount=6)),
            y=alt.Y("part:N", title=None, sort="-x", axis=alt.Axis(labelLimit=260)),
        )
    )
    return _chart(drawn, title, f"Bars by size, in {unit}; the longest is {rows[0]['part']}.", file)


def lines(rows: list[dict[str, Any]], title: str, measure: str, unit: str, file: str, moment: str = "day") -> Chart | None:
    """Lines over time; rows have `moment` (ISO), part and `measure`."""
    if not rows:
        return None
    drawn = (
        alt.Chart({"values": rows})
        .mark_line(point=len(rows) < 60)
        .encode(
            x=alt.X(f"{moment}:T", title=None, axis=alt.Axis(format="%d %b")),
            y=alt.Y(f"{measure}:Q", title=unit),
            color=alt.Color("part:N", title=None),
            strokeDash=alt.StrokeDash("part:N", title=None),
        )
    )
    return _chart(drawn, title, f"Lines over time, in {unit}.", file)


def timeline(points: list[dict[str, Any]], failed: list[dict[str, Any]], title: str, file: str) -> Chart | None:
    """Incidents by mode over the share of requests that failed, with the same days. None when there is nothing to draw.

    `points` have day (ISO), part (mode) and kind; `failed` has day, part (service) and failed (share 0..1).
    """
    if not points and not failed:
        return None
    panels = [panel for panel in (_mode_points(points), _failed_lines(failed)) if panel is not None]
    drawn = alt.vconcat(*panels).resolve_scale(x="shared", color="independent", shape="independent", strokeDash="independent")
    words = f"{len(points)} points in time by failure mode; the shape tells incident from near miss."
    below = " Below, a line a service: the share of its requests that failed, by day." if failed else ""
    return _chart(drawn, title, words + below, file)


def _mode_points(points: list[dict[str, Any]]) -> Any:
    if not points:
        return None
    marks = alt.Chart({"values": points}).mark_point(size=90, filled=True, opacity=0.85)
    return marks.encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format="%d %b")),
        y=alt.Y("part:N", title=None, axis=alt.Axis(labelLimit=260)),
        shape=alt.Shape("kind:N", title=None),
        color=alt.Color("kind:N", title=None),
    ).properties(width=WIDTH, height=HEIGHT)


def _failed_lines(failed: list[dict[str, Any]]) -> Any:
    if not failed:
        return None
    marks = alt.Chart({"values": failed}).mark_line()
    return marks.encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format="%d %b")),
        y=alt.Y("failed:Q", title="failed requests", axis=alt.Axis(format="~%")),
        color=alt.Color("part:N", title=None),
        strokeDash=alt.StrokeDash("part:N", title=None),
    ).properties(width=WIDTH, height=140)


def weekly_bands(rows: list[dict[str, Any]], title: str, unit: str, file: str) -> Chart | None:
    """One small line a part with the range of its days behind it; rows have week (ISO), part, low, middle and high."""
    if not rows:
        return None
    base = alt.Chart().encode(x=alt.X("week:T", title=None, axis=alt.Axis(format="%d %b", tickCount=5)))
    band = base.mark_area(color=PALETTE[1], opacity=0.4).encode(y=alt.Y("low:Q", title=unit, scale=alt.Scale(zero=True)), y2="high:Q")
    line = base.mark_line(color=PALETTE[0], point=True).encode(y="middle:Q")
    drawn = _small_multiples(alt.layer(band, line), rows)
    return _chart(drawn, title, f"A line by week for each of {_parts(rows)}; the band spans the cheapest and the dearest day.", file)


def curves(rows: list[dict[str, Any]], title: str, measure: str, unit: str, file: str) -> Chart | None:
    """One small curve a part over utilisation; rows have part, utilisation (share), observed and `measure`."""
    if not rows:
        return None
    x = alt.X("utilisation:Q", title="utilisation", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart().encode(x=x, y=alt.Y(f"{measure}:Q", title=unit))
    extrapolated = base.mark_line(color=PALETTE[1], strokeDash=[4, 3]).transform_filter("!datum.observed")
    observed = base.mark_point(color=PALETTE[0], filled=True, size=45).transform_filter("datum.observed")
    drawn = _small_multiples(alt.layer(extrapolated, observed), rows)
    words = f"Points are observed days, the dashed curve is extrapolated, for each of {_parts(rows)}."
    return _chart(drawn, title, words, file)


def cumulative(rows: list[dict[str, Any]], title: str, file: str) -> Chart | None:
    """Share of requests at or below a latency, a line a part; rows have part, latency_ms (above 0) and share."""
    if not rows:
        return None
    drawn = (
        alt.Chart({"values": rows})
        .mark_line(point=True)
        .encode(
            x=alt.X("latency_ms:Q", title="milliseconds", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s", tickCount=6)),
            y=alt.Y("share:Q", title="requests at or below", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("part:N", title=None),
            strokeDash=alt.StrokeDash("part:N", title=None),
        )
    )
    return _chart(drawn, title, f"Share of requests that took at most so long, for {_parts(rows)}; a point is a bucket bound.", file)


def day_map(rows: list[dict[str, Any]], title: str, measure: str, unit: str, file: str) -> Chart | None:
    """A heat map: a row a part in the order given, a cell a day; rows have day (ISO), part and `measure`."""
    if not rows:
        return None
    parts = list(dict.fromkeys(row["part"] for row in rows))
    drawn = (
        alt.Chart({"values": rows})
        .mark_rect()
        .encode(
            x=alt.X("yearmonthdate(day):T", title=None, axis=alt.Axis(format="%d %b", grid=False)),
            y=alt.Y("part:N", title=None, sort=parts, axis=alt.Axis(labelLimit=260)),
            color=alt.Color(f"{measure}:Q", title=unit, scale=alt.Scale(scheme="blues")),
        )
        .properties(width=WIDTH, height=16 * len(parts))
    )
    return _chart(drawn, title, f"A row a node, a cell a day, darker is dearer ({unit}); {parts[0]} is the dearest.", file)


def histogram(rows: list[dict[str, Any]], title: str, measure: str, unit: str, file: str) -> Chart | None:
    """Bars over bins of a share, a panel a part; rows have part, low, high (shares) and `measure`."""
    if not rows:
        return None
    x = alt.X("low:Q", title="mean of the hour", bin=alt.BinParams(binned=True), axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    marks = alt.Chart().mark_bar(color=PALETTE[0]).encode(x=x, x2="high:Q", y=alt.Y(f"{measure}:Q", title=unit))
    drawn = _small_multiples(marks, rows, shared_y="shared")
    return _chart(drawn, title, f"Bars by twentieth of utilisation, in {unit}, for {_parts(rows)}.", file)


def _parts(rows: list[dict[str, Any]]) -> str:
    return "; ".join(dict.fromkeys(row["part"] for row in rows))


def _small_multiples(marks: Any, rows: list[dict[str, Any]], shared_y: str = "independent") -> Any:
    """A panel a part, two beside each other."""
    panel = marks.properties(width=WIDTH // 2 - 40, height=130)
    header = alt.Header(title=None, labelLimit=WIDTH // 2, labelFontWeight="bold")
    faceted = panel.properties(data={"values": rows}).facet(facet=alt.Facet("part:N", header=header), columns=2)
    return faceted.resolve_scale(y=shared_y)


def _chart(drawn: Any, title: str, alt_text: str, file: str) -> Chart:
    specification = drawn.configure(**_CONFIG).to_dict()
    return Chart(title, vlc.vegalite_to_svg(specification), alt_text, file)
