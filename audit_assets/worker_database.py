"""A DuckDB of a worker's own, for the days that it extracts or reduces. It never opens the warehouse."""

from pathlib import Path

import duckdb

MEMORY_LIMIT = "1500MB"  # of one worker; there is one a core


def connect(scratch: Path) -> duckdb.DuckDBPyConnection:
    """In memory, with what does not fit below `scratch`; one thread (there is a process a core, and rows keep their order), UTC."""
    connection = duckdb.connect(config={"threads": "1", "memory_limit": MEMORY_LIMIT, "temp_directory": str(scratch / "spill")})
    connection.execute("set global timezone = 'UTC'; set global parquet_metadata_cache = true")
    return connection
