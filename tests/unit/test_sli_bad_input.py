"""Metrics as they should not be, through the real source, rollups and models: handled, or unknown with its reason; never a wrong number."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.compiled_models import CompiledModels
from tests.sli_estate import GOALS, Declaration, slis
from tests.unit.metrics_text import DAY, DAY_START, files_source, write_text

DAYS = [DAY + timedelta(days=number) for number in range(8)]
SERVICE = {"service": "chat", "latency_percentile": 95.0, "latency_threshold_ms": 500.0, "availability_objective": 0.99}
WORKLOAD = {"service": "chat", "workload": "llm", "kind": "inference", "namespace": "chat"}
STEP = 300
E2E = "vllm:e2e_request_latency_seconds"
Audit = Callable[..., duckdb.DuckDBPyConnection]
GRAINS = {
    "int_sli__series": "form, series_id, sli_input, day",
    "int_sli__sources": "form, series_id, sli_input, day",
    "int_sli__latency_buckets_hourly": "service, family, bucket_epoch, hour, le",
    "fct_sli_daily": "day, service, sli",
    "fct_slo_baseline": "service, sli",
    "fct_slo_proposal": "service, sli",
    "fct_error_budget_replay": "service, sli, objective_source, objective, day",
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    return CompiledModels(tmp_path_factory.mktemp("compiled"), GOALS)


@pytest.fixture
def audit(models: CompiledModels, tmp_path: Path) -> Audit:
    """Audit texts, each a source of its own of the same cluster."""

    def run(*texts: str) -> duckdb.DuckDBPyConnection:
        sources = []
        for number, text in enumerate(texts):
            write_text(tmp_path / f"text{number}", text)
            sources.append(files_source(tmp_path / f"text{number}", f"prometheus-{number}"))
        return slis(models, sources, Declaration(DAYS, [SERVICE], [WORKLOAD]), tmp_path)

    return run


def moments(skip: Sequence[int] = ()) -> list[int]:
    """Scrapes of all days, in seconds; `skip` are numbers of scrapes that failed."""
    return [DAY_START + STEP * number for number in range(len(DAYS) * 288) if number not in skip]


def series(name: str, labels: str, gain: float, at: Sequence[int], value: Callable[[int, float], str] | None = None) -> list[str]:
    """A counter that gains `gain` a scrape; `value` may write another text for a scrape."""
    shown = value or (lambda number, grown: f"{grown:g}")
    return [f'{name}{{namespace="chat",pod="llm-0",{labels}}} {shown(n, gain * (t - DAY_START) // STEP)} {t}' for n, t in enumerate(at)]


def histogram(buckets: Mapping[str, float], at: Sequence[int] | None = None, labels: str = "", **how: Any) -> list[str]:
    """The buckets of the end-to-end latency, by bound; the values are gains a scrape."""
    parts = [series(f"{E2E}_bucket", f'{labels}le="{bound}"', gain, at or moments(), **how) for bound, gain in buckets.items()]
    return [line for part in parts for line in part]


def requests(labels: str = "", good: float = 99, bad: float = 1, **how: Any) -> list[str]:
    """Requests by status."""
    at = how.pop("at", None) or moments()
    parts = [series("http_requests_total", f'{labels}status="{code}"', gain, at, **how) for code, gain in (("200", good), ("500", bad))]
    return [line for part in parts for line in part]


def text(*parts: list[str]) -> str:
    heading = ["# TYPE http_requests counter", f"# TYPE {E2E} histogram"]
    return "\n".join([*heading, *(line for part in parts for line in part), "# EOF", ""])


USUAL = {"0.5": 90, "1.0": 100, "+Inf": 100}


def baseline(connection: duckdb.DuckDBPyConnection, sli: str) -> dict[str, Any]:
    result = connection.execute("select * from fct_slo_baseline where sli = ?", [sli])
    names = [column[0] for column in result.description or []]
    return dict(zip(names, result.fetchall()[0], strict=True))


def duplicates(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Models with two rows of one grain."""
    query = "select 1 from {} group by {} having count(*) > 1"
    return [model for model, grain in GRAINS.items() if connection.execute(query.format(model, grain)).fetchall()]


def test_two_sources_that_scrape_one_cluster_count_once(audit: Audit) -> None:
    """The second misses an hour: the fuller one counts."""
    whole, less = moments(), moments(skip=range(300, 312))
    found = audit(text(requests(at=whole), histogram(USUAL, whole)), text(requests(at=less), histogram(USUAL, less)))
    assert duplicates(found) == []
    assert baseline(found, "availability")["n_events"] == 100 * (len(whole) - 1)
    assert baseline(found, "latency_p95")["n_events"] == 100 * (len(whole) - 1)
    assert baseline(found, "availability")["current"] == pytest.approx(0.99)
    assert baseline(found, "latency_p95")["current"] == pytest.approx(750)


