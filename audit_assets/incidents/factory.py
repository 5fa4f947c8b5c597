"""From an entry of `sources.incidents` to its source."""

from pathlib import Path

from audit_assets.audit import IncidentSource
from audit_assets.incidents.pagerduty import PagerDutySource
from audit_assets.incidents.slack import SlackSource
from audit_assets.source import Source


def incident_source(spec: IncidentSource, base: Path, index: Path, salt: str) -> Source:
    """The source that `spec` describes. `salt` is the home's secret for pseudonyms."""
    if spec.kind == "pagerduty":
        return PagerDutySource(spec.name, spec.uri, base, index, salt)
    return SlackSource(spec.name, spec.uri, base, index, salt, spec.channels)
