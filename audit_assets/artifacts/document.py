"""What a document is made of. One model object becomes Markdown (canonical) and HTML; neither template computes anything.

A number enters a document only as a `Cited` claim, so that its status and its evidence travel with it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from audit_assets.artifacts.claims import Claim

LONGEST_REASON = 90  # characters of a reason in a table cell
_ACRONYMS = "api cpu gpu hpa pdb pp rwo tp vram"
_SPOKEN = {
    **{name: name.upper() for name in _ACRONYMS.split()},
    "rps": "in requests a second",
    "tps": "in tokens a second",
    "ttft": "time to first token",
}
MONEY = re.compile(r"[A-Z]{3}\b")  # units of money begin with a currency
_DIGITS = {"per 30 days": 2, "minutes": 1, "ms": 1}  # behind the point, below 100
_SCALES = {"share": (100.0, "%"), "ratio": (100.0, "%")}


@dataclass(frozen=True)
class Cited:
    """A claim where it is used; `words` instead of its value where it vouches for the rest of its row or sentence.

    `bare` leaves out the unit, for columns whose heading names it.
    """

    claim: Claim
    words: str = ""
    bare: bool = False

    @property
    def shown(self) -> str:
        """The value as people read it, with its unit; `unknown` and why when there is none."""
        return self.words or shown_value(self.claim, self.bare)


@dataclass(frozen=True)
class Link:
    """The way to another file of the audit, relative to the documents."""

    text: str
    href: str


Part = str | Cited | Link
Cell = str | Cited | Link | tuple[Part, ...] | None


@dataclass(frozen=True)
class Paragraph:
    """Running text with claims in it."""

    parts: tuple[Part, ...]
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True)
class Grid:
    """A table. `empty` is what is said when it has no rows, `note` what a reader must know to read it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    note: str = ""
    kind: Literal["grid"] = "grid"


@dataclass(frozen=True)
class Chart:
    """A static SVG with the words that say what it shows to somebody who cannot see it."""

    title: str
    svg: str
    alt: str
    file: str
    kind: Literal["chart"] = "chart"


Block = Paragraph | Grid | Chart


@dataclass(frozen=True)
class Section:
    """A heading and what is under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Gate:
    """The playbook's condition for a track to be complete. Open gates say what is missing."""

    condition: str
    missing: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


@dataclass(frozen=True)
class Document:
    """One of the four artifacts."""

    slug: str
    title: str
    question: str
    audit: str
    window: str
    owner: str
    gate: Gate
    sections: tuple[Section, ...]
    cited: tuple[Claim, ...] = field(default=())


def text(*parts: Part) -> Paragraph:
    """A paragraph."""
    return Paragraph(tuple(parts))


def grid(columns: Iterable[str], rows: Iterable[Iterable[Cell]], empty: str, note: str = "") -> Grid:
    """A table."""
    return Grid(tuple(columns), tuple(tuple(row) for row in rows), empty, note)


def shown_value(claim: Claim, bare: bool = False) -> str:
    """A claim's value for people: thousands separated, shares as percent, the unit behind it unless `bare`."""
    if claim.value is None:
        return _shortened(claim.value_text or "unknown")
    factor, unit = _SCALES.get(claim.unit or "", (1.0, claim.unit or ""))
    shown = _rounded(claim.value * factor, unit)
    if unit == "%":
        return f"{shown}%"
    if claim.value == 1 and unit in ("incidents", "findings"):
        unit = unit.removesuffix("s")
    return shown if bare else f"{shown} {in_words(unit)}".strip()


def shown_in_full(claim: Claim) -> str:
    """A claim's value, or all of its words, as its evidence states it."""
    return shown_value(claim) if claim.value is not None else claim.value_text or "unknown"


def in_words(name: object) -> str:
    """A name of the marts as people write it: `data_issue` is a data issue, `vram_exhaustion` one of VRAM."""
    return "unknown" if name is None else " ".join(_SPOKEN.get(part, part) for part in str(name).split("_"))


