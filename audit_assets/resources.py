"""What assets are given: the audit and its home. Reading audit.yaml happens when an asset runs, not when code is loaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Self

import dagster as dg

from audit_assets.audit import Audit, load_audit
from audit_assets.home import Home


class AuditResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """audit.yaml and `--home`, as paths; everything else follows from them."""

    audit_path: str
    home_path: str
    fresh: bool = False  # redo days that are current
    only: list[str] = []  # noqa: RUF012  names of sources or source groups; empty means all
    patience_seconds: float = 0.0  # how long a run waits for the home's lock

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:
        """Hold the home's lock for the whole run, so that no other process changes what this run is in the middle of."""
        with self.home.writing(self.patience_seconds):
            yield self

    @cached_property
    def audit(self) -> Audit:
        """The declaration. Raises BadInput."""
        return load_audit(Path(self.audit_path))

    @cached_property
    def home(self) -> Home:
        """The prepared home. It is there without audit.yaml, too: whatever reads or writes the lake asks for that itself."""
        shared = self.audit.lake if Path(self.audit_path).exists() else None
        return Home(Path(self.home_path).resolve(), shared).prepare()

    @property
    def base(self) -> Path:
        """The folder that relative URIs are relative to."""
        return Path(self.audit_path).resolve().parent

    @property
    def look_back_days(self) -> int:
        """Until how many days after its end a day of a live source is asked for again."""
        return self.audit.refresh.look_back_days

    def index(self, source: str) -> Path:
        """Where a source remembers what it learned about files."""
        return self.home.index / source

    def wants(self, group: str, source: str) -> bool:
        """Whether `--only` lets a source run."""
        return not self.only or source in self.only or group in self.only