def test_two_sources_that_call_the_job_by_two_names_count_once(audit: Audit) -> None:
    parts = [text(requests(f'job="{name}",'), histogram(USUAL, labels=f'job="{name}",')) for name in ("chat", "models")]
    found = audit(*parts)
    assert duplicates(found) == []
    assert baseline(found, "availability")["n_events"] == 100 * (len(moments()) - 1)
    assert baseline(found, "latency_p95")["n_events"] == 100 * (len(moments()) - 1)


@pytest.mark.parametrize("label", ["prometheus_replica", "__replica__", "replica"])
def test_a_store_that_keeps_both_replicas_of_prometheus_counts_once(audit: Audit, label: str) -> None:
    """Thanos and others tell replicas apart by a label; asked without de-duplication they return every series twice."""
    parts = [(requests(f'{label}="{name}",'), histogram(USUAL, labels=f'{label}="{name}",')) for name in ("p-0", "p-1")]
    found = audit(text(*parts[0], *parts[1]))
    assert duplicates(found) == []
    assert baseline(found, "availability")["n_events"] == 100 * (len(moments()) - 1)
    assert baseline(found, "latency_p95")["n_events"] == 100 * (len(moments()) - 1)


def test_a_histogram_without_its_last_bucket_is_unknown_by_name(audit: Audit) -> None:
    found = baseline(audit(text(requests(), histogram({"0.5": 90, "1.0": 100}))), "latency_p95")
    assert found["current"] is None
    assert found["reason"] == f"the histogram {E2E} has no bucket +Inf, so nobody knows how many requests it counted: export that bucket"


def test_counts_that_fall_with_growing_bounds_are_lifted_and_told(audit: Audit) -> None:
    found = baseline(audit(text(requests(), histogram({"0.5": 96, "1.0": 90, "+Inf": 100}))), "latency_p95")
    assert found["forced_monotonic"] is True
    assert found["current"] == pytest.approx(500 * 95 / 96)


def test_bounds_that_change_within_the_window_are_never_pooled(audit: Audit) -> None:
    before, after = moments()[: 288 * 3 + 100], moments()[288 * 3 + 100 :]
    newer = {"0.25": 60, "0.5": 90, "2.0": 100, "+Inf": 100}
    found = audit(text(requests(), histogram(USUAL, before), histogram(newer, after)))
    assert duplicates(found) == []
    assert baseline(found, "latency_p95")["bucket_epochs"] == 2
    assert baseline(found, "latency_p95")["epoch_share"] == pytest.approx((len(after) - 1) / (len(moments()) - 1), abs=2e-3)
    # a bound that is new adds nothing at its first scrape, so that one of the 1,340 is lifted
    assert baseline(found, "latency_p95")["current"] == pytest.approx(1250, rel=1e-2)
    # the threshold is a bound of both: exact over the whole window
    assert baseline(found, "latency_within_500ms")["current"] == pytest.approx(0.9, rel=1e-3)


@pytest.mark.parametrize("written", ["NaN", "nan"])
def test_nan_is_no_sample_and_no_reset(audit: Audit, written: str) -> None:
    def holed(number: int, value: float) -> str:
        return written if number % 50 == 7 else f"{value:g}"

    found = audit(text(requests(value=holed), histogram(USUAL, value=holed)))
    assert baseline(found, "availability")["n_events"] == 100 * (len(moments()) - 1)
    assert baseline(found, "latency_p95")["current"] == pytest.approx(750)
    assert found.execute("select sum(resets) from lake.counter_5m").fetchone() == (0,)


def test_a_service_without_traffic_has_no_number_and_no_promise(audit: Audit) -> None:
    found = audit(text(requests(good=0, bad=0), histogram(dict.fromkeys(USUAL, 0))))
    for sli in ("availability", "latency_p95"):
        assert baseline(found, sli)["current"] is None
        assert baseline(found, sli)["reason"] == "the metric was scraped but counted no events"
    assert found.execute("select objective, status from fct_slo_proposal").fetchall() == [(None, "unknown")] * 2
    assert found.execute("select count(*) from fct_error_budget_replay where spend is not null").fetchone() == (0,)


def test_no_metric_at_all_says_which_one_is_missing(audit: Audit) -> None:
    found = audit(text([f'up{{job="x"}} 1 {DAY_START}']))
    assert "http_requests_total" in baseline(found, "availability")["reason"]
    assert "e2e_request_latency" in baseline(found, "latency_p95")["reason"]
