"""From an entry of `sources.incidents` to its source."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Protocol

from audit_assets.audit_sources import IncidentSource
from audit_assets.incidents.alertmanager import AlertmanagerSource
from audit_assets.incidents.pagerduty import PagerDutySource
from audit_assets.incidents.people import KnownPeople, ListsPeople
from audit_assets.incidents.slack import SlackSource
from audit_assets.source import Source

IncidentFiles = PagerDutySource | SlackSource | AlertmanagerSource


class IncidentReader(Source, Protocol):
    """A source of incidents: it redacts what it reads, and `known` are the people that it shares with the others."""

    known: KnownPeople


def incident_sources(
    specs: Sequence[IncidentSource], base: Path, index: Callable[[str], Path], salt: str, window_start: date | None = None
) -> tuple[list[IncidentReader], KnownPeople]:
    """All incident sources of an audit, each knowing the people of all; and these people. `index`: a source's folder."""
    sources = [incident_source(spec, base, index(spec.name), salt, window_start) for spec in specs]
    known = KnownPeople([source for source in sources if isinstance(source, ListsPeople)])
    for source in sources:
        source.known = known
    return sources, known


def incident_source(spec: IncidentSource, base: Path, index: Path, salt: str, window_start: date | None = None) -> IncidentReader:
    """The source that `spec` describes. `salt` is the home's secret for pseudonyms."""
    if spec.token:
        return _live(spec, index, salt)
    source = _files(spec, base, index, salt)
    source.window_start, source.s3 = window_start, spec.s3
    return source


def _live(spec: IncidentSource, index: Path, salt: str) -> IncidentReader:
    from audit_assets.incidents.pagerduty_api import PagerDutyLive  # noqa: PLC0415 - an HTTP client that files do not need
    from audit_assets.incidents.slack_api import SlackLive  # noqa: PLC0415

    assert spec.token is not None  # the caller looked
    if spec.kind == "pagerduty":
        return PagerDutyLive(spec.name, spec.url, index, spec.token, salt)
    return SlackLive(spec.name, spec.url, index, spec.token, salt, spec.channels or ())


def _files(spec: IncidentSource, base: Path, index: Path, salt: str) -> IncidentFiles:
    assert spec.uri is not None  # IncidentSource has one of the two
    if spec.kind == "pagerduty":
        return PagerDutySource(spec.name, spec.uri, base, index, salt)
    if spec.kind == "alertmanager":
        return AlertmanagerSource(spec.name, spec.uri, base, index, salt)
    return SlackSource(spec.name, spec.uri, base, index, salt, spec.channels)
