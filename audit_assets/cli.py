"""`assay`, the command line of the definitions that the UI shows. What a command does lies in the module it calls."""

import json
import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.table import Table as Grid

from audit_assets.audit import load_audit
from audit_assets.errors import AssayError, BadInput
from audit_assets.home import Home

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
slo = typer.Typer(no_args_is_help=True, help="Service level objectives as Prometheus rules.")
app.add_typer(slo, name="slo")
out, err = Console(), Console(stderr=True)

AuditPath = Annotated[Path, typer.Option("--audit", help="the declaration")]
HomePath = Annotated[Path, typer.Option("--home", envvar="ASSAY_HOME", help="where lake, marts and documents are kept")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON object")]
AUDIT, HOME = Path("audit.yaml"), Path(".assay")


@app.command()
def init(directory: Annotated[Path, typer.Argument(help="where to write audit.yaml")] = Path()) -> None:
    """Write a commented audit.yaml to fill in."""
    from audit_assets.example import EXAMPLE

    path = directory / "audit.yaml"
    if path.exists():
        raise BadInput(f"{path} exists already; move it away, or edit it")
    directory.mkdir(parents=True, exist_ok=True)
    path.write_text(EXAMPLE, encoding="utf-8")
    out.print(f"wrote {path}; next: edit `sources`, then `assay doctor --audit {path}`")


@app.command()
def doctor(audit: AuditPath = AUDIT, home: HomePath = HOME, as_json: Json = False) -> None:
    """Probe every source: reachable, readable, which days it covers, what is missing."""
    from audit_assets.doctor import examine, findings_grid

    findings = examine(audit, home)
    if as_json:
        print(json.dumps([finding.as_record() for finding in findings], indent=1))
    else:
        out.print(findings_grid(findings))
    raise typer.Exit(2 if any(not finding.healthy for finding in findings) else 0)


@app.command()
def demo(
    to: Annotated[Path, typer.Option("--out", help="folder to write the estate to")],
    seed: int = 7,
    scale: Annotated[str, typer.Option(help="small, demo or large")] = "demo",
    control: Annotated[bool, typer.Option("--control", help="the same estate without lies, incidents and SPOFs")] = False,
) -> None:
    """Write a synthetic 90-day estate in real wire formats."""
    from audit_assets.console import typed
    from audit_assets.demo.estate import write_estate

    if scale not in ("small", "demo", "large"):
        raise BadInput(f"--scale {scale}: choose small, demo or large")
    write_estate(to, seed, scale, control)
    out.print(f"wrote {to}; next: {typed('run', '--audit', to / 'audit.yaml', '--home', to / '.assay')}", markup=False, soft_wrap=True)


@app.command()
def run(  # noqa: PLR0913, PLR0917
    audit: AuditPath = AUDIT,
    home: HomePath = HOME,
    only: Annotated[list[str] | None, typer.Option(help="a source or group to extract; repeatable")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="extract the last N days of the window only")] = None,
    start: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"])] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"])] = None,
    resume: Annotated[bool, typer.Option("--resume/--fresh", help="skip what is current, or redo everything")] = True,
    strict: Annotated[bool, typer.Option("--strict", help="exit 3 when a document's gate is open")] = False,
    as_json: Json = False,
) -> None:
    """Ingest the window, build the marts and write the four documents."""
    _run(
        audit,
        home,
        only or [],
        days,
        start,
        end,
        fresh=not resume,
        lake_only=False,
        strict=strict,
        as_json=as_json,
    )


@app.command()
def backfill(
    audit: AuditPath = AUDIT,
    home: HomePath = HOME,
    only: Annotated[list[str] | None, typer.Option(help="a source or group to extract; repeatable")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="the last N days of the window only")] = None,
    start: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"])] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"])] = None,
    resume: Annotated[bool, typer.Option("--resume/--fresh")] = True,
    as_json: Json = False,
) -> None:
    """Fill the lake and stop there."""
    _run(
        audit,
        home,
        only or [],
        days,
        start,
        end,
        fresh=not resume,
        lake_only=True,
        strict=False,
        as_json=as_json,
    )


@app.command()
def refresh(
    audit: AuditPath = AUDIT,
    home: HomePath = HOME,
    strict: Annotated[bool, typer.Option("--strict")] = False,
    as_json: Json = False,
) -> None:
    """Take in new and restated days, then rebuild marts and documents if anything changed."""
    _run(audit, home, [], None, None, None, fresh=False, lake_only=False, strict=strict, as_json=as_json)


@app.command()
def evidence(claim: str, audit: AuditPath = AUDIT, home: HomePath = HOME, as_json: Json = False) -> None:
    """Print a claim, its query and inputs, re-run the query and say whether it still holds."""
    from audit_assets.artifacts.claims import check_claim

    with _marts(home) as connection:
        checked = check_claim(connection, claim)
    if as_json:
        print(json.dumps(asdict(checked), default=str, indent=1))
    else:
        for name, value in {**asdict(checked.claim), "value now": checked.value_now}.items():
            out.print(f"[bold]{name}[/bold]: ", end="")
            out.print(value, markup=False)
        out.print("holds" if checked.holds else "does NOT hold: the query gives another value than the claim")
    raise typer.Exit(0 if checked.holds else 1)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="a home folder, a marts.duckdb or a claims.json")],
    new: Annotated[Path, typer.Argument(help="another one, to compare with the first")],
    as_json: Json = False,
) -> None:
    """Compare two audits claim by claim: what is new, gone, changed, fixed, worse, or no longer known."""
    from audit_assets.artifacts.comparison import compare, read_claims
    from audit_assets.console import comparison_grid, comparison_totals

    comparison = compare(read_claims(old), read_claims(new))
    if as_json:
        print(json.dumps(comparison.as_record(), indent=1))
        return
    if comparison.differences:
        out.print(comparison_grid(comparison))
    out.print(comparison_totals(comparison), markup=False, soft_wrap=True)


