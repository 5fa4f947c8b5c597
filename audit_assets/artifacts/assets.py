"""The four documents as assets, each with its gate as a Dagster check, and beside them every claim as claims.json.

A document reads the published marts and nothing else, and is replaced in one step: Markdown, HTML and charts.
"""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import duckdb
import orjson

from audit_assets import progress
from audit_assets.artifacts.claims import all_claims, claims_as_json
from audit_assets.artifacts.cost_model import build_cost_model
from audit_assets.artifacts.document import Chart, Document
from audit_assets.artifacts.facts import Facts
from audit_assets.artifacts.render import to_html, to_markdown
from audit_assets.artifacts.risk_register import build_risk_register
from audit_assets.artifacts.roadmap import build_roadmap
from audit_assets.artifacts.slo_proposal import build_slo_proposal
from audit_assets.ingest import OWNERS
from audit_assets.lake import write_atomically
from audit_assets.resources import AuditResource

BUILDERS: dict[str, Callable[[Facts], Document]] = {
    "cost_model": build_cost_model,
    "risk_register": build_risk_register,
    "slo_proposal": build_slo_proposal,
    "roadmap": build_roadmap,
}


def build_document_assets(marts: dg.AssetKey) -> list[dg.AssetsDefinition]:
    """One asset a document and one for the claims, after the marts were published."""
    return [*(_document_asset(slug, build, marts) for slug, build in BUILDERS.items()), _claims_asset(marts)]


def _document_asset(slug: str, build: Callable[[Facts], Document], marts: dg.AssetKey) -> dg.AssetsDefinition:
    @dg.asset(
        name=slug,
        deps=[marts],
        group_name="documents",
        kinds={"markdown", "html"},
        owners=OWNERS,
        description=build.__module__.rsplit(".", 1)[1].replace("_", " ").capitalize() + ": " + str(build.__doc__),
        check_specs=[dg.AssetCheckSpec("gate", asset=slug, description="the playbook's condition for this track to be complete")],
    )
    def document(audit: AuditResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        progress.say(progress.Stage(f"document: {slug}"))
        made = build(Facts.open(audit.home.marts))
        written = write_document(made, audit.home.artifacts)
        return dg.MaterializeResult(
            metadata={
                "claims": len(made.cited),
                "claims_unknown": sum(1 for claim in made.cited if claim.status == "unknown"),
                "bytes": written,
                "html": dg.MetadataValue.path(str(audit.home.artifacts / f"{slug}.html")),
            },
            check_results=[
                dg.AssetCheckResult(
                    check_name="gate",
                    passed=made.gate.met,
                    severity=dg.AssetCheckSeverity.WARN,
                    description="met" if made.gate.met else "; ".join(made.gate.missing[:10]),
                    metadata={"missing": len(made.gate.missing)},
                )
            ],
        )

    return document


def _claims_asset(marts: dg.AssetKey) -> dg.AssetsDefinition:
    @dg.asset(
        name="claims",
        deps=[marts],
        group_name="documents",
        kinds={"json"},
        owners=OWNERS,
        description="Every claim of the audit as claims.json, by id: small enough to keep, and what `assay diff` compares.",
    )
    def claims(audit: AuditResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        progress.say(progress.Stage("document: claims"))
        with duckdb.connect(audit.home.marts, read_only=True) as connection:
            found = all_claims(connection)
        content, path = claims_as_json(found), audit.home.artifacts / "claims.json"
        write_atomically(path, content)
        return dg.MaterializeResult(
            metadata={
                "claims": len(found),
                "claims_unknown": sum(1 for claim in found if claim.status == "unknown"),
                "bytes": len(content),
                "json": dg.MetadataValue.path(str(path)),
            }
        )

    return claims


def write_document(document: Document, folder: Path) -> int:
    """Write a document's files; returns their bytes. The gate goes into gates.json."""
    files = {
        f"{document.slug}.md": to_markdown(document).encode(),
        f"{document.slug}.html": to_html(document).encode(),
        **{block.file: block.svg.encode() for section in document.sections for block in section.blocks if isinstance(block, Chart)},
    }
    for name, content in files.items():
        write_atomically(folder / name, content)
    _merge(
        folder / "gates.json",
        document.slug,
        {"met": document.gate.met, "missing": list(document.gate.missing)},
    )
    return sum(len(content) for content in files.values())


def _merge(path: Path, key: str, value: object) -> None:
    known = orjson.loads(path.read_bytes()) if path.exists() else {}
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2
    write_atomically(path, orjson.dumps({**known, key: value}, default=str, option=options))
