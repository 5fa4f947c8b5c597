"""The folder that an audit works in: where everything lies, and the lock of its one writer."""

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from audit_assets.audit_lake import LakeLocation
from audit_assets.errors import LakeBusy
from audit_assets.lake import Lake, write_atomically
from audit_assets.lake_bucket import LakeBucket
from audit_assets.lake_pull import pull

LOOK_EVERY_SECONDS = 0.5
PATIENCE_SECONDS = 60.0  # of a command, where a look at a shared lake may have the lock
_held: dict[Path, int] = {}


@dataclass(frozen=True)
class Home:
    """`--home`: the lake, the warehouse, the published marts and the documents of one audit. `shared`: the bucket that the lake copies."""

    root: Path
    shared: LakeLocation | None = None

    @property
    def lake(self) -> Lake:
        """The lake."""
        return Lake(self.root / "lake", LakeBucket(self.shared.uri, self.shared.s3) if self.shared else None)

    @property
    def index(self) -> Path:
        """What was learned about input files, by content."""
        return self.root / "index"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt builds; only the holder of the lock opens it."""
        return self.root / "warehouse.duckdb"

    @property
    def marts(self) -> Path:
        """The DuckDB file that analysts open."""
        return self.root / "marts.duckdb"

    @property
    def artifacts(self) -> Path:
        """The documents."""
        return self.root / "artifacts"

    @property
    def published_claims(self) -> Path:
        """The claims of the last published audit, and of the last one before it that was made from other inputs."""
        return self.root / "published_claims.json"

    @property
    def runs(self) -> Path:
        """One JSON file a run."""
        return self.root / "runs"

    @property
    def scratch(self) -> Path:
        """Temporary files; emptied by whoever holds the lock."""
        return self.root / "scratch"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME: the run history that the command line and the UI share."""
        return self.root / "dagster"

    @property
    def dbt(self) -> Path:
        """dbt's target and logs."""
        return self.root / "dbt"

    def prepare(self) -> "Home":
        """Create the folders."""
        for folder in (
            self.root,
            self.lake.root,
            self.index,
            self.artifacts,
            self.runs,
            self.scratch,
            self.dagster,
            self.dbt,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        return self

    def salt(self) -> str:
        """The secret that pseudonyms are made with; created once, readable by the owner alone."""
        path = self.root / "pseudonym.salt"
        if not path.exists():
            write_atomically(path, secrets.token_hex(16).encode())
            path.chmod(0o600)
        return path.read_text().strip()

    @contextmanager
    def writing(self, patience_seconds: float = 0.0) -> Iterator[None]:
        """Hold the lock of the one writer, across processes; a process may take it again while it holds it. Whoever takes it first brings
        a shared lake up to date.

        Raises LakeBusy, naming the process that still has it after `patience_seconds`; LakeUnavailable and LakeDamaged for a shared lake.
        """
        path = (self.root / "run.lock").resolve()
        if _held.get(path):
            _held[path] += 1
            try:
                yield
            finally:
                _held[path] -= 1
            return
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _take(descriptor, path, time.monotonic() + patience_seconds)
            _held[path] = 1
            pull(self.lake)
            yield
        finally:
            _held.pop(path, None)
            os.close(descriptor)

    def look(self) -> None:
        """Take in what other homes committed, unless a run is under way here: it did so when it began. Raises as `writing`."""
        if self.shared:
            with suppress(LakeBusy), self.prepare().writing():
                pass


def _take(descriptor: int, path: Path, until: float) -> None:
    try:
        _lock(descriptor, until)
    except BlockingIOError as busy:
        holder = os.pread(descriptor, 64, 0).decode(errors="replace").strip() or "unknown"
        raise LakeBusy(
            f"another Assay process (pid {holder}) is writing to {path.parent}; wait until it ends, or use another --home"
        ) from busy
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)


def _lock(descriptor: int, until: float) -> None:
    """Lock, trying until the monotonic time `until`. Raises BlockingIOError."""
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
        time.sleep(LOOK_EVERY_SECONDS)
