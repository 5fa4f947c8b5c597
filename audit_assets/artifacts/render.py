"""A document as Markdown and as self-contained HTML. Everything from outside is escaped: a hostile title shows as text."""

import re
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from audit_assets.artifacts.document import Cell, Cited, Document, Link, Part, shown_in_full, shown_range

_MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~$])")
_LINE_START = re.compile(r"^(?:(?=[=+\-@])|(\d+)(?=[.)](?:\s|$)))")  # what begins a list, a heading or a formula
_WORD_ENDS = re.compile(r"[\s-]+")  # where a line may end
LONGEST_WORD = 18  # characters that a column always has room for
FOLDER = Path(__file__).parent / "templates"


def _environment(autoescape: bool) -> Environment:
    made = Environment(
        loader=PackageLoader("audit_assets.artifacts", "templates"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        md=markdown_text,
        md_parts=markdown_parts,
        md_cell=markdown_cell,
        html_parts=html_parts,
        html_cell=html_cell,
        anchor=anchor,
        range=shown_range,
        in_full=shown_in_full,
        width=cell_width,
    )
    return made


def to_markdown(document: Document) -> str:
    """The canonical form: diffable, byte-identical for the same model."""
    return _environment(False).get_template("document.md.j2").render(document=document)


def to_html(document: Document) -> str:
    """One page that needs no network and no script."""
    style = (FOLDER / "style.css").read_text(encoding="utf-8")
    return _environment(True).get_template("document.html.j2").render(document=document, style=Markup(style), Markup=Markup)


def anchor(claim_id: str) -> str:
    """The place in the evidence appendix where a claim stands."""
    return "claim-" + re.sub(r"[^A-Za-z0-9_.-]", "-", claim_id)


def markdown_text(value: object) -> str:
    """Text with everything that Markdown would read as markup escaped, on one line."""
    flat = " ".join(str(value).split())
    return _LINE_START.sub(lambda match: f"{match[1] or ''}\\", _MARKDOWN_SPECIAL.sub(r"\\\1", flat))


def markdown_parts(parts: tuple[Part, ...]) -> str:
    """A paragraph's parts."""
    return "".join(_inline(part) if isinstance(part, str) else markdown_cell(part) for part in parts)


def markdown_cell(cell: Cell) -> str:
    """A table cell: plain text, or a claim with its status and the way to its evidence; several of them one after the other."""
    if isinstance(cell, tuple):
        return markdown_parts(cell).strip()
    if isinstance(cell, Cited):
        return f"{markdown_text(cell.shown)} ([{cell.claim.status}](#{anchor(cell.claim.claim_id)}))"
    if isinstance(cell, Link):
        return f"[{markdown_text(cell.text)}]({quote(cell.href)})"
    return markdown_text(cell or "")


def html_parts(parts: tuple[Part, ...]) -> Markup:
    """A paragraph's parts."""
    return Markup("").join(html_cell(part) for part in parts)


def html_cell(cell: Cell) -> Markup:
    """A table cell."""
    if isinstance(cell, tuple):
        return html_parts(cell)
    if isinstance(cell, Link):
        return Markup('<a href="{href}">{text}</a>').format(href=quote(cell.href), text=cell.text)
    if not isinstance(cell, Cited):
        return escape(cell or "")
    status = cell.claim.status
    return Markup('<a class="claim {status}" href="#{anchor}">{shown}<sup>{status}</sup></a>').format(
        status=status, anchor=anchor(cell.claim.claim_id), shown=cell.shown
    )


def cell_width(cell: Cell) -> str:
    """How much room a cell asks for, as classes of the style sheet: running text must not become a column of single words, and only a word
    longer than others is broken where it does not fit (measuring where takes most of the time of a PDF)."""
    shown = html_cell(cell).striptags()
    room = "long" if len(shown) > 40 else "medium" if len(shown) > 11 else ""
    return f"{room} endless" if any(len(word) > LONGEST_WORD for word in _WORD_ENDS.split(shown)) else room


def _inline(part: str) -> str:
    return _MARKDOWN_SPECIAL.sub(r"\\\1", " ".join(part.split("\n")))
