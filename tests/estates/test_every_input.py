"""Each source, each table and each declared block taken away in turn: no claim changes to another number. An hour of runs: `make soak`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

from audit_assets.audit import Audit, load_audit
from audit_assets.demo.declaration import write_declaration
from audit_assets.home import Home
from audit_assets.source import Partition
from audit_assets.warehouse.mount import days_of, sources_of
from audit_assets.warehouse.tables import LAKE_TABLES
from tests.conftest import Audited, assay
from tests.estates.mutations import Claims, known, other_numbers, redeclare, sources, vanish, without_declared

pytestmark = pytest.mark.soak
ONE_INPUT = {"k8s_objects": ("k8s_objects", "k8s_pod_templates", "k8s_containers")}  # what a manifest says, whole
TABLES = {table.name: table for table in LAKE_TABLES if table.kind not in ("declared", "quality")}
SINGLE = ("policy", "scope.services.*")  # each of their keys is a block; elsewhere a block is a mapping or a list


def declaration() -> Any:
    """audit.yaml as the demo estate has it."""
    with TemporaryDirectory() as folder:
        write_declaration(Path(folder) / "audit.yaml", seed=7, control=False)
        return yaml.safe_load((Path(folder) / "audit.yaml").read_text())


def blocks(node: Any, way: str = "") -> Iterator[str]:
    """Paths of what a declaration holds; `*` is every entry of a list."""
    if isinstance(node, list):
        yield from dict.fromkeys(chain.from_iterable(blocks(entry, f"{way}.*") for entry in node))
    elif isinstance(node, dict):
        for key, inner in node.items():
            path = f"{way}.{key}".removeprefix(".")
            if isinstance(inner, dict | list) or way in SINGLE:
                yield path
            yield from blocks(inner, path)


def is_optional(block: str) -> bool:
    """Whether an audit.yaml without it is one."""
    try:
        Audit.model_validate(without_declared(declaration(), block))
    except ValueError:
        return False
    return True


OTHER_AUDIT = ("sources", "audit.window")  # what is audited, and when; sources are taken away one by one
OPTIONAL = [block for block in blocks(declaration()) if not block.startswith(OTHER_AUDIT) and is_optional(block)]


# What gets no traffic can't be told from what is slow where no request is counted, or nobody says whose it was: it all stays in one lever.
ONE_LEVER = frozenset({"cost.lever.raise_activity"})
FOLLOWS = {
    **dict.fromkeys(
        ("counter_5m", "scope", "scope.services", "scope.services.*.workloads", "scope.services.*.workloads.*.match"), ONE_LEVER
    ),
    # nor can it where the declared counter of one workload is gone
    "scope.services.*.workloads.*.units": ONE_LEVER | {"cost.lever.stop_unused"},
    # work is then counted in requests and no longer in tokens or vectors
    "scope.services.*.workloads.*.reference_profile": frozenset({"cost.trend.usage", "cost.trend.excess"}),
}


def forget(audited: Audited, name: str) -> bool:
    """Commit every day of a table without rows, as its sources do when nobody exports it. Whether there were rows."""
    audit, lake, table, were = load_audit(audited.audit), Home(audited.home).lake, TABLES[name], 0
    for source in sources_of(audit, table):
        for _, manifest in list(lake.committed(source, table, days_of(audit, table))):
            were += manifest.rows_loaded
            empty = Partition(table, manifest.day, table.schema.empty_table())
            lake.commit(source, empty, manifest.input_digest, datetime.now(tz=UTC))
    return were > 0


def changed(before: Claims, after: Claims, removed: str) -> set[str]:
    """Claims with another number than before, but for those that may follow what was removed."""
    promises = {claim for claim in after if claim.startswith("slo.") and claim.endswith((".proposed", ".spend", ".required"))}
    return other_numbers(before, after).keys() - FOLLOWS.get(removed, frozenset()) - (promises if ".slo" in removed else set())


@pytest.mark.parametrize("source", [source["name"] for group in declaration()["sources"].values() for source in group])
def test_a_source_that_vanished(copied: Audited, source: str) -> None:
    before = copied.claims()
    vanish(copied, next(one for group in sources(copied).values() for one in group if one["name"] == source))
    assay("run", "--audit", copied.audit, "--home", copied.home)
    after = copied.claims()
    assert other_numbers(before, after) == {}
    assert known(before) - known(after)


@pytest.mark.parametrize("table", sorted(TABLES.keys() - {"k8s_pod_templates", "k8s_containers"}))
def test_a_table_without_rows(copied: Audited, table: str) -> None:
    before = copied.claims()
    if not any([forget(copied, name) for name in ONE_INPUT.get(table, (table,))]):
        pytest.skip("the demo estate has no rows of it")
    assay("run", "--audit", copied.audit, "--home", copied.home)
    assert changed(before, copied.claims(), table) == set()


@pytest.mark.parametrize("block", OPTIONAL)
def test_a_declared_block_taken_away(copied: Audited, block: str) -> None:
    before = copied.claims()
    redeclare(copied, block)
    assay("run", "--audit", copied.audit, "--home", copied.home)
    assert changed(before, copied.claims(), block) == set()
