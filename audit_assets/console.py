"""What the terminal shows: the live progress of a run, the days × sources matrix, and tables of results."""

import shlex
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
from rich.box import SIMPLE
from rich.console import Console
from rich.live import Live
from rich.table import Table as Grid
from rich.text import Text

from audit_assets import progress
from audit_assets.artifacts.comparison import Comparison, Difference, days_of, window_of
from audit_assets.artifacts.document import shown_value
from audit_assets.artifacts.since import shown_difference
from audit_assets.audit import Audit
from audit_assets.days import DayDone
from audit_assets.home import Home
from audit_assets.tables import Table
from audit_assets.warehouse.mount import sources_of
from audit_assets.warehouse.tables import LAKE_TABLES

MARKS = {"rows": "█", "gap": "·", "quarantined": "▒", "absent": " "}


class Display:
    """Days × sources while a run works: done, skipped, rows/s, time left, quarantined; then the stage that runs."""

    def __init__(self) -> None:
        self.planned: dict[str, int] = defaultdict(int)
        self.done: dict[str, int] = defaultdict(int)
        self.skipped: dict[str, int] = defaultdict(int)
        self.rows: dict[str, int] = defaultdict(int)
        self.quarantined: dict[str, int] = defaultdict(int)
        self.started: dict[str, float] = {}
        self.stage = "sources"

    def hear(self, event: progress.Event) -> None:
        """Take in an event."""
        if isinstance(event, progress.Stage):
            self.stage = event.name
        elif isinstance(event, progress.Planned):
            self.planned[event.source] += event.days
            self.started.setdefault(event.source, time.monotonic())
        else:
            self._count(event)

    def _count(self, day: DayDone) -> None:
        self.done[day.source] += 1
        self.skipped[day.source] += day.skipped
        self.rows[day.source] += 0 if day.skipped else day.rows_loaded
        self.quarantined[day.source] += day.rows_quarantined

    def __rich__(self) -> Grid:
        """The table as it stands."""
        grid = Grid(title=f"stage: {self.stage}", title_justify="left", box=None)
        for heading in ("source", "days", "current", "rows", "rows/s", "ETA s", "quarantined"):
            grid.add_column(heading, justify="left" if heading == "source" else "right")
        for source, planned in self.planned.items():
            grid.add_row(source, *self._cells(source, planned))
        return grid

    def _cells(self, source: str, planned: int) -> list[str]:
        seconds = max(time.monotonic() - self.started[source], 1e-3)
        worked = self.done[source] - self.skipped[source]
        left = planned - self.done[source]
        eta = f"{seconds / worked * left:.0f}" if worked and left else ""
        return [
            f"{self.done[source]}/{planned}",
            str(self.skipped[source]),
            f"{self.rows[source]:,}",
            f"{self.rows[source] / seconds:,.0f}",
            eta,
            f"{self.quarantined[source]:,}",
        ]


@contextmanager
def showing_progress(console: Console, quiet: bool) -> Iterator[Display]:
    """Show the display while inside; on a terminal it is live, elsewhere its last state is printed once."""
    display = Display()
    with progress.listening(display.hear):
        if quiet:
            yield display
        elif console.is_terminal:
            with Live(display, console=console, refresh_per_second=4):
                yield display
        else:
            yield display
            console.print(display)


def status_matrix(audit: Audit, home: Home) -> Grid:
    """One line a source and table, one mark a day."""
    grid = Grid(title=f"{audit.window.start} … {audit.window.end}", title_justify="left", box=None)
    for heading in ("source", "table", "days", "with rows", "rows", "quarantined"):
        grid.add_column(heading, no_wrap=heading == "days")
    for row in status_rows(audit, home):
        grid.add_row(
            row["source"],
            row["table"],
            row["marks"],
            str(row["days_with_rows"]),
            f"{row['rows']:,}",
            str(row["quarantined"]),
        )
    return grid


def status_rows(audit: Audit, home: Home) -> list[dict[str, Any]]:
    """The same as rows, for --json."""
    daily = [table for table in LAKE_TABLES if not table.snapshot]
    return [_status_row(audit, home, source, table) for table in daily for source in _writers(audit, home, table)]


def _writers(audit: Audit, home: Home, table: Table) -> list[str]:
    return [source for source in sources_of(audit, table) if (home.lake.root / source / table.name).exists()]


def _status_row(audit: Audit, home: Home, source: str, table: Table) -> dict[str, Any]:
    manifests = [home.lake.manifest(source, table, day) for day in audit.window]
    marks = [
        MARKS["absent"]
        if manifest is None
        else MARKS["quarantined"]
        if manifest.rows_quarantined
        else MARKS["rows" if manifest.rows_loaded else "gap"]
        for manifest in manifests
    ]
    present = [manifest for manifest in manifests if manifest]
    return {
        "source": source,
        "table": table.name,
        "marks": "".join(marks),
        "days_with_rows": sum(1 for manifest in present if manifest.rows_loaded),
        "rows": sum(manifest.rows_loaded for manifest in present),
        "quarantined": sum(manifest.rows_quarantined for manifest in present),
    }


def result_grid(relation: duckdb.DuckDBPyConnection) -> tuple[list[str], Sequence[tuple[object, ...]]]:
    """Column names and rows of an executed query."""
    return [column[0] for column in relation.description or []], relation.fetchall()


def comparison_grid(comparison: Comparison) -> Grid:
    """The differences, grouped by kind of change. Cells are text: what others wrote is never read as markup."""
    grid = Grid(box=SIMPLE)
    for heading in ("change", "claim", "old", "new", "difference", "status"):
        grid.add_column(heading, overflow="fold", justify="right" if heading == "difference" else "left")
    for change, group in groupby(comparison.differences, key=lambda difference: difference.change):
        for place, difference in enumerate(group):
            cells = [change.replace("_", " ") if place == 0 else "", difference.claim.claim_id, *_difference_cells(difference)]
            grid.add_row(*map(Text, cells))
        grid.add_section()
    return grid


def comparison_totals(comparison: Comparison) -> str:
    """One line: how many claims changed in which way, out of how many, over which days."""
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in comparison.totals.items() if count)
    old, new = (f"{len(claims)} claims of {' … '.join(window_of(claims) or ['no day'])}" for claims in (comparison.old, comparison.new))
    uneven = days_of(comparison.old) != days_of(comparison.new)
    caution = "\nThe windows are not of one length: sums and counts differ for that reason alone." if uneven else ""
    return f"{counts or 'nothing to compare'} (old: {old}; new: {new}){caution}"


def _difference_cells(difference: Difference) -> list[str]:
    old, new = difference.old, difference.new
    statuses = [claim.status for claim in (old, new) if claim]
    return [
        shown_value(old) if old else "",
        shown_value(new) if new else "",
        shown_difference(difference),
        " → ".join(dict.fromkeys(statuses)),
    ]


def typed(*words: str | Path) -> str:
    """A command line of Assay that works when pasted into the shell that this process was started from."""
    here, program = Path.cwd(), Path(sys.argv[0]).absolute()
    command = str(program.relative_to(here)) if program.is_relative_to(here) else "assay"
    near = [word.relative_to(here) if isinstance(word, Path) and word.is_relative_to(here) else word for word in words]
    return " ".join([shlex.quote(command), *(_quoted(str(word)) for word in near)])


def _quoted(word: str) -> str:
    """Double quotes around SQL, whose own are single, so that it stays readable."""
    return f'"{word}"' if "'" in word and not any(special in word for special in '"$`\\!') else shlex.quote(word)
