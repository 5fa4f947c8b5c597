"""Incident assets: pages, log entries, alerts and messages, redacted, a day a partition."""

from audit_assets.incidents.factory import incident_source
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
    specs = [spec for spec in audit.audit.sources.incidents if spec.kind == kind]
    salt = audit.home.salt()
    return [incident_source(spec, audit.base, audit.index(spec.name), salt, audit.audit.window.start) for spec in specs]


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
