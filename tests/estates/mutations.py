"""Taking an input or a declaration away from an audited estate, and what a run then says differently."""

import math
import shutil
from typing import Any

import yaml

from tests.conftest import Audited

KNOWN = ("measured", "derived", "declared", "contradicted")
Claims = dict[str, tuple[float | None, str]]


def sources(audited: Audited) -> dict[str, list[dict[str, Any]]]:
    """The declared sources by group."""
    return yaml.safe_load(audited.audit.read_text())["sources"]


def vanish(audited: Audited, source: dict[str, Any]) -> None:
    """Take the files of a source away; it stays declared."""
    path = audited.estate / source["uri"]
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def without_declared(declared: dict[str, Any], *paths: str) -> dict[str, Any]:
    """The declaration without these keys; `*` is every entry of a list."""
    for path in paths:
        nodes, (*way, last) = [declared], path.split(".")
        for step in way:
            nodes = [child for node in nodes for child in (node if step == "*" else [node.get(step, {})])]
        for node in nodes:
            node.pop(last, None)
    return declared


def redeclare(audited: Audited, *removed: str) -> None:
    """Write audit.yaml without these keys."""
    declared = without_declared(yaml.safe_load(audited.audit.read_text()), *removed)
    audited.audit.write_text(yaml.safe_dump(declared))


def known(claims: Claims) -> set[str]:
    """The claims with a number or a verdict."""
    return {claim for claim, (_, status) in claims.items() if status in KNOWN}


def other_numbers(before: Claims, after: Claims) -> dict[str, object]:
    """Claims that both runs know, with another number each."""
    return {
        claim: (before[claim], after[claim])
        for claim in known(before) & known(after)
        if before[claim][0] is not None
        and after[claim][0] is not None
        and not math.isclose(float(before[claim][0] or 0), float(after[claim][0] or 0), rel_tol=1e-9, abs_tol=1e-9)
    }
