"""How dbt is called: pure functions that build its arguments and environment, and the manifest that Dagster reads.

The warehouse is built in two passes: the facts, then, when the expectations have read them, the evidence.
"""

import fcntl
import os
import subprocess
import sys
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from audit_assets.errors import AssayError
from audit_assets.home import Home

PROJECT = Path(__file__).parents[2] / "dbt_project"
MANIFEST = PROJECT / "target" / "manifest.json"
PARSED = MANIFEST.with_name("partial_parse.msgpack")  # the same as dbt keeps it
EVIDENCE_TAG = "tag:evidence"
SEED_TESTS = "resource_type:seed,resource_type:test"  # seeds are part of the code: `make test` tests them
# Unit tests test SQL, not data: `make test` runs them. Nobody reads dbt's JSON files of a run, and they take a second each time.
BUILD = ["build", "--exclude-resource-type", "unit_test", "--no-write-json"]
DBT = str(Path(sys.executable).with_name("dbt"))
ASSAY_DBT = str(Path(sys.executable).with_name("assay-dbt"))
_SOURCES = ("*.sql", "*.yml", "*.csv")


def environment(home: Home | None = None) -> dict[str, str]:
    """What dbt needs in its environment, over the process's own."""
    warehouse = {"ASSAY_WAREHOUSE": str(home.warehouse)} if home else {}
    return {**os.environ, **warehouse, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}


def manifest_is_stale() -> bool:
    """Whether the manifest is absent or older than any file of the project."""
    if not MANIFEST.exists() or not PARSED.exists():
        return True
    made = MANIFEST.stat().st_mtime
    parser = (Path(__file__), *PROJECT.parent.glob("uv.lock"))  # another dbt, or other words to it, may parse otherwise
    found = (path for pattern in _SOURCES for path in PROJECT.rglob(pattern) if "target" not in path.parts)
    return any(path.stat().st_mtime > made for path in chain(parser, found))


def ensure_manifest() -> Path:
    """Parse the project when its manifest is stale; of processes that start at once one does. Raises AssayError with dbt's own words."""
    if manifest_is_stale():
        MANIFEST.parent.mkdir(exist_ok=True)
        with (MANIFEST.parent / "parse.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if manifest_is_stale():
                _parse()
    return MANIFEST


def _parse() -> None:
    """Parse beside the manifest that others may be reading, and put the new one in its place."""
    with TemporaryDirectory(dir=MANIFEST.parent) as folder:
        command = [DBT, "--quiet", "parse", "--no-partial-parse", "--target-path", folder, "--log-path", folder]
        paths = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        done = subprocess.run([*command, *paths], env=environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssayError(f"the dbt project does not parse:\n{done.stdout}{done.stderr}")
        for name in (PARSED.name, MANIFEST.name):
            (Path(folder) / name).replace(MANIFEST.parent / name)
