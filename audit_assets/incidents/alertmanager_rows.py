"""Alertmanager's wire format: which alerts an input holds, and each as a row, redacted.

Alerts of the API v2 (`GET /api/v2/alerts`), bodies of webhook notifications (version 4) and alert groups of the API. Field names and the
meaning of times are those of Alertmanager's OpenAPI specification and `notify/webhook`. What does not belong here: files and days.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from audit_assets.incidents.json_input import member, text_or_none, utc_moment
from audit_assets.incidents.redaction import Redactor
from audit_assets.incidents.secret_shapes import KEY_NAME, SECRET

Row = dict[str, object]
ENDS_EARLY = "it ends before it starts"
_SAID_IN = ("summary", "message", "title", "description")


@dataclass(frozen=True)
class Alert:
    """One alert of an input: its place (1-based), the object, and what the notification around it says of all its alerts."""

    position: int
    value: object
    around: dict[str, object] = field(default_factory=dict)


def alerts_of(document: object, position: int = 0) -> list[Alert] | None:
    """The alerts of a parsed document; None when it holds nothing of Alertmanager. `position`: its line, where lines are documents."""
    if _is_alert(document):
        return [Alert(position or 1, document)]
    if isinstance(document, list):
        found = [list(_listed(value, position or place)) for place, value in enumerate(document, 1)]
        return [alert for alerts in found for alert in alerts] if not document or any(map(_is_known, document)) else None
    if isinstance(document, dict) and _is_known(document):
        return [alert for alerts in _within(document) for alert in _listed(alerts, position)]
    return None


def _is_alert(value: object) -> bool:
    return isinstance(member(value, "labels"), dict) and "startsAt" in value  # type: ignore[operator]


def _is_known(value: object) -> bool:
    return _is_alert(value) or isinstance(member(value, "alerts"), list) or isinstance(member(value, "data"), list)


def _within(document: dict[str, object]) -> Iterator[dict[str, object]]:
    answers = document.get("data")  # the API v1 and proxies wrap their answer
    yield {"alerts": answers} if isinstance(answers, list) else document


def _listed(value: object, position: int) -> Iterator[Alert]:
    inner = member(value, "alerts")
    if not isinstance(inner, list) or not isinstance(value, dict):
        yield Alert(position or 1, value)
        return
    around = {name: value.get(name) for name in ("groupKey", "receiver")}
    yield from (Alert(position or place, alert, around) for place, alert in enumerate(inner, 1))


def starts_at(alert: Alert) -> datetime | None:
    """When it began to fire, UTC; None when it does not say so with an offset."""
    return _moment(member(alert.value, "startsAt"))


def _moment(value: object) -> datetime | None:
    moment = utc_moment(value)
    return moment if moment and moment.year > 1 else None  # Go's zero time, 0001-01-01, means never


def ends_at(alert: Alert) -> datetime | None:
    """When it stopped, UTC; None while it fires. Of a firing alert `endsAt` is when it would be given up, not an end."""
    end, updated = _moment(member(alert.value, "endsAt")), _moment(member(alert.value, "updatedAt"))
    if state_of(alert) == "firing" or (end and updated and end > updated):
        return None
    return end


def state_of(alert: Alert) -> str | None:
    """firing, resolved or suppressed, as it says; None when it says nothing."""
    status = member(alert.value, "status")
    stated = str(member(status, "state") if isinstance(status, dict) else status or "")
    if _silences(alert) or stated == "suppressed":
        return "suppressed"
    return {"firing": "firing", "active": "firing", "unprocessed": "firing", "resolved": "resolved"}.get(stated)


def _silences(alert: Alert) -> bool:
    return bool(member(alert.value, "status", "silencedBy") or member(alert.value, "status", "inhibitedBy"))


def identity_of(alert: Alert) -> str:
    """Its fingerprint; where a format leaves it out, one made from its labels."""
    given = text_or_none(member(alert.value, "fingerprint"))
    labels = orjson.dumps(member(alert.value, "labels"), option=orjson.OPT_SORT_KEYS)
    return given or "labels-" + hashlib.sha256(labels).hexdigest()[:16]


def version_of(alert: Alert) -> tuple[bool, str]:
    """Orders deliveries of one firing: one that knows the end is newest, else the last update."""
    moments = (ends_at(alert), _moment(member(alert.value, "updatedAt")))
    return ends_at(alert) is not None, max((moment.isoformat() for moment in moments if moment), default="")


def problem_of(alert: Alert) -> tuple[str, str] | None:
    """The column and reason for which an alert can't be loaded; None when it can."""
    if not isinstance(alert.value, dict):
        return "", "not a JSON object"
    labels = alert.value.get("labels")
    if not isinstance(labels, dict):
        return "labels", "no labels"
    if text_or_none(labels.get("alertname")) is None:
        return "labels", "no label alertname"
    if starts_at(alert) is None:
        return "startsAt", "no start time" if alert.value.get("startsAt") is None else "start time is not ISO 8601 with an offset"
    return None


def row_of(alert: Alert, redactor: Redactor, source: str, uri: str) -> Row:
    """The alert as a row; every text in it redacted. An end before the start is flagged and left out."""
    started, ended = starts_at(alert), ends_at(alert)
    early = bool(started and ended and ended < started)
    group = text_or_none(alert.around.get("groupKey"))
    annotations = member(alert.value, "annotations")
    said = [text_or_none(member(annotations, name)) for name in _SAID_IN]
    return {
        "source": source,
        "fingerprint": redactor.text(identity_of(alert)),
        "alert": redactor.text(text_or_none(member(alert.value, "labels", "alertname"))),
        "severity": redactor.text(text_or_none(member(alert.value, "labels", "severity"))),
        "state": state_of(alert) or ("resolved" if ended else "firing"),
        "labels": _labels(member(alert.value, "labels"), redactor),
        "text": redactor.text("\n".join(dict.fromkeys(text for text in said if text)) or None),
        "receiver": redactor.text(text_or_none(alert.around.get("receiver"))),
        # Before redaction: it is what Alertmanager gives PagerDuty as the key of the incident.
        "group_key_sha256": hashlib.sha256(group.encode()).hexdigest() if group else None,
        "started_at": started,
        "ended_at": None if early else ended,
        "time_problem": ENDS_EARLY if early else None,
        "source_uri": uri,
    }


def _labels(labels: object, redactor: Redactor) -> dict[str, str]:
    given = labels if isinstance(labels, dict) else {}
    return {
        redactor.redacted(str(name)): SECRET if KEY_NAME.match(str(name)) else redactor.redacted(str(value))
        for name, value in given.items()
        if name != "alertname" and value is not None
    }
