"""`assay doctor`: look at every source before anything is loaded."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.table import Table as Grid

from audit_assets.definitions import INGESTIONS
from audit_assets.errors import AssayError
from audit_assets.lake_bucket import LakeBucket
from audit_assets.partitions import Window
from audit_assets.resources import AuditResource
from audit_assets.source import Probe, Source


@dataclass(frozen=True)
class Finding:
    """What one source said of itself, against the audited window."""

    group: str
    source: str
    probe: Probe
    window: Window

    @property
    def covered(self) -> int | None:
        """Days of the window with data; None when only extraction can tell."""
        return None if self.probe.days is None else sum(1 for day in self.window if day in self.probe.days)

    @property
    def missing_days(self) -> list[date]:
        """Days of the window without data."""
        return [] if self.probe.days is None else [day for day in self.window if day not in self.probe.days]

    @property
    def healthy(self) -> bool:
        """Reachable, nothing refused, and at least one day of the window covered."""
        return self.probe.reachable and not self.probe.rejected and self.covered != 0

    def as_record(self) -> dict[str, object]:
        """For --json."""
        return {
            "group": self.group,
            "source": self.source,
            "healthy": self.healthy,
            "reachable": self.probe.reachable,
            "detail": self.probe.detail,
            "days_covered": self.covered,
            "days_in_window": len(self.window),
            "missing_days": [day.isoformat() for day in self.missing_days],
            "rejected": [{"uri": r.uri, "reason": r.reason, "fix": r.fix} for r in self.probe.rejected],
            "missing": list(self.probe.missing),
        }


def examine(audit_path: Path, home_path: Path) -> list[Finding]:
    """Probe every source of the audit, and the bucket of a shared lake. Raises BadInput when audit.yaml is unusable."""
    audit = AuditResource(audit_path=str(audit_path), home_path=str(home_path))
    window = audit.audit.window
    shared = [Finding("lake", bucket.uri, _listed(bucket), window) for bucket in [audit.home.lake.bucket] if bucket]
    return shared + [
        Finding(ingestion.group, source.name, _probe(source), window)
        for ingestion in INGESTIONS
        if not ingestion.upstream
        for source in ingestion.sources(audit)
    ]


def _listed(bucket: LakeBucket) -> Probe:
    try:
        found = bucket.listing().values()
    except AssayError as problem:
        return Probe(False, str(problem))
    return Probe(True, f"{len(found)} objects can be listed", None, len(found), sum(one.size for one in found))


def _probe(source: Source) -> Probe:
    try:
        return source.probe()
    except AssayError as problem:
        return Probe(False, str(problem))


def findings_grid(findings: list[Finding]) -> Grid:
    """The table of `assay doctor`."""
    grid = Grid("source", "group", "ok", "days", "missing days", "found", show_lines=True)
    for finding in findings:
        covered = "?" if finding.covered is None else f"{finding.covered}/{len(finding.window)}"
        notes = [
            finding.probe.detail,
            *(f"refused {r.uri}: {r.reason} — {r.fix}" for r in finding.probe.rejected),
        ]
        notes += finding.probe.missing[:5]
        mark = "yes" if finding.healthy else "NO"
        grid.add_row(finding.source, finding.group, mark, covered, _ranges(finding.missing_days), "\n".join(notes))
    return grid


def _ranges(days: list[date]) -> str:
    if not days:
        return ""
    shown = ", ".join(day.isoformat() for day in days[:4])
    return shown if len(days) <= 4 else f"{shown} and {len(days) - 4} more"
