"""Incident tables. Every text is redacted and every person a pseudonym before it gets here."""

import pyarrow as pa

from audit_assets.tables import TEXT_LIST, TEXT_MAP, TIMESTAMP, Column, Table

TEXT = pa.string()
DELIVERIES = Column("deliveries", pa.int64(), "how often the input held this id; one is kept, the newest")

PAGERDUTY_INCIDENTS = Table(
    name="pagerduty_incidents",
    kind="incidents",
    description="One row a PagerDuty incident, the newest version seen. Partitioned by the UTC day of created_at.",
    columns=(
        Column("source", TEXT, "name of the incident source"),
        Column("incident_id", TEXT, "PagerDuty id"),
        Column("incident_number", pa.int64(), "number shown to people"),
        Column("title", TEXT, "title or summary, redacted"),
        Column("description", TEXT, "body or description, redacted; null when absent"),
        Column("status", TEXT, "triggered, acknowledged or resolved"),
        Column("urgency", TEXT, "high or low"),
        Column("priority", TEXT, "priority name, e.g. P1"),
        Column("incident_key", TEXT, "de-duplication key"),
        Column("service_id", TEXT, "PagerDuty service id"),
        Column("service_name", TEXT, "PagerDuty service name"),
        Column("escalation_policy", TEXT, "escalation policy name"),
        Column("created_at", TIMESTAMP, "UTC"),
        Column("resolved_at", TIMESTAMP, "UTC; null while open"),
        Column("source_uri", TEXT, "file or URL it came from"),
        DELIVERIES,
    ),
)

PAGERDUTY_LOG_ENTRIES = Table(
    name="pagerduty_log_entries",
    kind="incidents",
    description="One row a PagerDuty log entry. Partitioned by the UTC day of created_at.",
    columns=(
        Column("source", TEXT, "name of the incident source"),
        Column("log_entry_id", TEXT, "PagerDuty id"),
        Column("incident_id", TEXT, "the incident it belongs to"),
        Column("entry_type", TEXT, "trigger, acknowledge, resolve, annotate, notify, … without the _log_entry suffix"),
        Column("created_at", TIMESTAMP, "UTC"),
        Column("channel_type", TEXT, "how it came about, e.g. api, web, nagios"),
        Column("agent", TEXT, "pseudonym of the person, or the service's name"),
        Column("summary", TEXT, "summary and note, redacted"),
        Column("source_uri", TEXT, "file or URL it came from"),
        DELIVERIES,
    ),
)

PAGERDUTY_ALERTS = Table(
    name="pagerduty_alerts",
    kind="incidents",
    description="One row a PagerDuty alert. Partitioned by the UTC day of created_at.",
    columns=(
        Column("source", TEXT, "name of the incident source"),
        Column("alert_id", TEXT, "PagerDuty id"),
        Column("incident_id", TEXT, "the incident it was grouped into"),
        Column("alert_key", TEXT, "de-duplication key"),
        Column("summary", TEXT, "summary, redacted"),
        Column("details", TEXT, "body details as JSON text, redacted"),
        Column("severity", TEXT, "critical, error, warning, info"),
        Column("created_at", TIMESTAMP, "UTC"),
        Column("resolved_at", TIMESTAMP, "UTC; null while open"),
        Column("source_uri", TEXT, "file or URL it came from"),
        DELIVERIES,
    ),
)

SLACK_MESSAGES = Table(
    name="slack_messages",
    kind="incidents",
    description="One row a Slack message or reply. Partitioned by the UTC day of posted_at.",
    columns=(
        Column("source", TEXT, "name of the incident source"),
        Column("channel", TEXT, "channel name"),
        Column("channel_id", TEXT, "Slack's channel id, as in links; null when channels.json does not name it"),
        Column("ts", TEXT, "Slack's own message id, unique in a channel"),
        Column("thread_ts", TEXT, "ts of the thread's first message; equal to ts for a root; ts when there is no thread"),
        Column("posted_at", TIMESTAMP, "UTC"),
        Column("author", TEXT, "pseudonym, stable within a home"),
        Column("is_bot", pa.bool_(), "posted by an app or bot"),
        Column("subtype", TEXT, "Slack subtype, e.g. bot_message, channel_join, tombstone; null for people's messages"),
        Column("text", TEXT, "text (blocks and attachments flattened when text is empty), redacted"),
        Column("edited", pa.bool_(), "was edited"),
        Column("reactions", TEXT_LIST, "reaction names"),
        Column("source_uri", TEXT, "file inside the export"),
        DELIVERIES,
    ),
)

ALERTMANAGER_ALERTS = Table(
    name="alertmanager_alerts",
    kind="incidents",
    description="One row a firing of an alert, as Alertmanager tells it, the newest delivery. Partitioned by the UTC day of started_at.",
    columns=(
        Column("source", TEXT, "name of the incident source"),
        Column("fingerprint", TEXT, "Alertmanager's hash of the labels; `labels-…` when the input leaves it out"),
        Column("alert", TEXT, "alertname"),
        Column("severity", TEXT, "label severity; null when absent"),
        Column("state", TEXT, "firing, resolved or suppressed (silenced or inhibited) at the last delivery"),
        Column("labels", TEXT_MAP, "the other labels, redacted"),
        Column("text", TEXT, "summary, message, title and description of its annotations, redacted; null when absent"),
        Column("receiver", TEXT, "receiver of the webhook; null for answers of the API"),
        Column("group_key_sha256", TEXT, "SHA-256 of the webhook's groupKey, which PagerDuty is given as the incident's key"),
        Column("started_at", TIMESTAMP, "UTC"),
        Column("ended_at", TIMESTAMP, "UTC; null while it fires, and when it would lie before the start"),
        Column("time_problem", TEXT, "what is impossible about its times; null when nothing is"),
        Column("source_uri", TEXT, "file it came from"),
        DELIVERIES,
    ),
)

TABLES = (PAGERDUTY_INCIDENTS, PAGERDUTY_LOG_ENTRIES, PAGERDUTY_ALERTS, SLACK_MESSAGES, ALERTMANAGER_ALERTS)
