"""`make bench`: the budgets of the design as ratios, measured in one run and written to docs/performance.md."""

import argparse
import os
import platform
import shutil
import subprocess
import sys
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path
from tempfile import mkdtemp

import yaml

from bench.measure import Cost, cost_of

PYTHON, ASSAY = sys.executable, str(Path(sys.executable).with_name("assay"))
ROOT = Path(__file__).parents[1]
REPORT = ROOT / "docs" / "performance.md"
Row = tuple[str, Cost, str]
MODELS = (
    ("idle and active cost", ("fct_idle_cost_daily", "fct_workload_cost_daily"), {90: 10, 1: 1}),
    ("hourly latency percentiles", ("int_sli__latency_hourly",), {90: 20, 1: 0.5}),
)
_REFRESH = """A refresh reads and reduces one day, then rebuilds every model: some 400 small dbt nodes and the events that Dagster keeps
of them. That part hardly grows with the estate, so its share falls as the estate grows, and is most of a run on a small one."""


def main() -> None:
    """Measure everything and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="demo", choices=["small", "demo", "large"])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000], help="rows of the FOCUS loads")
    chosen = parser.parse_args()
    folder = Path(mkdtemp(prefix="assay-bench-"))
    try:
        bills = [row for count in chosen.rows for row in focus_rows(folder, count)]
        rows = [
            *audit_rows(folder, chosen.scale),
            *sli_rows(folder),
            *live_rows(folder),
            *bills,
            *manifest_rows(folder),
            *definition_rows(folder),
        ]
    finally:
        shutil.rmtree(folder)
    report = render(rows, chosen.scale, chosen.rows)
    REPORT.write_text(report, encoding="utf-8")
    print(report)


def audit_rows(folder: Path, scale: str) -> list[Row]:
    """The 90-day run against one of 30 days, the refresh of its newest day, and a run with nothing to do."""
    estate, home = folder / "estate", folder / "home"
    generated = cost_of([ASSAY, "demo", "--out", str(estate), "--scale", scale])
    newest = _take_newest_day(estate)
    command = [ASSAY, "run", "--audit", str(estate / "audit.yaml"), "--home", str(home), "--json"]
    whole = cost_of(command)
    month = cost_of([*command[:-2], str(folder / "month"), "--days", "30", "--json"])
    _give_back(newest)
    one = cost_of(command)
    nothing = cost_of(command)
    models = [row for days in (90, 1) for row in model_rows(estate / "audit.yaml", home, days)]
    return [
        (f"generate the {scale} estate", generated, ""),
        (f"90-day run, {scale} estate", whole, "reference"),
        ("30-day run", month, f"{month.peak_mib / whole.peak_mib:.2f} of the 90-day run's peak: memory {_flat(month, whole)}"),
        ("refresh of one day", one, f"{one.cpu / whole.cpu:.2f} of the 90-day run's CPU; {_against(one.cpu / whole.cpu, 0.15)}"),
        ("run with nothing new", nothing, f"{nothing.cpu / whole.cpu:.2f} of the 90-day run's CPU"),
        *models,
    ]


def model_rows(audit: Path, home: Path, days: int) -> list[Row]:
    """The SQL of the two heaviest questions over the last days of an audited home, without dbt around it."""
    rows = []
    for name, goals, budgets in MODELS:
        command = [PYTHON, "-m", "bench.models", str(audit), str(home), str(days), *goals]
        cost = printed_cost(command)
        rows.append((f"{name}, SQL alone, {days} days", cost, f"{_against(cost.cpu, budgets[days])} (CPU seconds)"))
    return rows


def _flat(fewer_days: Cost, more_days: Cost) -> str:
    return "is flat in days" if more_days.peak_mib <= 1.15 * fewer_days.peak_mib else "**grows with days**"


def sli_rows(folder: Path) -> list[Row]:
    """Hourly p95 of 20 services with 14 buckets, scraped every 60 s, against a plain DuckDB query on the same rows."""
    rows = []
    for days, budget in ((90, 20), (1, 0.5)):
        file = str(folder / f"histograms-{days}.parquet")
        module = [PYTHON, "-m", "bench.slis"]
        cost_of([*module, "write", str(days), file])
        reference, models = printed_cost([*module, "reference", file]), printed_cost([*module, "models", file])
        against = f"{_times(models, reference)}; {_against(models.cpu, budget)} (CPU seconds)"
        rows += [
            (f"DuckDB takes the hourly p95 of 20 services, {days} days", reference, "reference"),
            (f"hourly p95 of 20 services, SQL alone, {days} days", models, against),
        ]
    return rows


def live_rows(folder: Path) -> list[Row]:
    """Live sources: samples of a real Prometheus, records of an emulated PagerDuty and objects of a real S3 server, each beside the usual
    client on the same server."""
    return [*prometheus_rows(folder / "prometheus"), *incident_rows(folder / "incidents"), *s3_rows(folder / "s3")]


def prometheus_rows(folder: Path) -> list[Row]:
    """Four days into the lake. Ours asks first, so that the others find what the server read from disk."""
    from bench.prometheus import SAMPLES, write
    from tests.servers import prometheus_of

    (folder / "server").mkdir(parents=True)
    with prometheus_of(write(folder / "text"), folder / "server") as url:
        module = [PYTHON, "-m", "bench.prometheus"]
        lake = printed_cost([*module, "lake", url, str(folder / "home")])
        client, resampled = (printed_cost([*module, step, url]) for step in ("client", "query_range"))
    faster = client.wall / lake.wall
    return [
        (f"prometheus-api-client reads {SAMPLES:,} samples", client, f"{SAMPLES / client.wall:,.0f} samples/s; reference"),
        ("httpx and orjson read them with query_range, resampled", resampled, f"{SAMPLES / resampled.wall:,.0f} samples/s"),
        (
            "into the lake, sorted",
            lake,
            f"{SAMPLES / lake.wall:,.0f} samples/s, {faster:.1f} × the reference; at least 4: {'met' if faster >= 4 else '**missed**'}",
        ),
    ]


def incident_rows(folder: Path) -> list[Row]:
    """Ten days of pages into the lake, against dlt, where it is installed (`uv sync --group bench`): the middle one of three ratios."""
    from bench.incidents import RECORDS, account
    from tests.emulated_services import PagerDutyPages
    from tests.emulators import Emulator, running

    module = [PYTHON, "-m", "bench.incidents"]
    tried = []
    with running(Emulator(PagerDutyPages(**account()))) as emulator:
        for number in range(3):  # seconds of requests: one measurement is as noisy as the machine
            home = folder / str(number)
            home.mkdir(parents=True)
            loaded = printed_cost([*module, "lake", emulator.url, str(home / "home")])
            appended = printed_cost([*module, "dlt", emulator.url, str(home / "dlt")]) if find_spec("dlt") else None
            tried.append((appended.cpu / loaded.cpu if appended else 0.0, loaded, appended))
    _, lake, dlt = sorted(tried, key=itemgetter(0))[1]
    said = f"{RECORDS / lake.cpu:,.0f} rows per CPU second"
    name = f"{RECORDS:,} incidents, log entries and alerts into the lake, redacted"
    if dlt is None:
        return [(name, lake, f"{said}; dlt is not installed (`uv sync --group bench`), so there is nothing to compare with")]
    faster = dlt.cpu / lake.cpu
    against = f"{said}, {faster:.1f} × the reference; at least 2: {'met' if faster >= 2 else '**missed**'}"
    return [
        ("dlt appends them as Parquet, not redacted", dlt, f"{RECORDS / dlt.cpu:,.0f} rows per CPU second; reference"),
        (name, lake, against),
    ]


def s3_rows(folder: Path) -> list[Row]:
    """Objects of 16 MB copied from a bucket."""
    from bench.s3 import MEGABYTES, fill
    from tests.servers import s3_server_in

    (folder / "server").mkdir(parents=True)
    with s3_server_in(folder / "server") as server:
        fill(server.client)
        module = [PYTHON, "-m", "bench.s3"]
        ours, plain = (printed_cost([*module, step, server.endpoint, str(folder / step)]) for step in ("copies", "boto3"))
    faster = plain.wall / ours.wall
    return [
        (f"boto3 downloads {MEGABYTES} MB, one object after another", plain, f"{MEGABYTES / plain.wall:,.0f} MB/s; reference"),
        ("copies of them, checked", ours, f"{MEGABYTES / ours.wall:,.0f} MB/s, {faster:.1f} × the reference"),
    ]


def _take_newest_day(estate: Path) -> dict[Path, Path]:
    end = str(yaml.safe_load((estate / "audit.yaml").read_text())["audit"]["window"]["end"])
    moved = {}
    for folder in ("metrics", "billing"):
        for path in sorted((estate / folder).rglob(f"*{end}*")):
            moved[path] = path.with_name(f".{path.name}")  # dot-files are not read
            path.rename(moved[path])
    if not moved:
        raise SystemExit(f"no file of the estate names its last day {end}")
    return moved


def _give_back(moved: dict[Path, Path]) -> None:
    for path, hidden in moved.items():
        hidden.rename(path)


def focus_rows(folder: Path, rows: int) -> list[Row]:
    """FOCUS rows into the lake and the spend mart, against DuckDB loading the needed columns and summing them."""
    export, home = folder / f"focus-{rows}.parquet", folder / f"focus-{rows}"
    home.mkdir()
    module = [PYTHON, "-m", "bench.focus"]
    cost_of([*module, "write", str(rows), str(export)])
    reference = cost_of([*module, "reference", str(export), str(home / "reference.duckdb")])
    aggregate = cost_of([*module, "aggregate", str(export), str(home / "aggregate.duckdb")])
    loaded = cost_of([*module, "load", str(export), str(home)])
    mart = printed_cost([*module, "mart", str(home), str(home / "mart.duckdb")])
    days = printed_cost([*module, "resource_days", str(home), str(home / "days.duckdb")])
    both = (loaded.cpu + mart.cpu) / reference.cpu
    made = [
        (f"DuckDB loads 13 columns of {rows:,} FOCUS rows", reference, "reference"),
        (f"{rows:,} FOCUS rows into the lake", loaded, _times(loaded, reference)),
        ("their spend mart, SQL alone", mart, f"with the lake {both:.1f} × the reference's CPU; {_against(both, 2)}"),
        (f"DuckDB sums {rows:,} FOCUS rows by day and resource", aggregate, "reference"),
        (
            "the deduplicated bill by day and resource, SQL alone",
            days,
            f"{_times(days, aggregate)}; {_against(days.cpu / aggregate.cpu, 2)}",
        ),
        ("the spend mart against that sum of the file", mart, _times(mart, aggregate)),
    ]
    shutil.rmtree(home)
    export.unlink()
    return made


def manifest_rows(folder: Path, count: int = 1000) -> list[Row]:
    """Manifests into the lake, with the start of Python and of the package, against PyYAML's C loader."""
    written, home = folder / "manifests", folder / "manifests-home"
    home.mkdir()
    module = [PYTHON, "-m", "bench.manifests"]
    cost_of([*module, "write", str(count), str(written)])
    reference = cost_of([*module, "reference", str(written)])
    loaded = cost_of([*module, "load", str(written), str(home)])
    return [
        (f"yaml.CSafeLoader builds {count:,} manifests", reference, "reference"),
        (
            f"{count:,} manifests into the lake",
            loaded,
            f"{_times(loaded, reference)}; {_against(loaded.cpu, 5)} (CPU seconds)",
        ),
    ]