@app.command()
def sql(query: str, audit: AuditPath = AUDIT, home: HomePath = HOME, as_json: Json = False) -> None:
    """Run a query on the published marts, read only."""
    from audit_assets.console import result_grid

    with _marts(home) as connection:
        try:
            columns, rows = result_grid(connection.execute(query))
        except duckdb.Error as problem:
            raise BadInput(f"the query failed: {problem}") from problem
    if as_json:
        print(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=str, indent=1))
        return
    grid = Grid(*columns)
    for row in rows:
        grid.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(grid)


@app.command()
def status(audit: AuditPath = AUDIT, home: HomePath = HOME, as_json: Json = False) -> None:
    """Which days of which source are in the lake."""
    from audit_assets.console import status_matrix, status_rows

    declared = load_audit(audit)
    where = Home(home.resolve(), declared.lake)
    where.look()
    if as_json:
        print(json.dumps(status_rows(declared, where), indent=1))
    else:
        out.print(status_matrix(declared, where), soft_wrap=True)
        out.print("█ rows  ▒ some rows quarantined  · no rows  (blank) not ingested")


@app.command()
def serve(
    audit: AuditPath = AUDIT,
    home: HomePath = HOME,
    port: Annotated[int, typer.Option(help="0 takes a free port")] = 8321,
) -> None:
    """Show the documents in a browser, on this machine only."""
    from audit_assets.serve import serve_documents

    serve_documents(Home(home.resolve()), audit, port, out.print)


@slo.command("rules")
def slo_rules(
    specs: Annotated[list[Path], typer.Argument(metavar="SPEC…", help="Sloth (prometheus/v1) or OpenSLO files")],
    window: Annotated[str | None, typer.Option(help="period of SLOs that state none: 30d, 28d, 7d or that of --windows")] = None,
    windows: Annotated[Path | None, typer.Option(help="a file of kind AlertWindows")] = None,
    alerts: Annotated[bool, typer.Option("--alerts/--no-alerts", help="write alert rules")] = True,
    recordings: Annotated[bool, typer.Option("--recordings/--no-recordings", help="write recording rules")] = True,
    label: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="a label for every recorded series; repeatable")] = None,
    to: Annotated[Path | None, typer.Option("--out", help="file to write instead of standard output")] = None,
) -> None:
    """Turn SLO specs into recording rules and multi-window, multi-burn-rate alerts."""
    from audit_assets.manifests.promql import check
    from audit_assets.slo_rules.rules import RuleRequest, as_yaml, parse_labels, rule_groups
    from audit_assets.slo_rules.windows import window_catalog

    def problem(expression: str) -> str | None:
        return check(expression).error

    request = RuleRequest(specs, problem, window_catalog(window, windows), parse_labels(label or []), recordings, alerts)
    text = as_yaml(rule_groups(request))
    if to is None:
        typer.echo(text, nl=False)
    else:
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_text(text, encoding="utf-8")
        except OSError as refused:
            raise BadInput(f"--out {to}: cannot be written ({refused.strerror}); name a file in a folder that can be") from refused
        out.print(f"wrote {to}; next: promtool check rules {to}")


def _run(  # noqa: PLR0913
    audit: Path,
    home: Path,
    only: list[str],
    days: int | None,
    start: datetime | None,
    end: datetime | None,
    *,
    fresh: bool,
    lake_only: bool,
    strict: bool,
    as_json: bool,
) -> None:
    declared = load_audit(audit)
    from audit_assets.console import showing_progress
    from audit_assets.run import RunRequest, known_sources, requested_days, run_audit
    from audit_assets.summary import print_summary, summary

    chosen = requested_days(declared.window, days, _date(start), _date(end))
    request = RunRequest(audit, home, chosen, known_sources(only, declared), fresh, lake_only)
    with showing_progress(err, quiet=as_json):
        report = run_audit(request)
    told = summary(report, declared, Home(home.resolve()), lake_only)
    if as_json:
        print(json.dumps(told, default=str, indent=1))
    else:
        print_summary(out, err, told, home.resolve())
    if any(not refused.absent for _, refused in report.rejected):
        raise typer.Exit(2)
    if strict and any(not met for met in told["gates"].values()):
        raise typer.Exit(3)


def _marts(home: Path) -> duckdb.DuckDBPyConnection:
    path = home / "marts.duckdb"
    if not path.exists():
        raise BadInput(f"{path} does not exist yet; run `assay run --home {home}` first")
    return duckdb.connect(path, read_only=True)


def _date(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def main() -> Any:
    """Run the command line; errors a user can meet are a message and an exit code, never a traceback."""
    try:
        app(standalone_mode=True)
    except AssayError as problem:
        err.print("[red]error:[/red] ", end="")
        err.print(str(problem), markup=False, soft_wrap=True)
        sys.exit(problem.exit_code)


if __name__ == "__main__":
    main()
