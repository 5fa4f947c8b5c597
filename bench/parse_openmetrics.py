"""Samples a second from OpenMetrics text, beside a named reference in the same run: `python -m bench.parse_openmetrics`.

The reference is prometheus_client's own parser where it is installed, else a plain loop that splits lines (which understands no escapes
and so does less). CPU seconds of one process; the compiled tokenizer is warmed up first.
"""

import argparse
import gzip
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from audit_assets.lake import Lake
from audit_assets.metrics.exposition import Exposition
from audit_assets.metrics.openmetrics import OpenMetricsFiles
from audit_assets.metrics.rollup import RollupSource
from audit_assets.objects import stat

DAY_START, SAMPLES_A_DAY = 1_790_035_200, 1440
Measured = tuple[str, float, int]  # what, CPU seconds, samples


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=700, help=f"of {SAMPLES_A_DAY} samples each")
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="assay-bench-") as folder:
        measured = list(measure(Path(folder), chosen.series))
    name, seconds, samples = measured[0]
    reference = samples / seconds
    for what, seconds, samples in measured:
        rate = samples / seconds
        print(f"{what:42} {samples:>9,} samples  {seconds:7.2f} CPU-s  {rate:>12,.0f}/s  {rate / reference:6.1f} x {name}")


def measure(folder: Path, series: int) -> Iterator[Measured]:
    """The reference first, then each step of ours."""
    text = write_day(folder / "day" / "2026-09-22.om", series)
    zipped = folder / "zipped" / "2026-09-22.om.gz"
    zipped.parent.mkdir()
    zipped.write_bytes(gzip.compress(text.read_bytes()))
    yield (*reference_parser(text), series * SAMPLES_A_DAY)
    for what, path in (("parse text", text), ("parse .gz", zipped)):
        read = Exposition(stat(path, folder))
        sum(block.key.size for block in Exposition(stat(path, folder)).blocks())  # warm
        seconds, samples = timed(lambda read=read: sum(block.key.size for block in read.blocks()))
        yield what, seconds, samples
    lake = Lake(folder / "lake")
    source = OpenMetricsFiles("bench", "zipped", folder, folder / "index", "bench")
    yield "text .gz to sorted Parquet in the lake", *committed(source, lake, folder / "scratch")
    seconds, _ = committed(RollupSource("bench", "bench", lake), lake, folder / "scratch")
    yield "reduce the day to rollups", seconds, series * SAMPLES_A_DAY


def committed(source: OpenMetricsFiles | RollupSource, lake: Lake, scratch: Path) -> tuple[float, int]:
    """(CPU seconds, samples) of extracting and committing the day; the second of two, so that everything is loaded."""
    day = datetime.fromtimestamp(DAY_START, UTC).date()
    inputs = source.inputs([day])

    def commit() -> int:
        with TemporaryDirectory(dir=scratch.parent) as temporary:
            parts = source.extract(inputs, Path(temporary))
            return max(lake.commit("bench", part, "bench", datetime(2026, 1, 1, tzinfo=UTC)).rows_loaded for part in parts)

    commit()
    return timed(commit)


def timed(work: Callable[[], int]) -> tuple[float, int]:
    """(CPU seconds, result)."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def reference_parser(text: Path) -> tuple[str, float]:
    """(name, CPU seconds) of the reference over the same file."""
    try:
        from prometheus_client.openmetrics.parser import text_fd_to_metric_families  # type: ignore[import-not-found]
    except ImportError:
        return "plain Python loop", timed(lambda: _plain_loop(text))[0]
    with text.open() as stream:
        return "prometheus_client", timed(lambda: sum(len(family.samples) for family in text_fd_to_metric_families(stream)))[0]


def _plain_loop(text: Path) -> int:
    found: dict[str, list[tuple[float, float]]] = {}
    with text.open() as stream:
        for line in stream:
            if not line.startswith("#"):
                key, value, moment = line.rsplit(" ", 2)
                found.setdefault(key, []).append((float(moment), float(value)))
    return len(found)


def write_day(path: Path, series: int) -> Path:
    """A day of GPU metrics, a sample a minute."""
    random.seed(7)
    path.parent.mkdir()
    with path.open("w") as stream:
        stream.write("# TYPE DCGM_FI_PROF_SM_ACTIVE gauge\n")
        for number in range(series):
            gpu = f'gpu="{number % 8}",UUID="GPU-{number:032x}",modelName="NVIDIA H100 80GB HBM3",Hostname="h100-{number // 8:03}"'
            key = f'DCGM_FI_PROF_SM_ACTIVE{{{gpu},namespace="chat",pod="chat-llm-7d9f8b6c5d-{number:05}",container="server"}}'
            stream.writelines(f"{key} {random.random():.4f} {DAY_START + 60 * minute}\n" for minute in range(SAMPLES_A_DAY))
        stream.write("# EOF\n")
    return path


if __name__ == "__main__":
    main()
