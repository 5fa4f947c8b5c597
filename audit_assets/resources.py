"""What assets are given: the audit and its home. Reading audit.yaml happens when an asset runs, not when code is loaded."""

from functools import cached_property
from pathlib import Path

import dagster as dg

from audit_assets.audit import Audit, load_audit
from audit_assets.home import Home


class AuditResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """audit.yaml and `--home`, as paths; everything else follows from them."""

    audit_path: str
    home_path: str
    fresh: bool = False  # redo days that are current
    only: list[str] = []  # noqa: RUF012  names of sources or source groups; empty means all

    @cached_property
    def audit(self) -> Audit:
        """The declaration. Raises BadInput."""
        return load_audit(Path(self.audit_path))

    @cached_property
    def home(self) -> Home:
        """The prepared home."""
        return Home(Path(self.home_path).resolve()).prepare()

    @property
    def base(self) -> Path:
        """The folder that relative URIs are relative to."""
        return Path(self.audit_path).resolve().parent

    def index(self, source: str) -> Path:
        """Where a source remembers what it learned about files."""
        return self.home.index / source

    def wants(self, group: str, source: str) -> bool:
        """Whether `--only` lets a source run."""
        return not self.only or source in self.only or group in self.only
