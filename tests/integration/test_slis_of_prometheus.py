"""SLIs of a real Prometheus equal what its own PromQL says of the same 30 days: source, lake, rollups and models against queries.

How the windows match. Samples lie 300 s apart, 150 s from every full hour. An audit's day, and hour, also holds the step from the
sample before its start, so PromQL is asked for a range that is one scrape longer than the period; for the whole window it is not, because
the audit has no sample before it either. PromQL then stretches what it saw to both edges of its range, 150 s each, the same for every
series: `_raw` takes that back, and ratios and quantiles don't depend on it. Counters start high, or PromQL would stop stretching where
they were 0. Only the hour after the gap of all replicas cannot match: the audit counts what happened meanwhile there, and an hour's range
does not reach so far back.
"""

from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest

from audit_assets.audit_sources import MetricSource
from audit_assets.metrics.prometheus import PrometheusServer
from tests.compiled_models import CompiledModels
from tests.sli_estate import GOALS, Declaration, slis
from tests.unit.metrics_text import DAY, DAY_START, write_text

DAYS = [DAY + timedelta(days=number) for number in range(30)]
END = DAY_START + 30 * 86400
SCRAPE, HOUR = 300, 3600
BOUNDS = ("0.3", "0.5", "0.8", "1.0", "2.5", "5.0", "10.0", "60.0", "+Inf")
SHARES = (0.11, 0.19, 0.2, 0.17, 0.2, 0.08, 0.03, 0.015, 0.005)  # of requests, by bucket
RESET = DAY_START + 9 * 86400 + 14 * HOUR  # replica a restarts
OWN_GAP = (DAY_START + 4 * 86400 + 10 * HOUR + 1200, DAY_START + 4 * 86400 + 10 * HOUR + 3000)  # replica b is not scraped
GAP = (DAY_START + 12 * 86400 + 3 * HOUR, DAY_START + 12 * 86400 + 8 * HOUR)  # nobody is
WORKLOAD = {"service": "chat", "workload": "llm", "kind": "inference", "namespace": "chat"}
SERVICE = {"service": "chat", "latency_percentile": 95.0, "latency_threshold_ms": 1000.0, "availability_objective": 0.99}
HTTP, GOOD = 'http_requests_total{handler="/v1/chat/completions"}', 'http_requests_total{handler="/v1/chat/completions",status="2xx"}'
E2E = "vllm:e2e_request_latency_seconds_bucket"


