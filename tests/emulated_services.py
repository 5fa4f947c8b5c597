"""What the emulators of PagerDuty, Slack and a Kubernetes API server answer, from what an estate has as files."""

import json
import zipfile
from datetime import datetime
from pathlib import Path

import yaml

from audit_assets.incidents import pagerduty_api
from audit_assets.manifests.kubernetes import KINDS

NAMES = ("incidents", "log_entries", "alerts")


class PagerDutyPages:
    """An emulated account: lists by offset, newest incidents last, `total` when asked for."""

    def __init__(self, incidents=(), log_entries=(), alerts=(), users=()):
        self.held = {"incidents": list(incidents), "log_entries": list(log_entries), "alerts": list(alerts), "users": list(users)}
        self.after_page = None
        self.next_page = "http://evil.example/"

    def __call__(self, path, asked):
        parts = path.strip("/").split("/")
        if len(parts) == 2:
            found = [one for one in self.held["incidents"] if one["id"] == parts[1]]
            return (200, {"incident": found[0]}) if found else (404, {"error": {"message": "Not Found"}})
        entries = self.held[parts[-1]]
        if len(parts) == 3:
            entries = [alert for alert in entries if alert["incident"]["id"] == parts[1]]
        elif parts[0] != "users":
            since, until = (datetime.fromisoformat(asked[name]) for name in ("since", "until"))
            entries = [one for one in entries if since <= datetime.fromisoformat(one["created_at"]) < until]
        offset, limit = int(asked.get("offset", 0)), int(asked["limit"])
        if offset + limit > pagerduty_api.LARGEST_OFFSET:
            return 400, {"error": {"message": "Offset must be less"}}
        page = {parts[-1]: entries[offset : offset + limit], "more": offset + limit < len(entries), "next": self.next_page}
        page["total"] = len(entries) if asked.get("total") == "true" else None
        if self.after_page:
            self.after_page(self, parts[-1])
        return 200, page


class SlackWorkspace:
    """An emulated workspace from the files of an export, in pages of 15, newest first."""

    def __init__(self, files):
        self.files = files
        self.ids = {channel["name"]: channel["id"] for channel in files["channels.json"]}

    def messages(self, identity):
        names = [name for name, known in self.ids.items() if known == identity]
        return [message for path, listed in self.files.items() if path.split("/")[0] in names for message in listed]

    def __call__(self, path, asked):
        method = path.strip("/")
        if method == "users.list":
            return self._page("members", self.files["users.json"], asked)
        if method == "conversations.list":
            return self._page("channels", self.files["channels.json"], asked)
        held = self.messages(asked["channel"])
        replies = {}
        for message in held:
            if message.get("thread_ts") not in (None, message["ts"]):
                replies.setdefault(message["thread_ts"], []).append(message)
        if method == "conversations.replies":
            listed = [m for m in held if m["ts"] == asked["ts"]] + self._within(replies.get(asked["ts"], []), asked)
            return self._page("messages", listed, asked)
        roots = [m for m in held if m.get("thread_ts") in (None, m["ts"]) or m.get("subtype") == "thread_broadcast"]
        for root in roots:
            if root["ts"] in replies:
                root |= {"reply_count": len(replies[root["ts"]]), "latest_reply": max(r["ts"] for r in replies[root["ts"]])}
        return self._page("messages", sorted(self._within(roots, asked), key=lambda m: m["ts"], reverse=True), asked)

    def _within(self, messages, asked):
        return [m for m in messages if float(asked["oldest"]) <= float(m["ts"]) <= float(asked["latest"])]

    def _page(self, name, entries, asked):
        start = int(asked.get("cursor", "0").removeprefix("c"))
        cursor = f"c{start + 15}" if start + 15 < len(entries) else ""
        return 200, {"ok": True, name: entries[start : start + 15], "response_metadata": {"next_cursor": cursor}}


class ApiServer:
    """An emulated API server: lists in pages with `continue`, 403 for what is not granted, 404 for what it does not serve."""

    def __init__(self, objects=(), forbidden=(), absent=(), expires=0):
        self.objects, self.forbidden, self.absent, self.expires = list(objects), set(forbidden), set(absent), expires

    def __call__(self, path, asked):
        plural = path.rsplit("/", 1)[-1]
        if plural in self.forbidden or plural in self.absent:
            return (403 if plural in self.forbidden else 404), {"kind": "Status"}
        if asked.get("continue") and self.expires:
            self.expires -= 1
            return 410, {"kind": "Status", "reason": "Expired"}
        kind = next(one for one in KINDS if one.path == path)
        held = [
            bare
            for one in self.objects
            if one["kind"] == kind.kind and (bare := {k: v for k, v in one.items() if k not in ("kind", "apiVersion")})
        ]
        start, limit = int(asked.get("continue", "0")), int(asked["limit"])
        further = str(start + limit) if start + limit < len(held) else ""
        return 200, {"kind": f"{kind.kind}List", "metadata": {"continue": further}, "items": held[start : start + limit]}


def pagerduty_of(incidents):
    """The account of which an estate's folder of incidents is the export."""
    pages = [json.loads(path.read_text()) for path in sorted((incidents / "pagerduty").glob("*.json"))]
    by_id = {name: {one["id"]: one for page in pages for one in page.get(name, [])} for name in NAMES}
    return PagerDutyPages(**{name: list(found.values()) for name, found in by_id.items()})


def slack_of(incidents):
    """(the archive, the workspace that it is the export of)."""
    (archive,) = incidents.glob("*.zip")
    with zipfile.ZipFile(archive) as opened:
        return archive, SlackWorkspace({name: json.loads(opened.read(name)) for name in opened.namelist() if name.endswith(".json")})


def cluster_of(manifests):
    """The API server on which the objects of a folder run."""
    documents = [one for path in sorted(manifests.rglob("*.y*ml")) for one in yaml.safe_load_all(path.read_text())]
    return ApiServer([one for one in documents if isinstance(one, dict) and "kind" in one and "metadata" in one])


def kubeconfig(path: Path, url: str, token: str) -> Path:
    """A kubeconfig with one context, `here`."""
    config = {
        "current-context": "here",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(yaml.safe_dump(config))
    return path
