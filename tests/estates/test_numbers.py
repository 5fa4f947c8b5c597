"""Every number of the four documents is a claim, or stands in the row or sentence of the claim that vouches for it."""

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import Audited
from tests.document_numbers import Line, html_lines, markdown_lines

DOCUMENTS = ("cost_model", "risk_register", "slo_proposal", "roadmap")
COUNTS = ("What this rests on", "Annex: readiness scorecard")  # of rows that were read, or that are listed below
QUOTED = {"Incidents and near misses", "Configuration findings"}  # titles and settings as others wrote them, each with its source
EXPLAINED = ("Rows of ",)  # notes that say how a table is computed
READERS = {"md": markdown_lines, "html": html_lines}


def untraced(lines: Iterator[Line], claim_ids: list[str]) -> list[str]:
    return [
        f"{line.section}: {line.numbers} in {line.text.strip()[:120]}"
        for line in lines
        if line.numbers
        and not line.cites
        and line.section not in {*COUNTS, *QUOTED}
        and not line.text.strip().startswith(EXPLAINED)
        and not any(claim in line.text for claim in claim_ids)
    ]


@pytest.mark.parametrize("kind", sorted(READERS))
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_number_has_a_claim(audited: Callable[..., Audited], name: str, kind: str) -> None:
    made = audited()
    text = (made.home / "artifacts" / f"{name}.{kind}").read_text(encoding="utf-8")
    lines = list(READERS[kind](text))
    assert sum(line.cites for line in lines) > 10  # the reader did find claims
    assert untraced(iter(lines), sorted(made.claims())) == []


@pytest.mark.parametrize("kind", sorted(READERS))
def test_a_number_without_a_claim_is_found(kind: str) -> None:
    page = {
        "md": "## Spend\n\nIt cost 1,234.50 USD ([measured](#claim-cost.spend.total)).\n\nAnd 17 % of it was wasted on 2026-09-03.\n",
        "html": '<section id="s1"><h2>Spend</h2><p>It cost <a class="claim measured" href="#c">1,234.50 USD<sup>measured</sup></a>.</p>'
        "<p>And 17 % of it was wasted on 2026-09-03.</p></section>",
    }[kind]
    lines = list(READERS[kind](page))
    assert [line.cites for line in lines] == [True, False]
    assert [line.numbers for line in lines] == [[], ["17"]]
