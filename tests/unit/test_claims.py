"""A claim is checked by running its own query: numbers, words and the absence of both."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from audit_assets.artifacts.claims import Claim, all_claims, check_claim, load_claim
from audit_assets.errors import BadInput

TABLE = """
    create table fct_claims (
        claim_id varchar, track varchar, subject varchar, statement varchar, value double, value_text varchar, unit varchar,
        low double, high double, status varchar, coverage double, relation varchar, query varchar, inputs_digest varchar,
        window_start date, window_end date
    )
"""
START, END = date(2026, 7, 3), date(2026, 9, 30)


def claim(claim_id: str, value: float | None, words: str, status: str, query: str) -> Claim:
    return Claim(
        claim_id, "cost", "s", "is claimed", value, words, "USD", None, None, status, 1.0, "fct_spend", query, "digest", START, END
    )


CLAIMS = [
    claim("cost.spend.total", 0.3, "0.30 USD", "measured", "select sum(cost) as value from fct_spend"),
    claim("cost.spend.wrong", 0.4, "0.40 USD", "measured", "select sum(cost) as value from fct_spend"),
    claim("scope.chat-llm", None, "verified", "measured", "select 'verified' as value"),
    claim("scope.docs", None, "verified", "measured", "select 'not_running' as value"),
    claim(
        "cost.spot.discount", None, "unknown: nothing was bought as spot", "unknown", "select sum(cost) as value from fct_spend where false"
    ),
    claim("cost.idle.share", None, "unknown: no metrics", "unknown", "select cast(null as double) as value /* unknown */"),
    claim("cost.trend.spend", None, "unknown: no week", "unknown", "select sum(cost) as value from fct_spend"),
    claim("cost.unit.none", None, "unknown: no row", "unknown", "select cost as value from fct_spend where false"),
    claim("cost.unit.many", 0.1, "0.1 USD", "measured", "select cost as value from fct_spend"),
]


@pytest.fixture
def marts(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(tmp_path / "marts.duckdb")
    connection.execute("create table fct_spend as select unnest([0.1, 0.2])::decimal(18, 6) as cost")
    connection.execute(TABLE)
    for one in CLAIMS:
        connection.execute(f"insert into fct_claims values ({', '.join('?' * 16)})", list(one.as_record().values()))
    return connection


@pytest.mark.parametrize(
    ("claim_id", "value_now", "holds"),
    [
        ("cost.spend.total", 0.3, True),
        ("cost.spend.wrong", 0.3, False),
        ("scope.chat-llm", "verified", True),
        ("scope.docs", "not_running", False),
        ("cost.spot.discount", None, True),
        ("cost.idle.share", None, True),
        ("cost.trend.spend", 0.3, False),
        ("cost.unit.none", None, True),
    ],
)
def test_a_claim_holds_when_its_query_gives_it_again(
    marts: duckdb.DuckDBPyConnection, claim_id: str, value_now: float | str | None, holds: bool
) -> None:
    checked = check_claim(marts, claim_id)
    assert checked.claim.claim_id == claim_id
    assert checked.holds is holds
    assert checked.value_now == (pytest.approx(value_now) if isinstance(value_now, float) else value_now)


def test_a_query_with_several_values_is_refused(marts: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(BadInput, match="one value"):
        check_claim(marts, "cost.unit.many")


def test_an_unknown_id_names_its_neighbours(marts: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(BadInput, match=r"cost\.spend\.total"):
        load_claim(marts, "cost.spend.totals")


def test_all_claims_are_read_by_id(marts: duckdb.DuckDBPyConnection) -> None:
    assert [one.claim_id for one in all_claims(marts)] == sorted(one.claim_id for one in CLAIMS)
    assert all_claims(marts)[-1].as_record()["window_end"] == END
