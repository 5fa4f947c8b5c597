"""The documents as PDF, by WeasyPrint. It needs Pango from the system; without it there is no PDF, and one line that says why."""

import hashlib
import logging
import os
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from audit_assets.audit import Audit
from audit_assets.lake import write_atomically

MISSING = "no PDF: WeasyPrint needs the Pango library; Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0, macOS: brew install pango"


@cache
def weasyprint() -> Any:
    """The library, or None where Pango is missing; loaded when first used, for it takes a second."""
    try:
        return import_module("weasyprint")
    except (ImportError, OSError):  # the library is there, Pango is not
        return None


def why_no_pdf(audit: Audit) -> str | None:
    """The reason for which no PDF is written, if there is one."""
    if not audit.documents.pdf:
        return "no PDF: audit.yaml says documents.pdf: false"
    return MISSING if weasyprint() is None else None


def write_pdf(page: Path) -> int:
    """Write `<page>.pdf` beside an HTML page unless it was made from this very page; returns its bytes. Raises when Pango is missing."""
    library, html, path = weasyprint(), page.read_text(encoding="utf-8"), page.with_suffix(".pdf")
    assert library is not None, MISSING
    identifier = hashlib.sha256(f"{library.__version__} {html}".encode()).hexdigest()[:32].encode()
    if not path.exists() or identifier not in path.read_bytes()[-4096:]:
        logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of each rule that is meant for screens
        os.environ.setdefault("SOURCE_DATE_EPOCH", "0")  # fonts that are cut to size carry a date
        made = library.HTML(string=html, url_fetcher=_nothing_from_outside).write_pdf(pdf_identifier=identifier)
        write_atomically(path, made)
    return path.stat().st_size


def _nothing_from_outside(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a document refers to nothing outside of itself, found {url}")
