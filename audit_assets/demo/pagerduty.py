"""The pages as PagerDuty's REST API returns them: incidents, their alerts and their log entries, in pages of a few objects."""

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from audit_assets.demo.clock import iso
from audit_assets.demo.trouble import PAGED, Occurrence, occurrences
from audit_assets.demo.words import Reply, stories

FIRST_NUMBER = 1003
PAGE_SIZE = {"incidents": 5, "log_entries": 25, "alerts": 25}
RESPONDERS = ("Marta Lind", "Tom Okafor", "Priya Nair", "Jonas Weber")
Object = dict[str, Any]


@dataclass(frozen=True)
class PagerDuty:
    """The account of an estate."""

    seed: int

    @cached_property
    def pages(self) -> list[Occurrence]:
        """The paged incidents by time."""
        found = [o for o in occurrences(self.seed).values() if o.event.kind == PAGED]
        return sorted(found, key=lambda o: o.detected)

    def number(self, key: str) -> int:
        """The incident number of an event."""
        return FIRST_NUMBER + [o.event.key for o in self.pages].index(key)

    def write(self, folder: Path, control: bool) -> None:
        """One JSON file a page of results."""
        pages = [] if control else self.pages
        _write_pages(folder, "incidents", [self._incident(o) for o in pages])
        _write_pages(folder, "log_entries", [entry for o in pages for entry in self._log(o)])
        _write_pages(folder, "alerts", [self._alert(o) for o in pages])

    def _id(self, kind: str, key: str) -> str:
        letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        rng = random.Random(f"{kind}-{key}-{self.seed}")
        return kind + "".join(rng.choice(letters) for _ in range(6 if kind == "P" else 13))

    def _reference(self, kind: str, name: str) -> Object:
        return {"id": self._id("P", f"{kind}/{name}"), "type": f"{kind}_reference", "summary": name}

    def _incident(self, page: Occurrence) -> Object:
        story, key = stories()[page.event.key], page.event.key
        title = told(story.first, page)
        resolved = resolved_at(page)
        return {
            "id": self._id("Q", key),
            "type": "incident",
            "summary": f"[#{self.number(key)}] {title}",
            "incident_number": self.number(key),
            "title": title,
            "description": title,
            "created_at": iso(page.detected),
            "updated_at": iso(resolved),
            "status": "resolved",
            "resolved_at": iso(resolved),
            "incident_key": f"{key}/{page.event.node or page.event.service}",
            "service": self._reference("service", story.channel),
            "assignments": [],
            "escalation_policy": self._reference("escalation_policy", f"{story.channel} on-call"),
            "teams": [self._reference("team", f"team-{page.event.service}")],
            "priority": {"id": self._id("P", "p2"), "type": "priority", "summary": "P2" if page.event.customer_visible else "P3"},
            "urgency": "high",
            "last_status_change_at": iso(resolved),
            "alert_counts": {"all": 1, "triggered": 0, "resolved": 1},
            "body": {"type": "incident_body", "details": told(story.detail, page)},
        }

    def _alert(self, page: Occurrence) -> Object:
        story, key = stories()[page.event.key], page.event.key
        return {
            "id": self._id("A", key),
            "type": "alert",
            "summary": told(story.first, page),
            "alert_key": f"{key}/{page.event.node or page.event.service}",
            "status": "resolved",
            "severity": "critical" if page.event.customer_visible else "error",
            "created_at": iso(page.detected),
            "resolved_at": iso(resolved_at(page)),
            "incident": {"id": self._id("Q", key), "type": "incident_reference"},
            "service": self._reference("service", story.channel),
            "body": {"type": "alert_body", "details": {"description": told(story.detail, page), "severity": "critical"}},
        }

    def _log(self, page: Occurrence) -> list[Object]:
        who = random.Random(f"{page.event.key}-{self.seed}").choice(RESPONDERS)
        service = self._reference("service", stories()[page.event.key].channel)
        acknowledged = page.detected + timedelta(minutes=3)
        entries = [
            self._entry(page, "trigger", page.detected, "Triggered through the API", service, "api"),
            self._entry(page, "notify", page.detected, f"Notified {who} by push", service, "auto"),
            self._entry(page, "acknowledge", acknowledged, f"Acknowledged by {who}", self._reference("user", who), "mobile"),
        ]
        for reply in stories()[page.event.key].replies:
            when = said_at(reply, page)
            entry = self._entry(page, "annotate", when, f"Note added by {who}", self._reference("user", who), "note")
            entries.append(entry | {"note": told(reply.text, page)})
        last = self._entry(page, "resolve", resolved_at(page), f"Resolved by {who}", self._reference("user", who), "website")
        return [*entries, last]

    def _entry(self, page: Occurrence, kind: str, when: datetime, summary: str, agent: Object, channel: str) -> Object:
        return {
            "id": self._id("R", f"{page.event.key}/{kind}/{iso(when)}"),
            "type": f"{kind}_log_entry",
            "summary": summary,
            "created_at": iso(when),
            "agent": agent,
            "channel": {"type": channel},
            "service": self._reference("service", stories()[page.event.key].channel),
            "incident": {"id": self._id("Q", page.event.key), "type": "incident_reference"},
            "teams": [],
        }


def resolved_at(occurrence: Occurrence) -> datetime:
    """Some time after mitigation."""
    assert occurrence.mitigated
    return occurrence.mitigated + timedelta(minutes=37)


def said_at(reply: Reply, occurrence: Occurrence) -> datetime:
    """When a reply was written."""
    if reply.after is not None:
        return occurrence.detected + timedelta(minutes=reply.after)
    assert occurrence.mitigated
    return occurrence.mitigated


def told(text: str, occurrence: Occurrence) -> str:
    """`text` with the event's times and places filled in."""
    event, mitigated = occurrence.event, occurrence.mitigated
    return text.format(
        start=f"{occurrence.started:%H:%M}",
        start_iso=f"{occurrence.started:%Y-%m-%dT%H:%MZ}",
        mitigated=f"{mitigated:%H:%M}" if mitigated else "",
        mitigated_iso=f"{mitigated:%Y-%m-%dT%H:%MZ}" if mitigated else "",
        node=event.node,
        gpu=event.gpu,
        number="{number}",
    )


def _write_pages(folder: Path, name: str, objects: list[Object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    size = PAGE_SIZE[name]
    for page, offset in enumerate(range(0, max(len(objects), 1), size), 1):
        part = objects[offset : offset + size]
        content = {name: part, "limit": size, "offset": offset, "more": offset + size < len(objects), "total": None}
        (folder / f"{name}-{page:02}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
