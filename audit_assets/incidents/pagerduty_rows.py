"""PagerDuty's wire format: which records an input holds, and each record as a row of its table, redacted.

REST pages (`incidents`, `log_entries`, `alerts`), lists and single objects as the REST API gives them, and webhook bodies (v2 `messages`,
v3 `event.data`). Field names are those of the PagerDuty REST API v2. What does not belong here: files and days.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from audit_assets.incidents.json_input import member, objects_of, text_or_none, utc_moment
from audit_assets.incidents.redaction import Redactor
from audit_assets.incidents.tables import PAGERDUTY_ALERTS, PAGERDUTY_INCIDENTS, PAGERDUTY_LOG_ENTRIES
from audit_assets.tables import Table

Row = dict[str, object]
_PAGES = {"incidents": PAGERDUTY_INCIDENTS, "log_entries": PAGERDUTY_LOG_ENTRIES, "alerts": PAGERDUTY_ALERTS}
_SINGULAR = {"incident": PAGERDUTY_INCIDENTS, "log_entry": PAGERDUTY_LOG_ENTRIES, "alert": PAGERDUTY_ALERTS}


@dataclass(frozen=True)
class Record:
    """One object of an input: its table, its place (1-based, within its list) and the object itself."""

    table: Table
    position: int
    value: object

    @cached_property
    def created_at(self) -> datetime | None:
        """When it was created, UTC; None when it does not say so with an offset."""
        return utc_moment(member(self.value, "created_at"))


def records_of(document: object) -> list[Record] | None:
    """The records of a parsed input; None when it holds nothing of PagerDuty."""
    if isinstance(document, list):
        typed = [(_table_of(value), value) for value in document]
        known = [Record(table, place, value) for place, (table, value) in enumerate(typed, 1) if table]
        return known if known or not document else None
    if not isinstance(document, dict):
        return None
    pages = [name for name in _PAGES if isinstance(document.get(name), list)]
    if pages and _table_of(document) is None:
        return [record for name in pages for record in _page(_PAGES[name], document[name])]
    return _single(document)


def _page(table: Table, values: list[object]) -> Iterator[Record]:
    for place, value in enumerate(values, 1):
        yield Record(table, place, value)
        if table is PAGERDUTY_INCIDENTS:
            yield from (Record(PAGERDUTY_LOG_ENTRIES, place, entry) for entry in acknowledgements(value))


def _single(document: dict[str, object]) -> list[Record] | None:
    found: list[Record] = []
    messages = document.get("messages")
    event = member(document, "event", "data")
    for body in [document, *(messages if isinstance(messages, list) else []), *([event] if event else [])]:
        table = _table_of(body)
        if table:
            found += _page(table, [body])
        if isinstance(body, dict) and table is None:
            found += [r for name, t in _SINGULAR.items() if isinstance(body.get(name), dict) for r in _page(t, [body[name]])]
            entries = body.get("log_entries")
            found += _page(PAGERDUTY_LOG_ENTRIES, entries) if isinstance(entries, list) else []
    return found or None


def _table_of(value: object) -> Table | None:
    kind = str(member(value, "type") or "")
    if kind.endswith("_log_entry"):
        return PAGERDUTY_LOG_ENTRIES
    return _SINGULAR.get(kind)


def acknowledgements(incident: object) -> Iterator[dict[str, object]]:
    """The `acknowledgements` of an incident as log entries, for pages that come without a log."""
    listed = member(incident, "acknowledgements")
    for place, given in enumerate(listed if isinstance(listed, list) else [], 1):
        yield {
            "id": f"{member(incident, 'id')}:acknowledgement:{place}",
            "type": "acknowledge_log_entry",
            "created_at": member(given, "at"),
            "incident": {"id": member(incident, "id")},
            "agent": member(given, "acknowledger"),
            "summary": "Acknowledged (from the incident's acknowledgements).",
        }


def names_in(document: object) -> dict[str, str]:
    """Name → id of every person that the input names."""
    names = {}
    for found in objects_of(document):
        identity = text_or_none(found.get("id"))
        if identity and str(found.get("type", "")).startswith("user"):
            written = (text_or_none(found.get(key)) for key in ("summary", "name"))
            names.update({name: identity for name in written if name})
    return names


def version_at(record: Record) -> str:
    """Orders versions of the same record: its last update, else its last change, else its resolution, as sortable text."""
    moments = (utc_moment(member(record.value, name)) for name in ("updated_at", "last_status_change_at", "resolved_at"))
    return max((moment.isoformat() for moment in moments if moment), default="")


def problem_of(record: Record) -> tuple[str, str] | None:
    """The column and reason for which a record can't be loaded; None when it can."""
    if not isinstance(record.value, dict):
        return "", "not a JSON object"
    if text_or_none(record.value.get("id")) is None:
        return "id", "no id"
    if record.created_at is None:
        given = record.value.get("created_at")
        return "created_at", "no creation time" if given is None else "creation time is not ISO 8601 with an offset"
    return None


