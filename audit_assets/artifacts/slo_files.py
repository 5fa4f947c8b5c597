"""The SLO files of an audit as one asset: per service an OpenSLO file, a Sloth spec, Prometheus rules and a draft error-budget policy.

They are a folder, `artifacts/slo`, that is replaced as a whole: a service that left the scope leaves no file behind.
What does not belong here: how rules are made; the assembly hands that in.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import dagster as dg

from audit_assets import progress
from audit_assets.artifacts.error_budget_policy import PolicyFacts, policy_text
from audit_assets.artifacts.facts import Facts, audited
from audit_assets.artifacts.slo_promises import ServiceSlos, services
from audit_assets.artifacts.slo_specs import DeadAlerts, openslo_text, sloth_text
from audit_assets.errors import BadInput
from audit_assets.ingest import OWNERS
from audit_assets.lake import write_atomically
from audit_assets.resources import AuditResource

FOLDER = "slo"


@dataclass(frozen=True)
class RuleMaker:
    """The code of `assay slo rules`; a period is a Prometheus duration (`30d`).

    `rules`: the text of the rules of a Sloth file. `never_fires`: the severities whose alert an objective (percent) could never
    fire, with the reason. Both raise BadInput for a period that has no alert windows.
    """

    rules: Callable[[Path, str], str]
    never_fires: Callable[[float, str], dict[str, str]]


def build_slo_files_asset(marts: dg.AssetKey, maker: RuleMaker) -> dg.AssetsDefinition:
    """The asset, after the marts were published."""

    @dg.asset(
        name="slo_files",
        deps=[marts],
        group_name="artifacts",
        kinds={"yaml", "prometheus"},
        owners=OWNERS,
        description="Per service the proposed objectives as OpenSLO, Sloth and Prometheus rules, and a draft error-budget policy.",
    )
    def slo_files(audit: AuditResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        progress.say(progress.Stage("document: slo files"))
        facts = Facts.open(audit.home.marts)
        found = services(facts)
        folder = replace_slo_files(facts, found, audit.home.artifacts, maker)
        files = list(folder.iterdir())
        return dg.MaterializeResult(
            metadata={
                "services": len(found),
                "promises": sum(len(slos.promises) for slos in found),
                "not_measurable": sum(len(slos.gaps) for slos in found),
                "files": len(files),
                "bytes": sum(file.stat().st_size for file in files),
                "folder": dg.MetadataValue.path(str(folder)),
            }
        )

    return slo_files


def replace_slo_files(facts: Facts, found: list[ServiceSlos], artifacts: Path, maker: RuleMaker) -> Path:
    """Write the files of every service into a new folder and put it in the place of the old one; returns the folder."""
    fresh, old, folder = artifacts / ".slo.new", artifacts / ".slo.old", artifacts / FOLDER
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir(parents=True)
    name, window = audited(facts)
    for slos in found:
        _write_service(slos, PolicyFacts(f"{name}, {window}", facts.claims, {}, None), fresh, maker)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return folder


def _write_service(slos: ServiceSlos, facts: PolicyFacts, folder: Path, maker: RuleMaker) -> None:
    if slos.promises:
        dead = _alerts_that_never_fire(slos, maker)
        sloth = folder / f"{slos.service}.sloth.yaml"
        write_atomically(sloth, sloth_text(slos, dead).encode())
        write_atomically(folder / f"{slos.service}.openslo.yaml", openslo_text(slos).encode())
        facts = replace(facts, dead=dead, no_rules=_write_rules(slos, sloth, maker))
    write_atomically(folder / f"{slos.service}.error_budget_policy.md", policy_text(slos, facts).encode())


def _alerts_that_never_fire(slos: ServiceSlos, maker: RuleMaker) -> DeadAlerts:
    """By claim; none where the period has no alert windows, for then there are no rules at all."""
    try:
        return {promise.claim_id: maker.never_fires(promise.percent, promise.period) for promise in slos.promises}
    except BadInput:
        return {}


def _write_rules(slos: ServiceSlos, sloth: Path, maker: RuleMaker) -> str | None:
    """Write the rules of a Sloth file beside it; returns why there can be none."""
    try:
        rules = maker.rules(sloth, slos.promises[0].period)
    except BadInput as problem:
        return str(problem).replace(str(sloth), sloth.name)
    write_atomically(sloth.with_name(f"{slos.service}.rules.yaml"), rules.encode())
    return None
