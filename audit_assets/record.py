"""Whether marts and documents are up to date, and the record of each time they were made.

They are made from the declaration, the lake and the code: the digest of those names a run, and the marker `finished` holds the last
that was completed. Whoever starts a run (the command line, the daemon, a person in the UI), the rule is this one.
"""

from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import orjson

from audit_assets.audit import Audit
from audit_assets.errors import AssayError
from audit_assets.home import Home
from audit_assets.lake import write_atomically
from audit_assets.warehouse.mount import days_of, sources_of
from audit_assets.warehouse.tables import LAKE_TABLES

UNREAD = {"refresh", "notify", "lake"}  # sections of audit.yaml that no mart and no document is made from


def run_id_of(audit: Audit, home: Home) -> str:
    """The name of the run that marts and documents are now to be made by: 12 hex digits of `inputs_digest`."""
    return inputs_digest(audit, home)[:12]


def inputs_digest(audit: Audit, home: Home) -> str:
    """What marts and documents are made from: the declaration, the lake's content and the code. Hex SHA-256."""
    facts = [audit.model_dump_json(exclude=UNREAD), code_digest()]
    for table in LAKE_TABLES:
        if table.kind not in ("quality", "declared"):
            for source in sources_of(audit, table):
                for _, manifest in home.lake.committed(source, table, days_of(audit, table)):
                    facts.append(f"{source}/{table.name}/{manifest.day}={manifest.sha256}/{manifest.rows_quarantined}")
    facts += [f"{source.name} refused {refused}" for source in audit.sources.every for refused in home.lake.rejections(source.name)]
    return sha256("\n".join(facts).encode()).hexdigest()


def code_digest() -> str:
    """A fingerprint of Assay's own code and SQL, so that a new version rebuilds."""
    root = Path(__file__).parents[1]
    files = [
        path
        for folder in ("audit_assets", "quality", "dbt_project")
        for pattern in ("*.py", "*.sql", "*.yml", "*.csv", "*.j2", "*.css")
        for path in (root / folder).rglob(pattern)
        if "target" not in path.relative_to(root).parts
    ]
    return sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()


def is_finished(home: Home, run_id: str) -> bool:
    """Whether the published marts and documents are the ones of `run_id`."""
    marker = home.root / "finished"
    return home.marts.exists() and marker.exists() and marker.read_text() == run_id


def begin(audit: Audit, home: Home) -> None:
    """Note that marts and documents are being made."""
    run_id = run_id_of(audit, home)
    record = {
        "run_id": run_id,
        "started_at": datetime.now(tz=UTC).isoformat(),
        "finished_at": None,
        "status": "running",
        "versions": orjson.dumps({name: version(name) for name in ("assay", "dagster", "dbt-core", "duckdb")}).decode(),
        "window_start": audit.window.start.isoformat(),
        "window_end": audit.window.end.isoformat(),
    }
    write_atomically(home.runs / f"{run_id}.json", orjson.dumps(record))


def finish(audit: Audit, home: Home) -> str:
    """Note that all of them are made, and return the run's name. Raises AssayError when the run began with other inputs."""
    run_id = run_id_of(audit, home)
    path = home.runs / f"{run_id}.json"
    if not path.exists():
        raise AssayError("lake, audit.yaml or Assay changed since the facts were built; materialise the job publish_audit as a whole")
    record = {**orjson.loads(path.read_bytes()), "finished_at": datetime.now(tz=UTC).isoformat(), "status": "finished"}
    write_atomically(path, orjson.dumps(record))
    write_atomically(home.root / "finished", run_id.encode())
    return run_id