def row_of(record: Record, redactor: Redactor, source: str, uri: str) -> Row:
    """The record as a row of its table; every text in it redacted."""
    make = {"pagerduty_incidents": _incident, "pagerduty_log_entries": _log_entry, "pagerduty_alerts": _alert}
    body = make[record.table.name](record.value, redactor)
    return {**body, "source": source, "source_uri": uri, "created_at": record.created_at}


def _incident(value: object, redactor: Redactor) -> Row:
    def shown(*path: str) -> str | None:
        return redactor.text(text_or_none(member(value, *path)))

    number = member(value, "incident_number")
    return {
        "incident_id": text_or_none(member(value, "id")),
        "incident_number": number if isinstance(number, int) and not isinstance(number, bool) else None,
        "title": shown("title") or shown("summary"),
        "description": shown("body", "details") or shown("description"),
        "status": shown("status"),
        "urgency": shown("urgency"),
        "priority": shown("priority", "name") or shown("priority", "summary"),
        "incident_key": shown("incident_key"),
        "service_id": shown("service", "id"),
        "service_name": shown("service", "summary") or shown("service", "name"),
        "escalation_policy": shown("escalation_policy", "summary") or shown("escalation_policy", "name"),
        "resolved_at": _resolved_at(value),
    }


def _resolved_at(value: object) -> datetime | None:
    stated = utc_moment(member(value, "resolved_at"))
    if stated is None and member(value, "status") == "resolved":
        return utc_moment(member(value, "last_status_change_at"))  # resolved is final, so its last change is the resolution
    return stated


def _log_entry(value: object, redactor: Redactor) -> Row:
    parts = [("summary",), ("channel", "summary"), ("channel", "note"), ("channel", "content"), ("note",)]
    parts += [("channel", "body"), ("event_details", "description"), ("channel", "details", "description")]
    texts = [text_or_none(member(value, *path)) for path in parts]
    spoken = list(dict.fromkeys(text for text in texts if text))
    person = str(member(value, "agent", "type") or "user").startswith("user")
    agent = text_or_none(member(value, "agent", "id")) or text_or_none(member(value, "user", "id"))
    named = redactor.text(text_or_none(member(value, "agent", "summary")))
    return {
        "log_entry_id": text_or_none(member(value, "id")),
        "incident_id": text_or_none(member(value, "incident", "id")),
        "entry_type": str(member(value, "type") or "").removesuffix("_reference").removesuffix("_log_entry") or None,
        "channel_type": redactor.text(text_or_none(member(value, "channel", "type"))),
        "agent": redactor.person(agent) if person and agent else named,
        "summary": redactor.text(" — ".join(spoken) or None),
    }


def _alert(value: object, redactor: Redactor) -> Row:
    details = member(value, "body", "details")
    resolved = _resolved_at(value)
    return {
        "alert_id": text_or_none(member(value, "id")),
        "incident_id": text_or_none(member(value, "incident", "id")),
        "alert_key": redactor.text(text_or_none(member(value, "alert_key"))),
        "summary": redactor.text(text_or_none(member(value, "summary"))),
        "details": None if details is None else redactor.json_text(details),
        "severity": redactor.text(text_or_none(member(value, "severity"))),
        "resolved_at": resolved,
    }
