"""PDFs are the same to the byte, are not made twice, and are left out with one line where Pango is missing."""

from pathlib import Path

import pytest

from audit_assets.artifacts import pdf
from audit_assets.artifacts.document import Chart, Cited, Section, text
from audit_assets.artifacts.render import to_html
from tests.unit.test_documents import claim, document

needs_pango = pytest.mark.skipif(pdf.weasyprint() is None, reason="the Pango library is not installed: apt-get install libpangoft2-1.0-0")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "cost_model.html"
    path.write_text(to_html(document(Section("Spend", (text("a paragraph"),)))), encoding="utf-8")
    return path


@needs_pango
def test_the_same_page_gives_the_same_bytes(page: Path) -> None:
    pdf.write_pdf(page)
    first = page.with_suffix(".pdf").read_bytes()
    page.with_suffix(".pdf").unlink()
    pdf.write_pdf(page)
    assert first.startswith(b"%PDF") and page.with_suffix(".pdf").read_bytes() == first


@needs_pango
def test_a_page_that_did_not_change_is_not_made_again(page: Path) -> None:
    pdf.write_pdf(page)
    made = page.with_suffix(".pdf").stat().st_mtime_ns
    pdf.write_pdf(page)
    assert page.with_suffix(".pdf").stat().st_mtime_ns == made
    page.write_text(page.read_text().replace("a paragraph", "another paragraph"))
    pdf.write_pdf(page)
    assert page.with_suffix(".pdf").stat().st_mtime_ns > made


def test_without_pango_the_library_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(pdf, "import_module", missing)
    pdf.weasyprint.cache_clear()
    assert pdf.weasyprint() is None
    pdf.weasyprint.cache_clear()
    assert "libpango-1.0-0" in pdf.MISSING and "brew install pango" in pdf.MISSING


@needs_pango
def test_a_chart_that_is_taller_than_a_page_is_made_to_fit_and_queries_stay_in_the_html() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="700" height="1400" viewBox="0 0 700 1400"><rect width="9" height="9"/></svg>'
    html = to_html(document(Section("s", (Chart("c", svg, "a", "c.svg"), text(Cited(claim()))))))
    pages = pdf.weasyprint().HTML(string=html, url_fetcher=pdf._nothing_from_outside).render().pages
    boxes = [(page, box) for page in pages for box in page._page_box.descendants()]
    drawn = [(box.height, box.width, page.height) for page, box in boxes if str(box.element_tag).endswith("svg")]
    assert len(drawn) == 1
    height, width, page_height = drawn[0]
    assert height < page_height and abs(height / width - 2) < 0.01
    assert not [box for _, box in boxes if box.element_tag == "pre"] and "<pre>" in html