def printed_cost(command: list[str]) -> Cost:
    """What a module of `bench` printed of a part of its work: CPU seconds, wall seconds, peak MiB."""
    return Cost(*map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()))


def definition_rows(folder: Path) -> list[Row]:
    """Loading the definitions, manifest ready, against importing Dagster alone."""
    environment = {"ASSAY_AUDIT": str(folder / "estate" / "audit.yaml"), "ASSAY_HOME": str(folder / "home")}
    dagster = cost_of([PYTHON, "-c", "import dagster, dagster_dbt"])
    cost_of([PYTHON, "-c", "from audit_assets.definitions import location; location()"], environment)
    loaded = cost_of([PYTHON, "-c", "from audit_assets.definitions import location; location()"], environment)
    return [
        ("import dagster and dagster_dbt", dagster, "reference"),
        ("load the definitions", loaded, f"{loaded.cpu - dagster.cpu:.1f} s beyond the imports; {_against(loaded.cpu - dagster.cpu, 1.5)}"),
    ]


def _times(cost: Cost, reference: Cost) -> str:
    return f"{cost.cpu / reference.cpu:.1f} × the reference's CPU"


def _against(measured: float, budget: float) -> str:
    return f"budget {budget:g}: {'met' if measured <= budget else '**missed**'}"


def render(rows: list[Row], scale: str, focus: list[int]) -> str:
    """The report as Markdown."""
    lines = [
        "# Performance",
        "",
        f"Measured with `python -m bench --scale {scale} --rows {' '.join(map(str, focus))}` (`make bench`) on {os.cpu_count()} cores,"
        f" {platform.machine()}, Python {platform.python_version()}."
        " Wall times are noisy; compare CPU seconds and ratios, which come from one run.",
        "",
        "| step | CPU s | wall s | peak MiB of one process | against the reference |",
        "| --- | ---: | ---: | ---: | --- |",
        *(f"| {name} | {cost.cpu:.1f} | {cost.wall:.1f} | {cost.peak_mib:,.0f} | {ratio} |" for name, cost, ratio in rows),
    ]
    lines += ["", _REFRESH]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
