"""From an entry of `sources.incidents` to its source."""

from datetime import date
from pathlib import Path

from audit_assets.audit import IncidentSource
from audit_assets.incidents.pagerduty import PagerDutySource
from audit_assets.incidents.slack import SlackSource
from audit_assets.source import FileSource, Source


def incident_source(spec: IncidentSource, base: Path, index: Path, salt: str, window_start: date | None = None) -> Source:
    """The source that `spec` describes. `salt` is the home's secret for pseudonyms."""
    source = _files(spec, base, index, salt)
    source.window_start, source.s3 = window_start, spec.s3
    return source


def _files(spec: IncidentSource, base: Path, index: Path, salt: str) -> FileSource:
    if spec.kind == "pagerduty":
        return PagerDutySource(spec.name, spec.uri, base, index, salt)
    return SlackSource(spec.name, spec.uri, base, index, salt, spec.channels)
