"""Spec files in, one Prometheus rule file out: the whole way in one place.

One `groups` list holds everything: Prometheus reads the first YAML document of a rule file and silently ignores the others.
What does not belong here: the command line.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from audit_assets.errors import BadInput
from audit_assets.slo_rules.alerts import alert_rules, dead_alerts
from audit_assets.slo_rules.documents import SpecDocument, read_documents
from audit_assets.slo_rules.fields import check_rule_labels, in_window
from audit_assets.slo_rules.objectives import Objective
from audit_assets.slo_rules.openslo import V1, openslo_objectives
from audit_assets.slo_rules.openslo_alpha import V1_ALPHA, alpha_objectives
from audit_assets.slo_rules.recordings import Rule, meta_recordings, sli_recordings
from audit_assets.slo_rules.sloth import VERSION, sloth_objectives
from audit_assets.slo_rules.sloth_kubernetes import API as SLOTH_API
from audit_assets.slo_rules.sloth_kubernetes import KIND as SLOTH_KIND
from audit_assets.slo_rules.sloth_kubernetes import service_level_objectives
from audit_assets.slo_rules.windows import WindowCatalog, window_catalog

HEADER = "# Written by `assay slo rules`; change the SLO specs and run it again instead of editing this file.\n"
KNOWN = f"`version: {VERSION}`, `kind: {SLOTH_KIND}`, `apiVersion: {V1}` or `apiVersion: {V1_ALPHA}`"


@dataclass(frozen=True)
class RuleRequest:
    """What to make rules for: both kinds of rules unless told otherwise; `labels` go on every recorded series.

    `promql_problem` says why Prometheus would not load an expression, None where it would.
    """

    specs: Sequence[Path]
    promql_problem: Callable[[str], str | None]
    catalog: WindowCatalog = field(default_factory=window_catalog)
    labels: dict[str, str] = field(default_factory=dict)
    recordings: bool = True
    alerts: bool = True


def rule_groups(request: RuleRequest) -> list[Rule]:
    """The rule groups of every SLO in the order of files and documents. Raises BadInput."""
    objectives = read_objectives(request.specs)
    for objective in objectives:
        _refuse_unparsable(objective, request)
    groups = [group for objective in objectives for group in _groups(objective, request)]
    if not groups:
        raise BadInput("no rules are left: recordings and alerts are both switched off, or every alert is disabled in the specs")
    return groups


def as_yaml(groups: list[Rule]) -> str:
    """The text of a rule file; the same groups give the same bytes."""
    return HEADER + yaml.dump({"groups": groups}, Dumper=_RuleDumper, sort_keys=False, width=10_000, allow_unicode=True)


def rules_of(spec: Path, period: str, promql_problem: Callable[[str], str | None]) -> str:
    """The text of the rule file of one spec, for SLOs over `period` (`30d`). Raises BadInput."""
    return as_yaml(rule_groups(RuleRequest([spec], promql_problem, window_catalog(period))))


def alerts_that_never_fire(percent: float, period: str) -> dict[str, str]:
    """The severities whose alert an objective of `percent` over `period` could never fire, with the reason. Raises BadInput."""
    return dead_alerts(percent, window_catalog(period).of(None, "--window"))


def read_objectives(paths: Sequence[Path]) -> list[Objective]:
    """Every SLO of the files, in order. Raises BadInput for unusable ones, for none, and for one that is defined twice."""
    documents = [document for path in paths for document in read_documents(path)]
    objectives = [objective for document in documents for objective in _objectives(document, documents)]
    if not objectives:
        raise BadInput(f"{', '.join(map(str, paths))}: no SLO found; a spec has {KNOWN}, the last two with `kind: SLO`")
    _refuse_twins(objectives)
    return objectives


def parse_labels(pairs: Sequence[str]) -> dict[str, str]:
    """`k=v` texts as labels. Raises BadInput."""
    labels = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadInput(f"--label {pair}: write it as name=value")
        labels[name] = value
    try:
        return check_rule_labels(labels)
    except ValueError as problem:
        raise BadInput(f"--label: {problem}") from problem


def _objectives(document: SpecDocument, documents: list[SpecDocument]) -> list[Objective]:
    kind, api = document.body.get("kind"), document.body.get("apiVersion")
    if document.body.get("version") == VERSION:
        return sloth_objectives(document)
    if (api, kind) == (SLOTH_API, SLOTH_KIND):
        return service_level_objectives(document)
    if api in (V1, V1_ALPHA) and kind != "SLO":
        return []
    if api == V1:
        return openslo_objectives(document, documents)
    if api == V1_ALPHA:
        return alpha_objectives(document)
    found = repr(document.body.get("version", api))[:80]
    raise document.refuse("version" if "version" in document.body else "apiVersion", f"is {found}; known are {KNOWN}")


def _refuse_twins(objectives: list[Objective]) -> None:
    first: dict[str, Objective] = {}
    for objective in objectives:
        twin = first.setdefault(objective.slo_id, objective)
        if twin is not objective:
            raise BadInput(f"{objective.where}: `name` makes SLO {objective.slo_id!r} a second time, after {twin.where}; rename one")


def _refuse_unparsable(objective: Objective, request: RuleRequest) -> None:
    for field_name, query in objective.queries.items():
        problem = request.promql_problem(in_window(query, "5m"))
        if problem:
            raise BadInput(f"{objective.where}: `{field_name}` is not PromQL that Prometheus loads: {problem}")
    problem = request.promql_problem(in_window(objective.error_ratio, "5m"))
    if problem:
        fields = " and ".join(f"`{name}`" for name in objective.queries)
        raise BadInput(
            f"{objective.where}: {fields} make no PromQL together: {problem}; a comment at the end of a query needs a line of its own"
        )


def _groups(objective: Objective, request: RuleRequest) -> list[Rule]:
    windows = request.catalog.of(objective.period, objective.where)
    labelled = replace(objective, labels={**objective.labels, **request.labels})
    rules: list[tuple[str, str, list[Rule]]] = []
    if request.recordings:
        rules.append(("sli-recordings", objective.intervals.sli, sli_recordings(labelled, windows)))
        rules.append(("meta-recordings", objective.intervals.meta, meta_recordings(labelled, windows, f"assay-{version('assay')}")))
    if request.alerts:
        rules.append(("alerts", objective.intervals.alerts, alert_rules(labelled, windows)))
    return [_group(f"sloth-slo-{kind}-{objective.slo_id}", interval, made) for kind, interval, made in rules if made]


def _group(name: str, interval: str, rules: list[Rule]) -> Rule:
    sorted_rules = [
        {key: dict(sorted(value.items())) if isinstance(value, dict) else value for key, value in rule.items()} for rule in rules
    ]
    return {"name": name, **({"interval": interval} if interval else {}), "rules": sorted_rules}


class _RuleDumper(yaml.SafeDumper):
    """Expressions of several lines as blocks, and no anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_RuleDumper.add_representer(str, _text)
