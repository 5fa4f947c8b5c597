"""What is made of the finished documents, as assets: the index with the checks on the audit itself, and the PDFs."""

from collections.abc import Sequence

import dagster as dg

from audit_assets import progress
from audit_assets.artifacts.anti_patterns import CHECKS
from audit_assets.artifacts.facts import Facts
from audit_assets.artifacts.overview import Files, build_index
from audit_assets.artifacts.pdf import why_no_pdf, write_pdf
from audit_assets.artifacts.writing import write_pages
from audit_assets.ingest import OWNERS
from audit_assets.resources import AuditResource

INDEX = "index"
# What the roadmap's rules make impossible is an error; what the estate's people have yet to say is a warning.
FAULTS_OF_OURS = frozenset({"unranked_roadmap", "optimisation_before_week_9", "gate_without_artifact"})


def build_index_assets(documents: Sequence[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """The index and the PDFs, after everything that they show was written."""
    return [_index_asset(documents), _pdf_asset([*documents, dg.AssetKey(INDEX)])]


def _index_asset(documents: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    @dg.asset(
        name=INDEX,
        deps=list(documents),
        group_name="documents",
        kinds={"markdown", "html"},
        owners=OWNERS,
        description="The page to begin with: what matters most, the gates, what changed, and the way to the documents.",
        check_specs=[dg.AssetCheckSpec(name, asset=INDEX, description=check.__doc__) for name, check in CHECKS.items()],
    )
    def index(audit: AuditResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        progress.say(progress.Stage("document: index"))
        folder = audit.home.artifacts
        facts = Facts.open(audit.home.marts, audit.home.published_claims)
        made = build_index(facts, Files.of(folder))
        written = write_pages(made, folder)
        return dg.MaterializeResult(
            metadata={"bytes": written, "html": dg.MetadataValue.path(str(folder / "index.html"))},
            check_results=[_result(name, check(facts, folder)) for name, check in CHECKS.items()],
        )

    return index


def _result(name: str, faults: list[str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=INDEX,
        passed=not faults,
        severity=dg.AssetCheckSeverity.ERROR if name in FAULTS_OF_OURS else dg.AssetCheckSeverity.WARN,
        description="; ".join(faults[:10]) or "none",
        metadata={"faults": len(faults)},
    )


def _pdf_asset(pages: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    @dg.asset(
        name="pdf",
        deps=list(pages),
        group_name="documents",
        kinds={"pdf"},
        owners=OWNERS,
        description="Each page as PDF. Where the Pango library is missing, or audit.yaml wants none, there is none.",
    )
    def pdf(context: dg.AssetExecutionContext, audit: AuditResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        progress.say(progress.Stage("document: pdf"))
        reason = why_no_pdf(audit.audit)
        if reason:
            context.log.warning(reason)
            for stale in audit.home.artifacts.glob("*.pdf"):
                stale.unlink()
            return dg.MaterializeResult(metadata={"files": 0, "skipped": reason})
        sizes = [write_pdf(page) for page in sorted(audit.home.artifacts.glob("*.html"))]
        return dg.MaterializeResult(metadata={"files": len(sizes), "bytes": sum(sizes)})

    return pdf
