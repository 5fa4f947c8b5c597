"""Every claim of a real audit is reproduced by its own query from marts.duckdb alone, and `assay evidence` says so."""

from collections.abc import Callable

import duckdb
import pytest

from audit_assets.artifacts.claims import all_claims, check_claim
from tests.conftest import Audited, assay


def test_every_claim_is_reproduced_by_its_query(audited: Callable[..., Audited]) -> None:
    with duckdb.connect(audited().home / "marts.duckdb", read_only=True) as connection:
        claims = all_claims(connection)
        broken = [claim.claim_id for claim in claims if not check_claim(connection, claim.claim_id).holds]
    assert len(claims) > 300
    assert broken == []


def test_evidence_prints_the_claim_its_query_and_whether_it_holds(audited: Callable[..., Audited]) -> None:
    made = audited()
    shown = assay("evidence", "cost.spend.total", "--audit", made.audit, "--home", made.home).stdout
    assert "select" in shown and "holds" in shown


def test_commitments_break_even_at_their_price_over_list(audited: Callable[..., Audited]) -> None:
    """From the bill as it was delivered; what was paid up front is no list price of anything that ran."""
    made = audited()
    ran = "price_class = 'committed' and charge_category = 'Usage' and commitment_discount_status = 'Used'"
    assert made.claims()["cost.commitment.break_even"][0] == pytest.approx(
        billed(made, "sum(effective_cost) / sum(list_cost)", ran), abs=1e-3
    )


def test_hours_without_tags_and_no_more_are_untagged(audited: Callable[..., Audited]) -> None:
    """A day on which tags come or go is untagged for the hours without them."""
    made = audited()
    share = "sum(effective_cost) filter (coalesce(tags['team'], '') = '' or coalesce(tags['env'], '') = '') / sum(effective_cost)"
    assert made.claims()["cost.untagged.share"][0] == pytest.approx(billed(made, share, "gpu_count is not null"), abs=2e-4)


def billed(made: Audited, value: str, which: str) -> float:
    """One value of all charges in the lake, a redelivered day twice."""
    charges = f"read_parquet('{made.home}/lake/*/charges/*/*.parquet', union_by_name = true)"
    ((found,),) = duckdb.sql(f"select cast({value} as double) from {charges} where {which}").fetchall()
    return float(found)


def test_an_unknown_claim_id_is_bad_input(audited: Callable[..., Audited]) -> None:
    made = audited()
    done = assay("evidence", "cost.spend.totl", "--audit", made.audit, "--home", made.home, check=False)
    assert done.returncode == 2 and "Traceback" not in done.stderr