def bare(cited: Cited | None) -> Cited | None:
    """A claim without its unit, which the heading of its column names; nothing where there is no claim."""
    return replace(cited, bare=True) if cited else None


def _shortened(words: str) -> str:
    """The beginning of a long reason; the whole stands in the evidence."""
    return words if len(words) <= LONGEST_REASON else words[:LONGEST_REASON].rsplit(" ", 1)[0] + " …"


def shown_number(value: object) -> str:
    """A number that is not a claim (a rank's effort, a count of rows): thousands separated, four digits where it is small."""
    if value is None:
        return "unknown"
    number = float(str(value))
    return f"{number:,.0f}" if abs(number) >= 1000 or number.is_integer() else f"{number:.4g}"


def shown_money(value: object) -> str:
    """An amount to the cent, thousands separated; nothing when there is none."""
    return "" if value is None else f"{float(str(value)):,.2f}"


def shown_measure(value: object, unit: str | None = None) -> str:
    """A measured number with its unit, shares as percent; nothing when there is none."""
    if value is None:
        return ""
    number = float(str(value))
    if unit == "share":
        return f"{number * 100:.1f}%"
    shown = f"{number:,.0f}" if abs(number) >= 1000 else f"{number:,.2f}" if abs(number) >= 10 else _four_digits(number)
    return f"{shown.removesuffix('.00')} {unit or ''}".strip()


def shown_percent(share: float) -> str:
    """An objective in percent with every digit that was written: 99.95 % is not 100 %."""
    return f"{100 * share:.10g} %"


def shown_flag(value: bool | None) -> str:
    """yes, no or unknown."""
    return "unknown" if value is None else "yes" if value else "no"


def shown_range(claim: Claim) -> str:
    """`low … high` in the claim's unit, or nothing when there is no interval."""
    if claim.low is None or claim.high is None:
        return ""
    factor, unit = _SCALES.get(claim.unit or "", (1.0, claim.unit or ""))
    return f"{_rounded(claim.low * factor, unit)} … {_rounded(claim.high * factor, unit)}"


def _rounded(value: float, unit: str) -> str:
    digits = _digits(abs(value), unit)
    shown = _four_digits(value) if digits is None else f"{value:,.{digits}f}"
    return shown.removesuffix(".0") if unit in _DIGITS else shown


def _digits(size: float, unit: str) -> int | None:
    """Digits behind the point; none where four digits in all say it best."""
    if unit == "%":
        return 2 if 99 <= size < 100 else 1
    if MONEY.match(unit):
        return 2 if size >= (1 if MONEY.fullmatch(unit) else 10) else None
    if size.is_integer():
        return 0
    if unit in _DIGITS:
        return _DIGITS[unit] if size < 100 else 0
    return 1 if size >= 1000 else 2 if size >= 10 else None


def _four_digits(value: float) -> str:
    """Four digits, never as a power of ten: nobody reads `1.576e-05 USD` aloud."""
    return f"{value:.4g}" if abs(value) >= 1e-4 or value == 0 else format(Decimal(f"{value:.4g}"), "f")


def cited_claims(sections: Iterable[Section]) -> tuple[Claim, ...]:
    """Every claim used in the sections, once, by id."""
    found = {cited.claim.claim_id: cited.claim for section in sections for cited in _cited(section)}
    return tuple(found[claim_id] for claim_id in sorted(found))


def _cited(section: Section) -> Iterable[Cited]:
    for block in section.blocks:
        if isinstance(block, Paragraph):
            yield from _cited_in(block.parts)
        elif isinstance(block, Grid):
            yield from (cited for row in block.rows for cell in row for cited in _cited_in(cell))


def _cited_in(cell: Cell) -> Iterable[Cited]:
    return (part for part in (cell if isinstance(cell, tuple) else (cell,)) if isinstance(part, Cited))
