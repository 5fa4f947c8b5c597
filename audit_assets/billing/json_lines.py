"""A bill as newline-delimited JSON, one object a row (how BigQuery exports nested tables): as Parquet of texts, one column a key.

Nested values stay JSON texts; the formats look inside them. What does not belong here: what the keys mean.
"""

import hashlib
from pathlib import Path

import duckdb

from audit_assets.billing.columns import literal
from audit_assets.billing.content import require_whole_gzip
from audit_assets.errors import SourceRejected
from audit_assets.objects import ObjectStat

SUFFIXES = tuple(f".{name}{packed}" for name in ("json", "jsonl", "ndjson") for packed in ("", ".gz"))
LONGEST_RECORD = 16_000_000  # bytes
MOST_KEYS = 2000  # a bill has some 30; keys beyond this are data, not columns
BadLine = tuple[int, str, str]  # 1-based line, reason, text


def is_json_lines(item: ObjectStat) -> bool:
    """By name: a CSV bill never begins like JSON, but an error page in JSON may carry any name."""
    return item.path.name.lower().endswith(SUFFIXES)


def as_parquet(connection: duckdb.DuckDBPyConnection, item: ObjectStat, scratch: Path, row_number: str) -> tuple[Path, list[BadLine]]:
    """The rows with their line numbers (column `row_number`), and the lines that are no object. Raises SourceRejected when none is."""
    lines = _lines(item)
    try:
        bad = [(int(line), reason, text) for line, reason, text in connection.execute(_bad_lines(lines)).fetchall()]
        keys = [key for (key,) in connection.execute(_keys(lines)).fetchall()]
        _require_rows(item, keys, bad)
        path = scratch / f"{hashlib.sha256(item.uri.encode()).hexdigest()[:16]}.lines.parquet"
        values = ", ".join(f"line ->> {literal(_path(key))} as {_quoted(key)}" for key in keys)
        rows = f"select number as {row_number}, {values} from {lines} where {_IS_ROW} order by number"
        connection.execute(f"copy ({rows}) to {literal(str(path))} (format parquet, compression lz4)")
    except duckdb.Error as problem:
        first_line = str(problem).splitlines()[0]
        raise SourceRejected(item.uri, f"cannot be read: {first_line}", "export newline-delimited JSON in UTF-8") from problem
    return path, bad


# a case, because DuckDB may ask the type of what is not valid first
_IS_ROW = "case when json_valid(line) then json_type(line) = 'OBJECT' else false end"


def _lines(item: ObjectStat) -> str:
    with item.path.open("rb") as handle:
        packed = handle.read(2) == b"\x1f\x8b"
    if packed:
        require_whole_gzip(item)
    read = (
        f"read_csv({literal(str(item.path))}, auto_detect = false, header = false, columns = {{line: 'VARCHAR'}},"
        f" delim = '\x01', quote = '', escape = '', compression = '{'gzip' if packed else 'none'}', max_line_size = {LONGEST_RECORD})"
    )
    return f"(select row_number() over () as number, line from {read})"


def _bad_lines(lines: str) -> str:
    reason = "case when line is null then 'a blank line' else 'not a JSON object' end"
    return f"select number, {reason}, left(coalesce(line, ''), 500) from {lines} where not {_IS_ROW} order by number"


def _keys(lines: str) -> str:
    objects = f"json_keys(case when {_IS_ROW} then line end)"
    return f"select distinct unnest({objects}) as key from {lines} order by key limit {MOST_KEYS + 1}"


def _require_rows(item: ObjectStat, keys: list[str], bad: list[BadLine]) -> None:
    if len(keys) > MOST_KEYS:
        raise SourceRejected(item.uri, f"its objects have more than {MOST_KEYS} different keys", "export one row of the bill a line")
    if keys:
        return
    if bad and bad[0][2].lstrip().startswith("["):
        raise SourceRejected(item.uri, "JSON as one array, not an object a line", "export newline-delimited JSON, CSV or Parquet")
    raise SourceRejected(item.uri, "no line is a JSON object", "export newline-delimited JSON, CSV or Parquet")


def _path(key: str) -> str:
    return '$."' + key.replace('"', '\\"') + '"'


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
