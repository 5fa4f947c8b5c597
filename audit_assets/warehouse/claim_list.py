"""Writes docs/claims.md, the list of claim ids, from the seed that a dbt test holds every claim against: `make claims`."""

import csv
from pathlib import Path

ROOT = Path(__file__).parents[2]
FAMILIES = ROOT / "dbt_project" / "seeds" / "claim_families.csv"
PAGE = ROOT / "docs" / "claims.md"
HEAD = """# Claims

Every number in a document is a row of `fct_claims`. An id means the same in every audit: `assay diff` relies on it.
What stands in angle brackets is the subject. `assay evidence CLAIM` prints a claim with its query and says whether it still holds.
Money is in the audit's currency; shares are 0..1. A claim whose data is missing is `unknown` and has no value.

| claim | track | unit | what it says |
|---|---|---|---|
"""


def page_text() -> str:
    """The page as it belongs in docs/."""
    with FAMILIES.open(encoding="utf-8", newline="") as handle:
        rows = [f"| `{row['family']}` | {row['track']} | {row['unit']} | {row['meaning']} |" for row in csv.DictReader(handle)]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page_text(), encoding="utf-8")
