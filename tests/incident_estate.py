"""A small estate of pages and conversations, taken through the sources, the lake and the warehouse's incident models."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from audit_assets.audit import Audit
from audit_assets.days import Chunk, extract_chunk
from audit_assets.declared.declare import declared_partitions
from audit_assets.home import Home
from audit_assets.incidents.factory import incident_source
from audit_assets.lake import Lake
from audit_assets.metrics.tables import ALERT_WINDOWS, GPU_HOURLY, THRESHOLD_WINDOWS
from audit_assets.source import Partition
from audit_assets.tables import Table
from audit_assets.warehouse.dbt import BUILD
from audit_assets.warehouse.mount import mount
from tests.dbt_runs import run_dbt

Row = dict[str, Any]
END = date(2026, 9, 30)
SERVICES = [
    {
        "name": "chat",
        "consumer": "paying customers",
        "workloads": [{"name": "chat-llm", "kind": "inference", "match": {"namespace": "chat"}}],
    },
    {
        "name": "search",
        "consumer": "paying customers",
        "workloads": [{"name": "search-embed", "kind": "embeddings", "match": {"namespace": "search"}}],
    },
    {
        "name": "fraud",
        "consumer": "payments partners",
        "workloads": [{"name": "fraud-train", "kind": "training", "match": {"namespace": "fraud"}}],
    },
    {
        "name": "research",
        "consumer": "internal research",
        "workloads": [{"name": "experiments", "kind": "training", "match": {"namespace": "research"}}],
    },
]


def at(text: str) -> datetime:
    """`09-14 14:05` or `2026-07-14 14:05` as UTC."""
    return datetime.fromisoformat(text if text.startswith("20") else f"2026-{text}").replace(tzinfo=UTC)


def ts(moment: datetime) -> str:
    return f"{moment.timestamp():.6f}"


@dataclass
class Estate:
    """What people wrote and what was measured; `read` says what the warehouse makes of it."""

    channels: dict[str, dict[str, list[Row]]] = field(default_factory=dict)
    incidents: list[Row] = field(default_factory=list)
    log_entries: list[Row] = field(default_factory=list)
    alerts: list[Row] = field(default_factory=list)
    windows: list[tuple[Table, Row]] = field(default_factory=list)
    firings: list[Row] = field(default_factory=list)
    overrides: list[Row] = field(default_factory=list)
    end: date = END
    days: int = 90

    def thread(self, channel: str, *said: tuple[str, str]) -> str:
        """A thread of (`MM-DD hh:mm`, text), each by another person; returns the id its incident would have."""
        root = ts(at(said[0][0]))
        for place, (when, text) in enumerate(said):
            message = {"type": "message", "user": f"U{place % 3}", "ts": ts(at(when)), "text": text}
            if len(said) > 1:
                message["thread_ts"] = root
            self.channels.setdefault(channel, {}).setdefault(at(when).date().isoformat(), []).append(message)
        return f"slack:{channel}:{root}"

    def page(self, identity: str, when: str, title: str, notes: Sequence[tuple[str, str]] = (), **more: Any) -> str:
        """A page that was acknowledged after 3 minutes, with notes; returns the id its incident would have."""
        incident = {"type": "incident", "id": identity, "title": title, "created_at": at(when).isoformat(), "urgency": "high", **more}
        self.incidents.append({"status": "resolved", "service": {"summary": "platform"}, **incident})
        for place, (said_at, text) in enumerate(notes):
            self._log(f"{identity}N{place}", identity, "annotate", at(said_at), text)
        self._log(f"{identity}A", identity, "acknowledge", at(when) + timedelta(minutes=3), "Acknowledged by somebody.")
        return f"pd:{identity}"

    def _log(self, identity: str, incident: str, kind: str, moment: datetime, text: str) -> None:
        entry = {"id": identity, "type": f"{kind}_log_entry", "created_at": moment.isoformat(), "incident": {"id": incident}}
        self.log_entries.append({**entry, "summary": f"{kind}", "channel": {"summary": text}, "agent": {"id": "U1", "type": "user"}})

    def crossing(self, node: str, gpu: str, start: str, end: str, pod: str | None = None, namespace: str | None = None) -> str:
        """GPU memory above 95 %; returns the id it would have left alone."""
        row = {"cluster": "prod", "threshold": "gpu_memory_above_95", "node": node, "gpu": gpu, "pod": pod, "namespace": namespace}
        self.windows.append((THRESHOLD_WINDOWS, {**row, "started_at": at(start), "ended_at": at(end), "samples": 9, "peak": 0.97}))
        return f"metric:gpu_memory_above_95:{node}:{gpu}:{at(start):%Y-%m-%dT%H:%M:%SZ}"

    def firing(self, alert: str, start: str, end: str) -> None:
        """An ALERTS window in state firing."""
        row = {"cluster": "prod", "alert": alert, "state": "firing", "labels": {}, "samples": 9}
        self.windows.append((ALERT_WINDOWS, {**row, "started_at": at(start), "ended_at": at(end)}))

    def alertmanager(self, alert: str, start: str, end: str | None, group_key: str | None = None, text: str = "", **labels: str) -> None:
        """A firing in a webhook body (with a group key) or in an API answer; without an end it still fires."""
        told = {"labels": {"alertname": alert, **labels}, "annotations": {"summary": text}, "startsAt": at(start).isoformat()}
        told |= {"endsAt": at(end).isoformat() if end else "0001-01-01T00:00:00Z", "status": "resolved" if end else "firing"}
        self.firings.append({"version": "4", "groupKey": group_key, "receiver": "pd", "alerts": [told]} if group_key else told)

    def node(self, node: str, when: str, pod: str | None = None, namespace: str | None = None) -> None:
        """A GPU that metrics know, so that its node and pod have names."""
        hour = at(when).replace(minute=0)
        self.windows.append((GPU_HOURLY, {"cluster": "prod", "node": node, "gpu": "0", "hour": hour, "pod": pod, "namespace": namespace}))

    def read(self, folder: Path, *models: str) -> "Read":
        """Ingest, mount, build the models and open the warehouse."""
        audit = self._write(folder)
        home = Home(folder / "home").prepare()
        for spec in audit.sources.incidents:
            source = incident_source(spec, folder, home.index, "salt")
            inputs = source.inputs(list(audit.window))
            extract_chunk(Chunk(source, inputs, dict.fromkeys(inputs, "")), home.lake, home.scratch)
        for partition in declared_partitions(audit):
            home.lake.commit("declared", partition, "", at("2026-10-01"))
        self._commit_windows(home.lake)
        with duckdb.connect(home.warehouse) as connection:
            mount(connection, home.lake, audit)
        build(home, models)
        return Read(home.warehouse)

    def _write(self, folder: Path) -> Audit:
        pages = {"incidents": self.incidents, "log_entries": self.log_entries, "alerts": self.alerts}
        (folder / "pd").mkdir(parents=True)
        (folder / "pd" / "page.json").write_text(json.dumps(pages))
        (folder / "am").mkdir()
        (folder / "am" / "alerts.jsonl").write_text("".join(json.dumps(one) + "\n" for one in self.firings))
        listed = [{"id": f"C{place:06}", "name": name} for place, name in enumerate(self.channels)]
        (folder / "slack").mkdir()
        (folder / "slack" / "channels.json").write_text(json.dumps(listed))
        for channel, days in self.channels.items():
            (folder / "slack" / channel).mkdir()
            for day, messages in days.items():
                (folder / "slack" / channel / f"{day}.json").write_text(json.dumps(messages))
        incidents = [{"name": "pd", "kind": "pagerduty", "uri": "pd"}, {"name": "slack", "kind": "slack", "uri": "slack"}]
        incidents += [{"name": "am", "kind": "alertmanager", "uri": "am"}] if self.firings else []
        metrics = [{"name": "prod", "kind": "openmetrics", "uri": "m", "cluster": "prod"}]
        declared = {"name": "test", "window": {"days": self.days, "end": self.end}}
        sources = {"incidents": incidents, "metrics": metrics}
        scope = {"services": SERVICES}
        whole = {"version": 1, "audit": declared, "sources": sources, "scope": scope, "incident_overrides": self.overrides}
        return Audit.model_validate(whole)

    def _commit_windows(self, lake: Lake) -> None:
        by_day: dict[tuple[str, date], tuple[Table, list[Row]]] = {}
        for table, row in self.windows:
            day = (row.get("started_at") or row["hour"]).date()
            by_day.setdefault((table.name, day), (table, []))[1].append({"source": "prod", **row})
        for (_, day), (table, rows) in by_day.items():
            lake.commit("prod", Partition(table, day, table.rows(list(rows))), "", at("2026-10-01"))


def build(home: Home, models: Sequence[str]) -> None:
    """Run dbt's models and seeds that `models` select, with what they need."""
    run_dbt(home, *BUILD, "--select", *(f"+{model}" for model in models))


@dataclass(frozen=True)
class Read:
    """A built warehouse."""

    warehouse: Path

    def query(self, sql: str) -> list[Row]:
        with duckdb.connect(self.warehouse, read_only=True) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def incidents(self) -> dict[str, Row]:
        """fct_incidents by incident_id."""
        return {row["incident_id"]: row for row in self.query("select * from fct_incidents")}
