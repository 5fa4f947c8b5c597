"""Whether a source still speaks: judged by the newest day of the window, whatever day was read last.

Back-filling an old day makes nothing fresh. A source that is asked and has nothing to say (quiet) is not one that delivers nothing
(silent): a day without incidents is good news only in the first case.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal

import dagster as dg

from audit_assets.lake import DayManifest, Lake
from audit_assets.partitions import Window
from audit_assets.tables import Table

FRESH = "fresh"
LATE = ("silent", "not_read")
State = Literal["speaks", "quiet", "silent", "not_read"]


def fresh_spec(asset: dg.AssetKey) -> dg.AssetCheckSpec:
    """The check of an ingestion asset."""
    return dg.AssetCheckSpec(FRESH, asset=asset, description="every source delivered the newest day of the window, were it without rows")


def freshness_result(lake: Lake, sources: Sequence[str], tables: Sequence[Table], window: Window) -> dg.AssetCheckResult:
    """Passes when no source is silent or unread. A warning: the audit goes on, and what is missing is unknown."""
    states = {source: newest_state(lake, source, tables, window.end) for source in sources}
    heard = {source: last_heard(lake, source, tables, window) for source in sources}
    late = [f"{source} is {state}, last heard {heard[source] or 'never'}" for source, state in states.items() if state in LATE]
    return dg.AssetCheckResult(
        check_name=FRESH,
        passed=not late,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(late) or "; ".join(f"{source} {state}" for source, state in states.items()) or "no source is declared",
        metadata={
            "newest_day": window.end.isoformat(),
            **{f"state/{source}": state for source, state in states.items()},
            **{f"days_behind/{source}": (window.end - day).days for source, day in heard.items() if day},
        },
    )


def newest_state(lake: Lake, source: str, tables: Sequence[Table], day: date) -> State:
    """What a source said of a day: rows; nothing, though it was there to be asked; no input at all; or it was not read yet."""
    manifests = [lake.manifest(source, table, day) for table in tables]
    committed = [manifest for manifest in manifests if manifest is not None]
    if len(committed) < len(manifests):
        return "not_read"
    if any(manifest.rows_in for manifest in committed):
        return "speaks"
    return "quiet" if any(manifest.uris for manifest in committed) else "silent"


def last_heard(lake: Lake, source: str, tables: Sequence[Table], window: Window) -> date | None:
    """The newest day of the window for which a source delivered anything."""
    return max((manifest.day for manifest in _delivered(lake, source, tables, window)), default=None)


def _delivered(lake: Lake, source: str, tables: Sequence[Table], window: Window) -> list[DayManifest]:
    found = [manifest for table in tables for _, manifest in lake.committed(source, table, window)]
    return [manifest for manifest in found if manifest.rows_in or manifest.uris]
