"""Kubernetes manifests in a folder of YAML and JSON, as a source: one snapshot, dated the last day of the window.

A file that cannot be read at all is refused; a bad document in a readable file is quarantined with its line, and the rest loads.
"""

import codecs
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import orjson

from audit_assets.errors import SourceRejected
from audit_assets.manifests.alert_rules import is_rule_file
from audit_assets.manifests.code_owners import Mistake, is_code_owners
from audit_assets.manifests.kubernetes_objects import Parsed, parse
from audit_assets.manifests.kustomize import KUSTOMIZATIONS
from audit_assets.manifests.owner_files import OwnerFile, chosen_files, found_in, owned_rows, read_owner_file
from audit_assets.manifests.snapshot import Row, owners_partition, snapshot
from audit_assets.manifests.tables import TABLES
from audit_assets.manifests.yaml_documents import MAX_DEPTH, TEMPLATE, Document, Refused, read_documents
from audit_assets.objects import Listing, ObjectStat, stat
from audit_assets.s3 import is_s3
from audit_assets.source import FileSource, Inputs, Partition, Probe, Rejection
from audit_assets.tables import Table

MAX_BYTES = 32_000_000  # `kubectl get -A -o yaml` of a large cluster is about 20 MB


class ManifestFiles(FileSource):
    """A folder (or file) of manifests of one cluster. `window_end` dates the snapshot, `codeowners` names a file outside of the folder."""

    tables: tuple[Table, ...] = TABLES
    suffixes = (".yaml", ".yml", ".json")
    keeps_copies = False  # secrets are still in them
    version = 2

    def __init__(self, name: str, uri: str, base: Path, index: Path, cluster: str, window_end: date, codeowners: str | None = None) -> None:
        super().__init__(name, uri, base, index)
        self.cluster, self.window_end, self.codeowners = cluster, window_end, codeowners

    def listing(self) -> Listing:
        """The manifests, and the CODEOWNERS files that say whose they are: in the folder, in `.github` or `.gitlab`, or named."""
        manifests = super().listing()
        owners = [stat(path, self.base) for path in (*found_in((self.base / self.uri).resolve()), *self._named_owners())]
        ignored = sorted(set(manifests.ignored) - {item.uri for item in owners})
        return Listing((*manifests.objects, *owners), tuple(ignored))

    def _named_owners(self) -> list[Path]:
        path = (self.base / self.codeowners).resolve() if self.codeowners else None
        return [path] if path and path.is_file() else []

    def rejections(self) -> tuple[Rejection, ...]:
        """Files refused whole, and a CODEOWNERS file that is named and not there."""
        refused = super().rejections()
        if self.codeowners and not self._named_owners():
            refused += (Rejection(self.codeowners, "no such file", "correct `codeowners` of the source in audit.yaml, or remove it"),)
        return refused

    def days_of(self, item: ObjectStat) -> frozenset[date]:
        """No day of its own: a manifest is true on the day it is read. Raises SourceRejected for a file of no use at all."""
        if item.path in self._named_owners():
            return frozenset()
        self._require_inside(item)
        if is_code_owners(item.path):
            return frozenset()
        parsed = parse(item.uri, read_file(item))
        if parsed.refused and not parsed.objects and not parsed.others:
            first = parsed.refused[0]
            fix = "render it (helm template, kustomize build) and name the result" if first.reason == TEMPLATE else "correct the file"
            raise SourceRejected(f"{item.uri}:{first.line}", first.reason, fix)
        return frozenset()

    def _require_inside(self, item: ObjectStat) -> None:
        if is_s3(self.uri):
            return  # copies of objects are no links
        root = (self.base / self.uri).resolve()
        if not item.path.resolve().is_relative_to(root):
            raise SourceRejected(item.uri, "a link that leads outside the folder", "copy the file into the folder")

    def probe(self) -> Probe:
        """What is there; documents that are refused and files that hold nothing of Kubernetes are listed one by one."""
        found = super().probe()
        if not found.objects:
            return found
        parsed = [(item, parse(item.uri, read_file(item))) for item, _ in self.indexed()[0] if not self._says_owners(item)]
        objects = sum(len(one.objects) for _, one in parsed)
        return replace(
            found,
            detail=f"{found.objects} files, {objects} Kubernetes objects",
            days=None,
            missing=(*found.missing, *_left_out(parsed)),
        )

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """One partition a table and day. Every day holds all the files, since a snapshot has but one."""
        for day, items in inputs.items():
            if items:
                yield from self._snapshot(day, items)

    def _says_owners(self, item: ObjectStat) -> bool:
        return is_code_owners(item.path) or item.path in self._named_owners()

    def _snapshot(self, day: date, items: Sequence[ObjectStat]) -> Iterator[Partition]:
        manifests = [item for item in items if not self._says_owners(item)]
        parsed = [(item.uri, parse(item.uri, read_file(item))) for item in manifests]
        yield from snapshot(self.name, self.cluster, (day, items), parsed)
        files = [read_owner_file(item, decoded(item)) for item in chosen_files(item for item in items if self._says_owners(item))]
        owned: list[Row] = [{"source": self.name, "cluster": self.cluster, **row} for row in owned_rows(manifests, files)]
        yield owners_partition((day, items), owned, [_mistaken_row(file, mistake) for file in files for mistake in file.mistakes])


def read_file(item: ObjectStat) -> list[Document | Refused]:
    """The documents of a file. Raises SourceRejected when it is too large or not text."""
    if item.size > MAX_BYTES:
        raise SourceRejected(item.uri, f"{item.size} bytes; a manifest file has at most {MAX_BYTES}", "split it")
    text = decoded(item)
    if not item.path.name.lower().endswith(".json"):
        return list(read_documents(text))
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        return [Refused(problem.lineno, f"not valid JSON: {problem.msg}")]
    if depth_of(value) > MAX_DEPTH:
        return [Refused(1, f"nested deeper than {MAX_DEPTH} levels")]
    return [] if value is None else [Document(value, 1)]


def depth_of(value: object) -> int:
    """Levels of nesting, 1 for a scalar."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [child for node in level for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())]
    return depth


def decoded(item: ObjectStat) -> str:
    """A file's text, UTF-8 or UTF-16 by its mark. Raises SourceRejected with the line of what is no text."""
    content = item.path.read_bytes()
    encoding = "utf-8-sig"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise SourceRejected(f"{item.uri}:{line}", "not UTF-8 text", "save the file as UTF-8") from problem


def _left_out(parsed: Iterable[tuple[ObjectStat, Parsed]]) -> Iterator[str]:
    for item, one in parsed:
        yield from (f"refused: {item.uri}:{refused.line}: {refused.reason}" for refused in one.refused)
        if not one.objects and not one.refused and not any(is_rule_file(document.value) for document in one.others):
            yield f"ignored: {item.uri}: neither a Kubernetes object nor alert rules"
        if item.path.name in KUSTOMIZATIONS:
            yield f"not rendered: {item.uri}: patches and generated names are not applied; audit the output of `kustomize build`"


def _mistaken_row(file: OwnerFile, mistake: Mistake) -> Row:
    return {"uri": file.item.uri, "position": mistake.line, "column": None, "reason": mistake.reason, "raw": None}
