"""Every claim of a real audit is reproduced by its own query from marts.duckdb alone, and `assay evidence` says so."""

from collections.abc import Callable

import duckdb

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


def test_an_unknown_claim_id_is_bad_input(audited: Callable[..., Audited]) -> None:
    made = audited()
    done = assay("evidence", "cost.spend.totl", "--audit", made.audit, "--home", made.home, check=False)
    assert done.returncode == 2 and "Traceback" not in done.stderr
