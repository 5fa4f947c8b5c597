"""Our histogram macros against the numbers Prometheus publishes in its own test files (classic histograms; native ones are out of scope).

Each case is evaluated by the macro as the warehouse renders it. `rate(m[w])` is replaced by the raw increase over the window: a quantile
and a fraction do not depend on a common factor. Mutated macros must fail, or the cases would prove nothing.
"""

import itertools
import json
import math
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import jinja2
import pytest

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared" / "prometheus" / "cases" / "histograms.json"
MACROS = ROOT / "dbt_project" / "macros"
LOOKBACK_SECONDS = 300
TOLERANCE = 1e-9
NATIVE_TWIN = "mix of classic and native"
QUERY = re.compile(r"histogram_(?P<function>quantile|fraction)\((?P<arguments>.*)\)")
VECTOR = re.compile(r"(?:(?P<aggregate>sum|avg)\()?(?:rate\()?(?P<metric>\w+)(?:\[(?P<minutes>\d+)m\]\))?\)?(?: by \((?P<by>[^)]*)\))?")

pytestmark = pytest.mark.skipif(not CASES.exists(), reason="needs ../shared/prometheus beside the checkout")

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Case:
    line: int
    function: str
    limits: list[float]
    buckets: list[tuple[str, float | None, float]]  # histogram (its labels as JSON), le, count
    expected: dict[str, float | None]


def number(text: str | float) -> float:
    if isinstance(text, str) and "/" in text:
        above, below = text.split("/")
        return float(above) / float(below)
    return float(text)


def bound(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def reading(samples: list[list[float]], at: float, window: float | None) -> float | None:
    """The last sample, or the raw increase in (at - window, at]; None when there is too little of it."""
    seen = [value for ts, value in samples if at - (window or LOOKBACK_SECONDS) < ts <= at]
    if window is None:
        return seen[-1] if seen else None
    pairs = list(itertools.pairwise(seen))
    return sum(now - before if now >= before else now for before, now in pairs) if pairs else None


def histogram_of(labels: dict[str, str], by: list[str] | None) -> str:
    kept = {k: v for k, v in labels.items() if k not in ("le", "__name__") and (by is None or k in by)}
    return json.dumps(kept, sort_keys=True)


def buckets_of(raw: dict, vector: re.Match[str]) -> list[tuple[str, float | None, float]]:
    window = 60.0 * int(vector["minutes"]) if vector["minutes"] else None
    by = re.split(r", *", vector["by"]) if vector["by"] else ([] if vector["aggregate"] else None)
    summed: dict[tuple[str, str], list[float]] = {}
    for series in raw["series"]:
        value = reading(series["samples"], raw["at_s"], window)
        if value is not None:
            key = (histogram_of(series["labels"], by), series["labels"].get("le", ""))
            summed.setdefault(key, []).append(value)
    average = vector["aggregate"] == "avg"
    return [(key, bound(le), sum(v) / (len(v) if average else 1)) for (key, le), v in summed.items()]


def case_of(raw: dict) -> Case | None:
    """None when the case is not about a classic histogram alone."""
    query = QUERY.fullmatch(raw["query"])
    if not query or not raw["series"] or any(NATIVE_TWIN in line for line in raw["expect"]):
        return None
    wanted = 1 if query["function"] == "quantile" else 2
    *limits, expression = re.split(r", *", query["arguments"], maxsplit=wanted)
    vector = VECTOR.fullmatch(re.sub(r"sum by \((\w+)\) \((.*)\)", r"sum(\2) by (\1)", expression))
    assert vector, f"cannot read {raw['query']}"
    expected = {histogram_of(row["labels"], None): _published(row["value"]) for row in raw["expected"]}
    return Case(raw["line"], query["function"], [number(x) for x in limits], buckets_of(raw, vector), expected)


def _published(value: str | float) -> float | None:
    return None if math.isnan(number(value)) else number(value)


@cache
def cases() -> list[Case]:
    return [case for raw in json.loads(CASES.read_text()) if (case := case_of(raw))]


def rendered(case: Case, source: str) -> str:
    """The macro's query for one case; `source` is the text of the macro files."""
    limits = [f"cast('{limit}' as double)" for limit in case.limits]
    if case.function == "quantile":
        limits = [f"(select {limits[0]} as q)"]
    listed = ", ".join(f'"{limit}"' for limit in limits)
    call = f"histogram_{case.function}('buckets', ['histogram'], {listed}, 'le', 'observations')"
    return jinja2.Environment().from_string(f"{source}\n{{{{ {call} }}}}").render()


def macros() -> str:
    return "\n".join((MACROS / f"histogram_{name}.sql").read_text() for name in ("quantile", "fraction"))


def answer(connection: duckdb.DuckDBPyConnection, case: Case, source: str) -> dict[str, float | None]:
    connection.execute("create or replace table buckets (histogram varchar, le double, observations double)")
    connection.executemany("insert into buckets values (?, ?, ?)", case.buckets)
    column = "value" if case.function == "quantile" else "fraction"
    rows = connection.execute(f"select histogram, {column} from ({rendered(case, source)})").fetchall()
    return dict(rows)


def agrees(connection: duckdb.DuckDBPyConnection, case: Case, source: str) -> bool:
    found = answer(connection, case, source)
    if found.keys() != case.expected.keys():
        return False
    return all(_close(found[key], value) for key, value in case.expected.items())


def _close(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return found == expected or abs(found - expected) <= TOLERANCE


def failures(source: str) -> list[tuple[str, int]]:
    with duckdb.connect() as connection:
        return [(case.function, case.line) for case in cases() if not agrees(connection, case, source)]


def test_enough_cases_apply() -> None:
    functions = [case.function for case in cases()]
    assert functions.count("quantile") >= 42
    assert functions.count("fraction") >= 27


def test_macros_agree_with_prometheus() -> None:
    assert failures(macros()) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param("else coalesce(below_le, 0) +", "else 0 +", id="no lower edge in the interpolation"),
        pytest.param("when hit_le is null then top_bound\n        when below_le", "when below_le", id="no censoring"),
        pytest.param("max(summed) over", "any_value(summed) over", id="not forced monotonic"),
        pytest.param("observations >= q * total", "observations > q * total", id="rank excluded from its bucket"),
        pytest.param("and max(total) > 0", "", id="no observations is no NaN"),
        pytest.param("sum(cast({{ count }} as double))", "max(cast({{ count }} as double))", id="equal bounds not added"),
        pytest.param("when below_le is null and hit_le <= 0 then hit_le", "", id="negative first bucket interpolated"),
        pytest.param("when {{ side }}_limit <= 0 then 0", "", id="below zero in a positive first bucket"),
        pytest.param("else {{ side }}_above * {{ side }}_limit / {{ side }}_above_le", "else 0", id="first bucket not divided"),
        pytest.param("when lower_limit >= upper_limit then 0", "", id="limits the wrong way round"),
        pytest.param("when {{ side }}_above_le <= 0 then {{ side }}_above", "", id="negative first bucket divided"),
    ],
)
def test_a_broken_macro_is_caught(right: str, wrong: str) -> None:
    assert right in macros()
    assert failures(macros().replace(right, wrong)) != []
