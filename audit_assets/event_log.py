"""Dagster's event log in SQLite files, with the files kept open.

Dagster opens a database anew for each of the thousands of reads and writes of a run; opening, compiling the same statements again and
emptying the journal at each close took a third of a run's CPU. What does not belong here: what events mean.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.pool import QueuePool

BUSY_TIMEOUT_SECONDS = 60


class EventLog(SqliteEventLogStorage):
    """The log of $DAGSTER_HOME. The index and the database of the run that was last asked for stay open; one connection each."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """No settings: a home may be moved, so its path is not written into it."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "EventLog":
        """The log where Dagster has it when nothing is configured."""
        return cls(str(Path(os.environ["DAGSTER_HOME"]) / "history" / "runs"), inst_data, **config_value)

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: frozenset[str] = frozenset()
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def has_table(self, table_name: str) -> bool:
        """Whether the index has that table. Asked while the index is in use, so beside its connection and its lock."""
        if table_name not in self._tables:
            with self._engine(INDEX_SHARD_NAME).connect() as connection:
                self._tables = frozenset(inspect(connection).get_table_names())
        return table_name in self._tables

    def dispose(self) -> None:
        """Close the files."""
        super().dispose()
        with self._db_lock:
            self._close(*self._engines)

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            self._close(*(self._engines.keys() - {INDEX_SHARD_NAME}))
            self._engines[shard] = self._open(shard)
        return self._engines[shard]

    def _open(self, shard: str) -> Engine:
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=QueuePool,
            pool_size=1,
            connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _leave_flushing_to_checkpoints)
        self._initdb(engine)
        return engine

    def _close(self, *shards: str) -> None:
        for shard in shards:
            self._engines.pop(shard).dispose()


def _leave_flushing_to_checkpoints(connection: sqlite3.Connection, _record: object) -> None:
    """A power cut may lose the last events and harms no file (SQLite, "PRAGMA synchronous"); what Assay relies on is in the lake."""
    connection.execute("pragma synchronous = normal")
