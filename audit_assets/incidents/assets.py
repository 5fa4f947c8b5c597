"""Incident assets: pages, log entries, alerts and messages, redacted, a day a partition."""

from audit_assets.incidents.factory import IncidentReader, incident_sources
from audit_assets.incidents.people import KnownPeople
from audit_assets.incidents.redaction import Redactor
from audit_assets.incidents.tables import (
    ALERTMANAGER_ALERTS,
    PAGERDUTY_ALERTS,
    PAGERDUTY_INCIDENTS,
    PAGERDUTY_LOG_ENTRIES,
    SLACK_MESSAGES,
)
from audit_assets.ingest import Ingestion
from audit_assets.resources import AuditResource
from audit_assets.source import Source


def _of_kind(kind: str, audit: AuditResource) -> list[Source]:
    sources, _ = _all(audit)
    kinds = (spec.kind for spec in audit.audit.sources.incidents)
    return [source for source, given in zip(sources, kinds, strict=True) if given == kind]


def _all(audit: AuditResource) -> tuple[list[IncidentReader], KnownPeople]:
    specs, start = audit.audit.sources.incidents, audit.audit.window.start
    return incident_sources(specs, audit.base, audit.index, audit.home.salt(), start)


def redacted(audit: AuditResource, text: str) -> str:
    """A text that a person wrote of an incident elsewhere, without secrets, personal data and the people of all sources.

    Raises SourceUnavailable when a source cannot be asked for its people.
    """
    _, known = _all(audit)
    return Redactor(audit.home.salt()).knowing(known.names()).redacted(text)


def pagerduty_sources(audit: AuditResource) -> list[Source]:
    """The PagerDuty sources of the audit."""
    return _of_kind("pagerduty", audit)


def slack_sources(audit: AuditResource) -> list[Source]:
    """The Slack sources of the audit."""
    return _of_kind("slack", audit)


def alertmanager_sources(audit: AuditResource) -> list[Source]:
    """The Alertmanager sources of the audit."""
    return _of_kind("alertmanager", audit)


INGESTIONS = (
    Ingestion(
        "pagerduty",
        "incidents",
        "PagerDuty incidents, log entries and alerts, redacted.",
        (PAGERDUTY_INCIDENTS, PAGERDUTY_LOG_ENTRIES, PAGERDUTY_ALERTS),
        pagerduty_sources,
        frozenset({"pagerduty", "parquet"}),
    ),
    Ingestion(
        "slack_messages",
        "incidents",
        "Slack messages and replies, redacted, authors as pseudonyms.",
        (SLACK_MESSAGES,),
        slack_sources,
        frozenset({"slack", "parquet"}),
    ),
    Ingestion(
        "alertmanager_alerts",
        "incidents",
        "Alerts as Alertmanager tells them, redacted, each firing once.",
        (ALERTMANAGER_ALERTS,),
        alertmanager_sources,
        frozenset({"prometheus", "parquet"}),
    ),
)
