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
    "background": "white",
    "font": "DejaVu Sans, Helvetica, Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {"gridColor": "#e3e6ea", "domainColor": "#8a94a0", "tickColor": "#8a94a0"},
    "range": {"category": PALETTE},
}


def stacked_by_day(rows: list[dict[str, Any]], title: str, measure: str, unit: str, file: str) -> Chart | None:
    """Daily stacked bars; rows have day (ISO), part and `measure`. None when there is nothing to draw."""
    if not rows:
        return None
    marks = alt.Chart({"values": rows}).mark_bar(binSpacing=0)
    drawn = marks.encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format="%d %b")),
        y=alt.Y(f"sum({measure}):Q", title=unit),
        color=alt.Color("part:N", title=None),
        order=alt.Order("part:N"),
    )
    return _chart(drawn, title, f"Stacked bars a day, in {unit}, by {len({row['part'] for row in rows})} parts.", file)


def ranked_bars(rows: list[dict[str, Any]], title: str, measure: str, unit: str, file: str) -> Chart | None:
    """Horizontal bars, largest first; rows have part and `measure`."""
    if not rows:
        return None
    drawn = (
        alt.Chart({"values": rows})
        .mark_bar(color=PALETTE[0])
        .encode(
            x=alt.X(f"{measure}:Q", title=unit),
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


def timeline(rows: list[dict[str, Any]], title: str, file: str) -> Chart | None:
    """Incidents on the days of the window; rows have day (ISO), part (mode) and near_miss."""
    if not rows:
        return None
    drawn = (
        alt.Chart({"values": rows})
        .mark_point(size=90, filled=True, opacity=0.85)
        .encode(
            x=alt.X("day:T", title=None, axis=alt.Axis(format="%d %b")),
            y=alt.Y("part:N", title=None, axis=alt.Axis(labelLimit=260)),
            shape=alt.Shape("kind:N", title=None),
            color=alt.Color("kind:N", title=None),
        )
    )
    return _chart(
        drawn,
        title,
        f"{len(rows)} points in time by failure mode; the shape tells incident from near miss.",
        file,
    )


def _chart(drawn: Any, title: str, alt_text: str, file: str) -> Chart:
    specification = drawn.properties(width=WIDTH, height=HEIGHT).configure(**_CONFIG).to_dict()
    return Chart(title, vlc.vegalite_to_svg(specification), alt_text, file)
