"""The four documents as assets, each with its gate as a Dagster check, and beside them every claim as claims.json.

A document reads the published marts and nothing else, and is replaced in one step: Markdown, HTML and charts.
"""

from importlib import import_module

import dagster as dg
import duckdb

from audit_assets import progress
from audit_assets.artifacts.claims import all_claims, claims_as_json
from audit_assets.artifacts.document import Document
from audit_assets.artifacts.facts import Facts
from audit_assets.artifacts.overview import TITLES
from audit_assets.artifacts.writing import write_document
from audit_assets.ingest import OWNERS
from audit_assets.lake import write_atomically
from audit_assets.resources import AuditResource


def build_document_assets(marts: dg.AssetKey) -> list[dg.AssetsDefinition]:
    """One asset a document and one for the claims, after the marts were published."""
    return [*(_document_asset(slug, title, marts) for slug, title in TITLES.items()), _claims_asset(marts)]


def _built(slug: str, facts: Facts) -> Document:
    """The document. Its module draws charts: what that needs takes half a second to import, and definitions load without it."""
    document: Document = getattr(import_module(f"audit_assets.artifacts.{slug}"), f"build_{slug}")(facts)
    return document


def _document_asset(slug: str, title: str, marts: dg.AssetKey) -> dg.AssetsDefinition:
    @dg.asset(
        name=slug,
        deps=[marts],
        group_name="documents",
        kinds={"markdown", "html"},
        owners=OWNERS,
        description=f"{title}: the document from the published marts.",
        check_specs=[dg.AssetCheckSpec("gate", asset=slug, description="the playbook's condition for this track to be complete")],
    )
    def document(audit: AuditResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        progress.say(progress.Stage(f"document: {slug}"))
        made = _built(slug, Facts.open(audit.home.marts, audit.home.published_claims))
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
