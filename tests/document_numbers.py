"""The numbers of a document and whether a claim stands beside them, from its Markdown and its HTML, without the code that wrote it."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

STATUS = "measured|derived|declared|contradicted|untested|unknown"
# a number that stands by itself: no part of a name (p95, h100-04), of a date, a time or a path
NUMBER = re.compile(r"(?<![\w.\-/:#·])[+-]?\d[\d,]*(?:\.\d+)?(?![\w\-/:]|\.\d)")
DATED = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?|\d{4}-\d\d\b|\d\d:\d\d")
CITED_IN_MARKDOWN = re.compile(rf"(?:^|(?<=[:(,;.] ))?[^|:;(]*\(\[(?:{STATUS})\]\(#claim-[^)]*\)\)")
CITED_IN_HTML = re.compile(r'<a class="claim .*?</a>', re.DOTALL)
TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Line:
    """A row of a table or a paragraph: its section, its text without what is cited, and whether it cites a claim."""

    section: str
    text: str
    cites: bool

    @property
    def numbers(self) -> list[str]:
        """The numbers that are no claim themselves."""
        return NUMBER.findall(DATED.sub(" ", self.text))


def markdown_lines(text: str) -> Iterator[Line]:
    """Rows and paragraphs of a Markdown document, up to its evidence; headings, headers of tables and pictures are left out."""
    section, header = "", True
    for line in text.split("\n## Evidence", maxsplit=1)[0].splitlines():
        if line.startswith("## "):
            section = line[3:].replace("\\", "")
        if line.startswith("|") and not header:
            if not line.startswith("| ---") and "| --- |" not in line:
                yield _line(section, line.replace("\\", ""), CITED_IN_MARKDOWN)
        elif section and line and not line.startswith(("#", "|", "![")):
            yield _line(section, line.replace("\\", ""), CITED_IN_MARKDOWN)
        header = not line.startswith("|")


def html_lines(page: str) -> Iterator[Line]:
    """Rows and paragraphs of an HTML document, up to its evidence; headers of tables, notes' markup and charts are left out."""
    body = re.sub(r"<(svg|style|thead)\b.*?</\1>", "", page.split('<section id="evidence">', maxsplit=1)[0], flags=re.DOTALL)
    for part in body.split("<section ")[1:]:
        title = re.search(r"<h2>(.*?)</h2>", part)
        section = html.unescape(title[1]) if title else ""
        for found in re.finditer(r"<(tr|p)\b[^>]*>(.*?)</\1>", part, re.DOTALL):
            yield _line(section, found[2], CITED_IN_HTML)


def _line(section: str, text: str, cited: re.Pattern[str]) -> Line:
    bare = cited.sub(" ", text)
    return Line(section, html.unescape(TAGS.sub(" ", bare)), bare != text)
