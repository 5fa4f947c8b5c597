"""Pages of an emulated PagerDuty account into the lake, against a dlt pipeline that appends the same records to Parquet files.

Run as a module by `bench`, while the emulator answers: `python -m bench.incidents lake URL HOME`, `… dlt URL HOME`. Each prints CPU
seconds, wall seconds and peak MiB of its own process, not of the emulator and not of imports, and fails when a record is missing.
"""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

from bench.measure import measured

FIRST = datetime(2026, 9, 1, tzinfo=UTC)
DAYS = tuple(FIRST.date() + timedelta(days=number) for number in range(10))
INCIDENTS, ENTRIES = 1000, 8  # in all; log entries of each
RECORDS = INCIDENTS * (1 + ENTRIES + 1)
IMPORTS = {
    "lake": ("pandas", "audit_assets.audit_sources", "audit_assets.days", "audit_assets.incidents.factory", "audit_assets.http"),
    "dlt": ("pandas", "dlt", "dlt.destinations", "dlt.sources.helpers.rest_client.paginators", "pyarrow.parquet"),
}


def main() -> None:
    """Measure and print."""
    for name in IMPORTS.get(sys.argv[1] if sys.argv[1:] else "", ()):
        import_module(name)
    match sys.argv[1:]:
        case ["lake", url, home]:
            print(*measured(lambda: lake(url, Path(home))))
        case ["dlt", url, home]:
            print(*measured(lambda: appended_by_dlt(url, Path(home))))
        case _:
            raise SystemExit(__doc__)


def account() -> dict[str, list[dict[str, object]]]:
    """Incidents every 14 minutes, each with an alert and log entries, in the shape of PagerDuty's REST API v2."""
    users = [{"id": f"PU{number}", "name": f"Person Number{number}", "email": f"p{number}@example.com"} for number in range(20)]
    held: dict[str, list[dict[str, object]]] = {"incidents": [], "log_entries": [], "alerts": [], "users": list(users)}
    for number in range(INCIDENTS):
        created = FIRST + timedelta(seconds=number * 86_400 * len(DAYS) // INCIDENTS)
        held["incidents"].append(_incident(number, created))
        held["log_entries"] += [_entry(number, step, created, users[(number + step) % 20]) for step in range(ENTRIES)]
        held["alerts"].append(_alert(number, created))
    return held


def _incident(number: int, created: datetime) -> dict[str, object]:
    return {
        "id": f"PI{number:06d}",
        "type": "incident",
        "incident_number": number,
        "title": f"GPU memory of chat-llm-{number % 7} above 95% on ip-10-0-0-{number % 250}",
        "status": "resolved",
        "urgency": "high",
        "created_at": created.isoformat(),
        "last_status_change_at": (created + timedelta(minutes=12)).isoformat(),
        "service": {"id": "PS1", "type": "service_reference", "summary": "chat"},
        "teams": [{"id": "PT1", "type": "team_reference", "summary": "inference"}],
        "html_url": f"https://acme.pagerduty.com/incidents/PI{number:06d}",
    }


def _entry(number: int, step: int, created: datetime, user: dict[str, str]) -> dict[str, object]:
    kinds = ("trigger", "notify", "acknowledge", "assign", "annotate", "annotate", "annotate", "resolve")
    return {
        "id": f"PL{number:06d}{step}",
        "type": f"{kinds[step]}_log_entry",
        "summary": f"{kinds[step]} of the incident by {user['name']}",
        "created_at": (created + timedelta(minutes=step)).isoformat(),
        "agent": {"id": user["id"], "type": "user_reference", "summary": user["name"]},
        "channel": {"type": "web_trigger", "summary": f"restarted pod chat-llm-{number % 7} after CUDA out of memory, queue at {number}"},
        "incident": {"id": f"PI{number:06d}", "type": "incident_reference", "summary": "GPU memory"},
    }


def _alert(number: int, created: datetime) -> dict[str, object]:
    return {
        "id": f"PA{number:06d}",
        "type": "alert",
        "summary": "GpuMemoryHigh",
        "status": "resolved",
        "severity": "critical",
        "created_at": created.isoformat(),
        "alert_key": f"gpu-memory-{number}",
        "body": {"type": "alert_body", "details": {"firing": "GpuMemoryHigh", "namespace": "chat", "pod": f"chat-llm-{number % 7}"}},
        "incident": {"id": f"PI{number:06d}", "type": "incident_reference"},
    }


def lake(url: str, home: Path) -> None:
    """As a run does it, in one process: redacted, the newest version of each record."""
    from audit_assets.audit_sources import IncidentSource
    from audit_assets.days import chunked, extract_chunk, plan
    from audit_assets.incidents.factory import incident_source
    from audit_assets.lake import Lake

    os.environ["BENCH_TOKEN"] = "bench"
    spec = IncidentSource.model_validate({"name": "bench", "kind": "pagerduty", "token": "${BENCH_TOKEN}", "url": url})
    source, filled, scratch = incident_source(spec, home, home / "index", "0" * 32), Lake(home / "lake"), home / "scratch"
    scratch.mkdir(parents=True)
    manifests = [one for chunk in chunked(plan(source, filled, DAYS)) for one in extract_chunk(chunk, filled, scratch)]
    _require_all(sum(one.rows_loaded for one in manifests))


def appended_by_dlt(url: str, home: Path) -> None:
    """The same lists by dlt's REST client, appended as Parquet; nothing is redacted."""
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    import dlt
    import pyarrow.parquet as pq

    pipeline = dlt.pipeline(
        "bench", pipelines_dir=str(home / "work"), destination=dlt.destinations.filesystem(f"file://{home / 'files'}"), dataset_name="bench"
    )
    pipeline.run(
        [dlt.resource(_listed(url, name), name=name, write_disposition="append") for name in ("incidents", "log_entries", "alerts")],
        loader_file_format="parquet",
    )
    folders = [home / "files" / "bench" / name for name in ("incidents", "log_entries", "alerts")]
    _require_all(sum(pq.read_metadata(path).num_rows for folder in folders for path in folder.glob("*.parquet")))


def _listed(url: str, name: str) -> Iterator[object]:
    """Pages of a list. Alerts are asked for by incident, as the API wants it."""
    from dlt.sources.helpers.rest_client import RESTClient
    from dlt.sources.helpers.rest_client.paginators import OffsetPaginator

    asked = RESTClient(url, paginator=OffsetPaginator(limit=100, total_path="total"))
    window = {"since": FIRST.isoformat(), "until": (FIRST + timedelta(days=len(DAYS))).isoformat(), "total": "true"}
    if name != "alerts":
        yield from asked.paginate(f"/{name}", params=window, data_selector=name)
        return
    for number in range(INCIDENTS):
        yield from asked.paginate(f"/incidents/PI{number:06d}/alerts", params={"total": "true"}, data_selector="alerts")


def _require_all(found: int) -> None:
    if found != RECORDS:
        raise SystemExit(f"{found} records instead of {RECORDS}")


if __name__ == "__main__":
    main()
