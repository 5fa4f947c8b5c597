"""Raw samples of a real Prometheus into the lake, against prometheus-api-client, and against query_range, which resamples.

Run as a module by `bench`, while the server runs: `python -m bench.prometheus lake URL HOME`, `… client URL`, `… query_range URL`. Each
prints CPU seconds, wall seconds and peak MiB of its own process, not of the server and not of imports, and fails when a sample is missing.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path

from bench.measure import measured

DAYS = tuple(date(2026, 9, day) for day in (21, 22, 23, 24))
METRICS, PODS, STEP = 20, 50, 60
NAMES = tuple(f"vllm:bench_{number:02d}_total" for number in range(METRICS))
SAMPLES = len(DAYS) * METRICS * PODS * 86_400 // STEP
IMPORTS = {
    "lake": (  # with what pyarrow imports at its first array, and numba at its first function
        "pandas",
        "numba.np.arraymath",
        "audit_assets.audit_sources",
        "audit_assets.days",
        "audit_assets.metrics.factory",
        "audit_assets.metrics.prometheus",
        "audit_assets.metrics.remote_frames",
        "audit_assets.metrics.matrix",
        "audit_assets.metrics.ordering",
    ),
    "client": ("prometheus_api_client",),
    "query_range": ("httpx", "orjson"),
}


def main() -> None:
    """Measure and print."""
    for name in IMPORTS.get(sys.argv[1] if sys.argv[1:] else "", ()):
        import_module(name)
    match sys.argv[1:]:
        case ["lake", url, home]:
            print(*measured(lambda: lake(url, Path(home))))
        case ["client", url]:
            print(*measured(lambda: client(url)))
        case ["query_range", url]:
            print(*measured(lambda: query_range(url)))
        case _:
            raise SystemExit(__doc__)


def write(folder: Path) -> list[Path]:
    """The samples as OpenMetrics, a file a day: counters of 50 pods every minute."""
    folder.mkdir(parents=True)
    files = [folder / f"{day}.om" for day in DAYS]
    for path, day in zip(files, DAYS, strict=True):
        with path.open("w") as stream:
            stream.writelines(_lines(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())))
    return files


def _lines(start: int) -> Iterator[str]:
    for number, name in enumerate(NAMES):
        yield f"# TYPE {name.removesuffix('_total')} counter\n"
        for pod in range(PODS):
            labels = f'{{namespace="bench",pod="server-{pod:02d}",model="m"}}'
            yield from (f"{name}{labels} {at * (pod + 1) / (number + 3):.3f} {start + at}\n" for at in range(0, 86_400, STEP))
    yield "# EOF\n"


def lake(url: str, home: Path) -> None:
    """As a run does it, in one process."""
    from audit_assets.audit_sources import MetricSource
    from audit_assets.days import chunked, extract_chunk, plan
    from audit_assets.lake import Lake
    from audit_assets.metrics.factory import metric_source

    source = metric_source(MetricSource(name="bench", kind="prometheus", url=url, cluster="bench"), home, home / "index")
    filled, scratch = Lake(home / "lake"), home / "scratch"
    scratch.mkdir(parents=True)
    manifests = [one for chunk in chunked(plan(source, filled, DAYS)) for one in extract_chunk(chunk, filled, scratch)]
    _require_all(sum(one.rows_loaded for one in manifests if one.table == "samples"))


def client(url: str) -> None:
    """prometheus-api-client, a metric and a day at a time; it keeps the samples as it got them."""
    from prometheus_api_client import PrometheusConnect

    server = PrometheusConnect(url=url)
    found = [one["values"] for name in NAMES for day in DAYS for one in server.get_metric_range_data(name, None, *_bounds(day))]
    _require_all(sum(map(len, found)))


def query_range(url: str) -> None:
    """The same points by query_range: right only because these samples lie on its grid."""
    import httpx
    import orjson

    points = 0
    with httpx.Client(timeout=120, trust_env=False) as asked:
        for name in NAMES:
            for day in DAYS:
                start, end = (int(moment.timestamp()) for moment in _bounds(day))
                query = {"query": name, "start": start, "end": end, "step": STEP}
                answer = orjson.loads(asked.get(f"{url}/api/v1/query_range", params=query).raise_for_status().content)
                points += sum(len(one["values"]) for one in answer["data"]["result"])
    _require_all(points)


def _bounds(day: date) -> tuple[datetime, datetime]:
    """To the last second, as both edges belong to what is asked for."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start, start + timedelta(days=1, seconds=-1)


def _require_all(found: int) -> None:
    if found != SAMPLES:
        raise SystemExit(f"{found} samples instead of {SAMPLES}")


if __name__ == "__main__":
    main()
