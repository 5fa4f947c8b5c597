"""What the statistics of row groups tell of a Parquet bill's points in time: its days, and whether its rows are in their order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow.parquet as pq

from audit_assets.billing.columns import Field

FEWEST_ROWS_A_DAY = 50_000  # below, a scan a day costs more in planning than it saves
MOST_READS = 2.5  # how often a row group may be read, on average


@dataclass(frozen=True)
class Span:
    """A row group: the days of its first and its last moment, its rows, and how many of them have no moment (None: it does not tell)."""

    first: date
    last: date
    rows: int
    undated: int | None


def days_of_spans(spans: Sequence[Span] | None) -> frozenset[date] | None:
    """The days of the rows, where bounds tell all: a row group of a day, or of two that follow each other. None where they do not."""
    if not spans or any((span.last - span.first).days > 1 for span in spans):
        return None
    return frozenset(day for span in spans for day in (span.first, span.last))


def all_dated(spans: Sequence[Span] | None) -> bool:
    """Whether it is certain that each row has a moment."""
    return spans is not None and all(span.undated == 0 for span in spans)


def day_by_day(files: Sequence[Sequence[Span] | None], days: Collection[date]) -> bool:
    """Whether one scan a day reads few row groups twice. False when the files do not tell."""
    spans = [span for file in files for span in file or ()]
    if not spans or not all(files):
        return False
    reads = [sum(1 for day in days if span.first <= day <= span.last) for span in spans]
    rows = sum(span.rows for span, read in zip(spans, reads, strict=True) if read)
    return rows / len(days) >= FEWEST_ROWS_A_DAY and sum(reads) <= MOST_READS * sum(1 for read in reads if read)


def spans_of(path: Path, field: Field | None) -> list[Span] | None:
    """The row groups of a file by a column of points in time. None where it has no statistics in points of time."""
    metadata = pq.read_metadata(path)
    names = [metadata.schema.column(number).path for number in range(metadata.num_columns)]
    if field is None or names.count(field.name) != 1:
        return None
    column = names.index(field.name)
    found = []
    for number in range(metadata.num_row_groups):
        statistics = metadata.row_group(number).column(column).statistics
        if statistics is None or not statistics.has_min_max or not isinstance(statistics.min, datetime):
            return None
        undated = statistics.null_count if statistics.has_null_count else None
        found.append(Span(statistics.min.date(), statistics.max.date(), metadata.row_group(number).num_rows, undated))
    return found
