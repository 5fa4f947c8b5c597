"""All texts of a Parquet file's columns that hold few, from the dictionaries of its row groups.

It pays to know them: a column written as an ENUM is not hashed, text by text and twice, by DuckDB's Parquet writer.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FEW = 50  # texts: an ENUM is found by trying one after the other, once a text and row group where the file has dictionaries
FEWEST_ROWS = 50_000  # of a file: below, to look costs what it saves


def texts_of_columns_with_few(path: Path, names: Sequence[str]) -> dict[str, frozenset[str]]:
    """The texts, without null, of those of the columns that hold at most FEW. None of a small file, or of one that cannot be read."""
    state = path.stat()
    return _looked_up(path, (state.st_mtime_ns, state.st_size), tuple(names))


@lru_cache(maxsize=256)  # a file of many days is opened for every month of them
def _looked_up(path: Path, _state: tuple[int, int], names: tuple[str, ...]) -> dict[str, frozenset[str]]:
    if pq.read_metadata(path).num_rows < FEWEST_ROWS:
        return {}
    schema = pq.read_schema(path)
    once = [name for name in names if schema.names.count(name) == 1 and pa.types.is_string(schema.field(name).type)]
    try:
        return _texts(pq.ParquetFile(path, read_dictionary=once), once)
    except (pa.ArrowException, OSError, UnicodeError):
        return {}  # whoever reads the rows says what is wrong with them


def _texts(file: pq.ParquetFile, names: Sequence[str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = dict.fromkeys(names, frozenset())
    for group in range(file.num_row_groups):
        rows = file.read_row_group(group, columns=list(found), use_threads=False)
        for name in list(found):
            found[name] = found[name].union(*(chunk.dictionary.to_pylist() for chunk in rows[name].chunks))
            if len(found[name]) > FEW or any("\0" in text for text in found[name]):  # SQL ends at a NUL
                del found[name]
    return found