def _scrapes(pod: str) -> np.ndarray:
    moments = np.arange(DAY_START + SCRAPE // 2, END, SCRAPE)
    unseen = (moments > GAP[0]) & (moments < GAP[1])
    if pod == "b":
        unseen |= (moments > OWN_GAP[0]) & (moments < OWN_GAP[1])
    return moments[~unseen]


def _counter(moments: np.ndarray, steps: np.ndarray, restarts: bool) -> np.ndarray:
    """Values of a counter that started long ago; after a restart it is what came since."""
    values = 1_000_000 + np.cumsum(steps)
    if restarts:
        at = int(np.searchsorted(moments, RESET))
        values[at:] = np.cumsum(steps[at:])
    return values


def _replica(pod: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Times and values by series."""
    moments = _scrapes(pod)
    random = np.random.default_rng(ord(pod))
    served = random.poisson(100 + 60 * np.sin(moments / 13751), len(moments))
    slower = np.roll(SHARES, 1) if pod == "b" else np.array(SHARES)
    landed = np.array([random.multinomial(count, slower) for count in served]).cumsum(axis=1)
    failed = random.poisson(0.2 + 3.0 * (moments % 864000 < 4000), len(moments))
    own = f'namespace="chat",pod="{pod}"'
    counts = {f'{E2E}{{{own},model_name="m",le="{bound}"}}': landed[:, place] for place, bound in enumerate(BOUNDS)}
    for status, steps in (("2xx", served), ("5xx", failed)):
        counts[f'http_requests_total{{{own},handler="/v1/chat/completions",method="POST",status="{status}"}}'] = steps
    counts[f'http_requests_total{{{own},handler="/health",method="GET",status="2xx"}}'] = np.full(len(moments), 12)
    return {name: (moments, _counter(moments, steps, pod == "a")) for name, steps in counts.items()}


def _texts(folder):
    """One OpenMetrics file a day."""
    series = _replica("a") | _replica("b")
    for number, day in enumerate(DAYS):
        start = DAY_START + number * 86400
        families = {"# TYPE http_requests counter": [], f"# TYPE {E2E.removesuffix('_bucket')} histogram": []}
        for name, (moments, values) in sorted(series.items()):
            chosen = (moments >= start) & (moments < start + 86400)
            lines = families[f"# TYPE {'http_requests counter' if name.startswith('http') else E2E.removesuffix('_bucket') + ' histogram'}"]
            lines += [f"{name} {value} {moment}" for moment, value in zip(moments[chosen], values[chosen], strict=True)]
        text = "\n".join(line for heading, lines in families.items() for line in (heading, *lines))
        write_text(folder, f"{text}\n# EOF\n", f"{day}.om.gz")
    return sorted(folder.glob("*.om.gz"))


@pytest.fixture(scope="module")
def url(prometheus_server, tmp_path_factory):
    return prometheus_server(_texts(tmp_path_factory.mktemp("text")))


@pytest.fixture(scope="module")
def audited(url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("audited")
    server = PrometheusServer(MetricSource(name="live", kind="prometheus", url=url, cluster="prod"), folder / "index")
    models = CompiledModels(tmp_path_factory.mktemp("compiled"), GOALS)
    return slis(models, [server], Declaration(DAYS, [SERVICE], [WORKLOAD]), folder)


def _asked(url: str, query: str, at: int = END) -> list[dict]:
    answer = httpx.get(f"{url}/api/v1/query", params={"query": query, "time": at}, timeout=60, trust_env=False).json()
    assert answer["status"] == "success", answer
    return answer["data"]["result"]


def _number(url: str, query: str, at: int = END) -> float:
    (one,) = _asked(url, query, at)
    return float(one["value"][1])


def _each(url: str, query: str, step: int) -> dict[datetime, float]:
    """The query at the end of every period of the window but the first, by the period's start."""
    bounds = {"start": DAY_START + 2 * step, "end": END, "step": step}
    answer = httpx.get(f"{url}/api/v1/query_range", params={"query": query, **bounds}, timeout=120, trust_env=False).json()
    assert answer["status"] == "success", answer
    (one,) = answer["data"]["result"]
    return {datetime.fromtimestamp(at - step, UTC).replace(tzinfo=None): float(value) for at, value in one["values"] if value != "NaN"}


def _raw(increase: float, seconds: int) -> float:
    """What PromQL saw, before it stretched it to its range of `seconds`."""
    return increase * (seconds - SCRAPE) / seconds


def _daily(audited, sli: str, column: str = "value") -> dict[datetime, float]:
    rows = audited.execute(f"select day::timestamp, {column} from fct_sli_daily where sli = ? order by day", [sli]).fetchall()
    return dict(rows[1:])


def _same(found: dict, expected: dict, least: int) -> None:
    assert set(found) == set(expected)
    assert len(found) >= least
    for moment, value in expected.items():
        assert found[moment] == pytest.approx(value, rel=1e-9), moment


def test_events_of_the_window_are_increases(url, audited):
    counted = dict(audited.execute("select sli, n_events from fct_slo_baseline").fetchall())
    seconds = 30 * 86400
    assert counted["availability"] == round(_raw(_number(url, f"sum(increase({HTTP}[{seconds}s]))"), seconds))
    assert counted["latency_p95"] == round(_raw(_number(url, f'sum(increase({E2E}{{le="+Inf"}}[{seconds}s]))'), seconds))
    assert counted["availability"] > 500_000


def test_resets_are_those_that_prometheus_sees(url, audited):
    query = "select sum(resets) from lake.counter_5m where metric = 'http_requests_total'"
    assert audited.execute(query).fetchone() == (_number(url, "sum(resets(http_requests_total[30d]))"),) == (3,)


def test_ratios_of_the_window_are_ratios_of_rates(url, audited):
    current = dict(audited.execute('select sli, "current" from fct_slo_baseline').fetchall())
    assert current["availability"] == pytest.approx(_number(url, f"sum(rate({GOOD}[30d])) / sum(rate({HTTP}[30d]))"), rel=1e-12)
    share = f'sum(rate({E2E}{{le="1.0"}}[30d])) / sum(rate({E2E}{{le="+Inf"}}[30d]))'
    assert current["latency_within_1000ms"] == pytest.approx(_number(url, share), rel=1e-12)


@pytest.mark.parametrize("percentile", [50, 95, 99])
def test_percentiles_of_the_window_are_histogram_quantiles(url, audited, percentile):
    query = f"select \"current\" from fct_slo_baseline where sli = 'latency_p{percentile}'"
    expected = 1000 * _number(url, f"histogram_quantile({percentile / 100}, sum by (le) (rate({E2E}[30d])))")
    assert audited.execute(query).fetchone()[0] == pytest.approx(expected, rel=1e-9)


def test_a_quantile_of_a_mean_would_not_do(url, audited):
    """The mean of the replicas' percentiles is another number: the comparison above can fail."""
    mean = 1000 * _number(url, f"avg(histogram_quantile(0.95, sum by (le, pod) (rate({E2E}[30d]))))")
    found = audited.execute("select \"current\" from fct_slo_baseline where sli = 'latency_p95'").fetchone()[0]
    assert abs(found - mean) > 1


def test_every_day_is_the_day_of_prometheus(url, audited):
    longer = 86400 + SCRAPE
    events = _each(url, f"sum(increase({HTTP}[{longer}s]))", 86400)
    _same(_daily(audited, "availability", "total"), {day: _raw(value, longer) for day, value in events.items()}, 29)
    good = f"sum(rate({GOOD}[{longer}s])) / sum(rate({HTTP}[{longer}s]))"
    _same(_daily(audited, "availability"), _each(url, good, 86400), 29)
    _same(_daily(audited, "latency_p95"), _scaled(_each(url, _quantile(longer), 86400)), 29)


def test_throughput_is_a_rate_over_the_time_that_was_seen(url, audited):
    """A rate over 86,700 s is raw increase / 86,400 s, which is what the audit says of a day that samples cover whole."""
    rates = _each(url, f"sum(rate({HTTP}[{86400 + SCRAPE}s]))", 86400)
    incomplete = datetime.fromtimestamp(GAP[0] // 86400 * 86400, UTC).replace(tzinfo=None)
    found = _daily(audited, "throughput_rps")
    assert found.pop(incomplete) > 1.2 * rates.pop(incomplete)
    _same(found, rates, 28)


def test_every_hour_is_the_hour_of_prometheus_and_a_gap_stays_a_gap(url, audited):
    expected = _scaled(_each(url, _quantile(HOUR + SCRAPE), HOUR))
    rows = audited.execute("select hour, latency_ms from int_sli__latency_hourly where family = 'e2e' and quantile = 0.95").fetchall()
    second = datetime.fromtimestamp(DAY_START + HOUR, UTC).replace(tzinfo=None)
    after_gap = datetime.fromtimestamp(GAP[1], UTC).replace(tzinfo=None)
    found = {hour: value for hour, value in rows if hour >= second and hour != after_gap}
    _same(found, {hour: value for hour, value in expected.items() if hour != after_gap}, 30 * 24 - 1 - 5 - 1)
    assert not any(GAP[0] <= hour.replace(tzinfo=UTC).timestamp() < GAP[1] for hour in found)


def _quantile(seconds: int) -> str:
    return f"histogram_quantile(0.95, sum by (le) (increase({E2E}[{seconds}s])))"


def _scaled(seconds: dict[datetime, float]) -> dict[datetime, float]:
    return {moment: 1000 * value for moment, value in seconds.items()}
