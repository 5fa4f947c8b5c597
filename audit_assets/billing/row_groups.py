"""Whether bills are in the order of time, by the statistics of their row groups: then days are best written one by one."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

import pyarrow.parquet as pq

from audit_assets.billing.bill_file import BillFile

FEWEST_ROWS_A_DAY = 50_000  # below, a scan a day costs more in planning than it saves
MOST_READS = 2.5  # how often a row group may be read, on average


def day_by_day(files: Sequence[BillFile], start_column: str, days: Collection[date]) -> bool:
    """Whether one scan a day reads few row groups twice. False when the files do not tell."""
    groups = [span for file in files for span in _spans(file, start_column)]
    if not groups or None in groups:
        return False
    spans = [span for span in groups if span is not None]
    reads = [sum(1 for day in days if first <= day <= last) for first, last, _ in spans]
    rows = sum(count for (_, _, count), read in zip(spans, reads, strict=True) if read)
    return rows / len(days) >= FEWEST_ROWS_A_DAY and sum(reads) <= MOST_READS * sum(1 for read in reads if read)


def _spans(file: BillFile, start_column: str) -> list[tuple[date, date, int] | None]:
    """First day, last day and rows of each row group; None where there are no statistics in points of time."""
    field = file.columns.get(start_column)
    metadata = pq.read_metadata(file.path)
    names = [metadata.schema.column(number).path for number in range(metadata.num_columns)]
    if field is None or field.name not in names:
        return [None]
    column = names.index(field.name)
    found: list[tuple[date, date, int] | None] = []
    for number in range(metadata.num_row_groups):
        statistics = metadata.row_group(number).column(column).statistics
        if statistics is None or not statistics.has_min_max or not isinstance(statistics.min, datetime):
            return [None]
        found.append((statistics.min.date(), statistics.max.date(), metadata.row_group(number).num_rows))
    return found
