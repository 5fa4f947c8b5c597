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
    names = [metadata.schema.column(number).path for number in range(metadata.num_columns)]
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    chunks = {name: [group.column(number) for group in groups] for number, name in enumerate(names) if name in texts}
    twice = {name for name in chunks if names.count(name) > 1}
    return frozenset(sql for name, sql in texts.items() if name not in chunks or name in twice or not all(map(_has_none, chunks[name])))


def _has_none(chunk: pq.ColumnChunkMetaData) -> bool:
    found = chunk.statistics
    if found is None:
        return False
    if found.has_null_count and found.null_count == chunk.num_values:
        return True
    if not found.has_min_max or found.physical_type != "BYTE_ARRAY":
        return False
    least, greatest = found.min_raw, found.max_raw  # bytes, as Parquet orders them: a bound that was cut may be no text
    return not any(least <= word.encode() <= greatest for word in NULL_WORDS)
