"""Terraform state and plans in a folder, as a source of declared machines, charts and Kubernetes objects: one snapshot, dated the last day.

Of the files of one workspace the newest plan counts, else the newest state: what is declared is what will be. Machines and charts of the
others stay in the lake, marked. A resource that says too little is quarantined with its address; types that are not read are counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from audit_assets.manifests.snapshot import Row, owners_partition, snapshot
from audit_assets.manifests.tables import CHART_RELEASES, MACHINE_POOLS, TABLES
from audit_assets.manifests.terraform_documents import CODE, SHOW, TerraformDocument, read_terraform
from audit_assets.manifests.terraform_rows import declared_rows, is_read
from audit_assets.manifests.terraform_workspaces import superseded
from audit_assets.objects import ObjectStat
from audit_assets.source import QUARANTINE, FileSource, Inputs, Partition, Probe, Rejection
from audit_assets.tables import Table

Place = tuple[date, Sequence[ObjectStat]]


class TerraformFiles(FileSource):
    """A folder (or file) of state files and `terraform show -json` output of one cluster. `window_end` dates the snapshot."""

    tables: tuple[Table, ...] = TABLES
    suffixes = (".tfstate", ".json")
    keeps_copies = False  # passwords and keys are in them

    def __init__(self, name: str, uri: str, base: Path, index: Path, cluster: str, window_end: date) -> None:
        super().__init__(name, uri, base, index)
        self.cluster, self.window_end = cluster, window_end

    def days_of(self, item: ObjectStat) -> frozenset[date]:
        """No day of its own: a declaration is true on the day it is read. Raises SourceRejected for a file of no use."""
        _read(item)
        return frozenset()

    def inputs(self, days: Sequence[date]) -> Inputs:
        """The files that are state or plan; other JSON has no say in what the snapshot is made of."""
        return {day: tuple(item for item in items if _read(item)) for day, items in super().inputs(days).items()}

    def rejections(self) -> tuple[Rejection, ...]:
        """Files refused whole, or a location in which there is neither a state nor a plan."""
        readable, refused = self.indexed()
        if refused or any(_read(item) for item, _ in readable):
            return refused
        has_code = any(path.lower().endswith(CODE) for path in self.listing().ignored)
        reason = "Terraform code, and no state or plan of it" if has_code else "neither a Terraform state nor a plan"
        return (Rejection(self.uri, reason, SHOW),)

    def probe(self) -> Probe:
        """What is there: resources that are read and those of other types, and what is left out, one by one."""
        found = super().probe()
        if not found.reachable:
            return found
        read = [(item, _read(item)) for item, _ in self.indexed()[0]]
        documents = [document for _, document in read if document]
        types = [resource.type for document in documents for resource in document.resources]
        asked = sum(1 for kind in types if is_read(kind))
        return replace(
            found,
            detail=f"{len(documents)} files, {asked} resources read, {len(types) - asked} of types that nothing is asked of",
            days=None if documents else frozenset(),
            rejected=self.rejections(),
            missing=(
                *found.missing,
                *(f"ignored: {item.uri}: neither a Terraform state nor a plan" for item, document in read if not document),
                *_left_out(documents),
            ),
        )

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """One partition a table and day. Every day holds all the files, since a snapshot has but one."""
        for day, items in inputs.items():
            documents = [document for document in map(_read, items) if document]
            if documents:
                yield from self._snapshot((day, items), documents)

    def _snapshot(self, place: Place, documents: Sequence[TerraformDocument]) -> Iterator[Partition]:
        newer = superseded(documents)
        read = [(document, declared_rows(document)) for document in documents]
        counting = [(document.uri, rows) for document, rows in read if document.uri not in newer]
        yield from snapshot(self.name, self.cluster, place, [(uri, rows.objects) for uri, rows in counting])
        yield owners_partition(place)
        machines = [self._row(row, document, newer) for document, rows in read for row in rows.machines]
        yield _partition(MACHINE_POOLS, place, machines, [row for _, rows in counting for row in rows.lacking])
        yield _partition(CHART_RELEASES, place, [self._row(row, document, newer) for document, rows in read for row in rows.charts])

    def _row(self, row: Row, document: TerraformDocument, newer: dict[str, str]) -> Row:
        about: Row = {"origin": document.origin, "superseded_by": newer.get(document.uri), "source_uri": document.uri}
        return {"source": self.name, "cluster": self.cluster, **row, **about}


def _partition(table: Table, place: Place, rows: Sequence[Row], lacking: Sequence[Row] = ()) -> Partition:
    day, items = place
    gap = None if rows else "Terraform declares none"
    return Partition(table, day, table.rows(list(rows)), pa.Table.from_pylist(list(lacking), schema=QUARANTINE), tuple(items), gap)


def _left_out(documents: Sequence[TerraformDocument]) -> Iterator[str]:
    newer = superseded(documents)
    for document in documents:
        if document.uri in newer:
            yield f"superseded: {document.uri}: {newer[document.uri]} is of the same workspace and counts"
        else:
            rows = declared_rows(document)
            yield from (f"refused: {row['uri']}: {row['raw']}: {row['reason']}" for row in rows.lacking)
            yield from (f"refused: {document.uri}: {refused.reason}" for refused in rows.objects.refused)


@lru_cache(maxsize=64)  # a run asks the same file for its kind and its rows; the etag in the key tells that its content is another
def _read(item: ObjectStat) -> TerraformDocument | None:
    """A file, without the values of resources that nothing is asked of. Raises SourceRejected."""
    document = read_terraform(item)
    if document is None:
        return None
    kept = (one if is_read(one.type) else replace(one, values={}, written=None) for one in document.resources)
    return replace(document, resources=tuple(kept))
