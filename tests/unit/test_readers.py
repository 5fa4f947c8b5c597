"""Any number of readers, while one process publishes: no error, and never two versions in one connection."""

import subprocess
import sys
from pathlib import Path

import duckdb

from audit_assets.warehouse.publish import publish

READERS, PUBLISHES = 4, 20
READ = """
import sys, duckdb
from pathlib import Path
marts, stop = Path(sys.argv[1]), Path(sys.argv[2])
reads, versions = 0, set()
print("reading", flush=True)
while not stop.exists():
    with duckdb.connect(marts, read_only=True) as connection:
        one = connection.execute("select distinct version from fct_one").fetchall()
        two = connection.execute("select distinct version from fct_two").fetchall()
        again = connection.execute("select distinct version from fct_one").fetchall()
    assert len(one) == 1 and one == two == again, (one, two, again)
    versions |= set(one)
    reads += 1
print(reads, len(versions), flush=True)
"""


def build(warehouse: Path, version: int) -> None:
    with duckdb.connect(warehouse) as connection:
        for name in ("fct_one", "fct_two"):
            connection.execute(f"create or replace table {name} as select {version} as version, range as n from range(20000)")


def test_four_readers_during_twenty_publishes(tmp_path: Path) -> None:
    warehouse, marts, stop = tmp_path / "w.duckdb", tmp_path / "marts.duckdb", tmp_path / "stop"
    build(warehouse, 0)
    publish(warehouse, marts)
    command = [sys.executable, "-c", READ, str(marts), str(stop)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(READERS)]
    try:
        assert all(reader.stdout is not None and reader.stdout.readline() == "reading\n" for reader in readers)
        for version in range(1, PUBLISHES + 1):
            build(warehouse, version)
            publish(warehouse, marts)
    finally:
        stop.touch()
    told = [reader.communicate(timeout=60) for reader in readers]
    assert [error for _, error in told] == [""] * READERS
    assert all(int(reads) >= PUBLISHES / 2 and int(versions) > 1 for reads, versions in (output.split() for output, _ in told))
