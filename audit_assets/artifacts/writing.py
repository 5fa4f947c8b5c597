"""How a document becomes files: Markdown, HTML and charts, each replaced in one step, and its gate in gates.json."""

from pathlib import Path

import orjson

from audit_assets.artifacts.document import Chart, Document
from audit_assets.artifacts.render import to_html, to_markdown
from audit_assets.lake import write_atomically


def write_pages(document: Document, folder: Path) -> int:
    """Write a document's files; returns their bytes."""
    files = {
        f"{document.slug}.md": to_markdown(document).encode(),
        f"{document.slug}.html": to_html(document).encode(),
        **{block.file: block.svg.encode() for section in document.sections for block in section.blocks if isinstance(block, Chart)},
    }
    for name, content in files.items():
        write_atomically(folder / name, content)
    return sum(len(content) for content in files.values())


def write_document(document: Document, folder: Path) -> int:
    """Write a document's files and, last, its gate; returns the bytes of the files."""
    written = write_pages(document, folder)
    gate = {"met": document.gate.met, "missing": list(document.gate.missing)}
    _merge(folder / "gates.json", document.slug, gate)
    return written


def _merge(path: Path, key: str, value: object) -> None:
    known = orjson.loads(path.read_bytes()) if path.exists() else {}
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2
    write_atomically(path, orjson.dumps({**known, key: value}, default=str, option=options))
