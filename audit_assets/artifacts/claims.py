"""Claims: what the audit says, with the status and the query that gives the same value again.

Reads `fct_claims` of the published marts. What does not belong here: how claims are made (dbt) and how they are worded in documents.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import orjson
from pydantic import TypeAdapter, ValidationError

from audit_assets.errors import BadInput

UNANSWERED = ("unknown", "untested")
RELATIVE_TOLERANCE = 1e-9  # doubles summed in another order differ in the last digits


@dataclass(frozen=True)
class Claim:
    """One row of `fct_claims`. `value` is null when the claim is a word (then `value_text` says it) or has no answer."""

    claim_id: str
    track: str
    subject: str
    statement: str
    value: float | None
    value_text: str | None
    unit: str | None
    low: float | None
    high: float | None
    status: str
    coverage: float | None
    relation: str
    query: str
    inputs_digest: str
    window_start: date
    window_end: date

    def as_record(self) -> dict[str, Any]:
        """The claim by column, as claims.json keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class ClaimCheck:
    """A claim beside what its query gives now."""

    claim: Claim
    value_now: float | str | None
    holds: bool


_COLUMNS = ", ".join(field.name for field in fields(Claim))


def all_claims(connection: duckdb.DuckDBPyConnection) -> list[Claim]:
    """Every claim, by id."""
    rows = connection.execute(f"select {_COLUMNS} from fct_claims order by claim_id").fetchall()
    return [Claim(*row) for row in rows]


def claims_as_json(claims: Iterable[Claim]) -> bytes:
    """claims.json: a list of claims by id. It holds no time of a run, so the same marts give the same bytes."""
    records = [claim.as_record() for claim in sorted(claims, key=lambda claim: claim.claim_id)]
    return orjson.dumps(records, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def claims_from_json(content: bytes) -> list[Claim]:
    """The claims of a claims.json; columns that are not of a claim are passed over. Raises BadInput that says what is wrong where."""
    try:
        return TypeAdapter(list[Claim]).validate_json(content)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the whole"
        raise BadInput(f"not a list of claims: {where}: {first['msg']}") from problem


def load_claim(connection: duckdb.DuckDBPyConnection, claim_id: str) -> Claim:
    """One claim. Raises BadInput that names the nearest ids."""
    row = connection.execute(f"select {_COLUMNS} from fct_claims where claim_id = ?", [claim_id]).fetchone()
    if row is None:
        nearest = connection.execute(
            "select claim_id from fct_claims order by jaro_winkler_similarity(claim_id, ?) desc, claim_id limit 3", [claim_id]
        ).fetchall()
        near = ", ".join(name for (name,) in nearest) or "none: there are no claims yet"
        raise BadInput(f"no claim is called {claim_id!r}; the nearest are {near}")
    return Claim(*row)


def check_claim(connection: duckdb.DuckDBPyConnection, claim_id: str) -> ClaimCheck:
    """Run a claim's query again. It holds when it gives the claim's value, its words, or, where there is no answer, null."""
    claim = load_claim(connection, claim_id)
    value_now = _answer(connection, claim.query)
    return ClaimCheck(claim, value_now, same_value(value_now, _stated(claim)))


def _stated(claim: Claim) -> float | str | None:
    if claim.value is not None:
        return claim.value
    return None if claim.status in UNANSWERED else claim.value_text


def _answer(connection: duckdb.DuckDBPyConnection, query: str) -> float | str | None:
    """The one value of a query; null when it has no row. Raises BadInput when it has several."""
    rows = connection.execute(query).fetchmany(2)
    if len(rows) > 1 or (rows and len(rows[0]) != 1):
        raise BadInput(f"the query of a claim gives one value, this one gives more: {query}")
    value = rows[0][0] if rows else None
    return float(value) if isinstance(value, int | float | Decimal) else value


def same_value(now: float | str | None, stated: float | str | None) -> bool:
    """Whether two answers are one: numbers within RELATIVE_TOLERANCE (relative, or absolute near 0), words to the letter."""
    if isinstance(now, float) and isinstance(stated, float):
        return math.isclose(now, stated, rel_tol=RELATIVE_TOLERANCE, abs_tol=RELATIVE_TOLERANCE)
    return now == stated
