"""Which text columns of a Parquet file may hold a word for null, by the least and the greatest text of its row groups."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

from audit_assets.billing.columns import NULL_WORDS


def with_null_words(path: Path, texts: Mapping[str, str]) -> frozenset[str]:
    """`texts` is the SQL name of each column; returns the SQL names of those that statistics do not acquit.

    It pays to ask: what need not be cleaned stays a dictionary, and DuckDB then looks at each text of it once.
    """
    metadata = pq.read_metadata(path)
    places = {name: number for number in range(metadata.num_columns) if (name := metadata.schema.column(number).path) in texts}
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    acquitted = {name for name, number in places.items() if all(_has_none(group.column(number)) for group in groups)}
    return frozenset(sql for name, sql in texts.items() if name not in acquitted)


def _has_none(chunk: pq.ColumnChunkMetaData) -> bool:
    found = chunk.statistics
    if found is None:
        return False
    if found.has_null_count and found.null_count == chunk.num_values:
        return True
    if not found.has_min_max or not isinstance(found.min, str):
        return False
    return not any(found.min <= word <= found.max for word in NULL_WORDS)
