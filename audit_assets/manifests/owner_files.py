"""CODEOWNERS files as inputs of a manifest source: where they are found, which one counts, and the rows they give.

What does not belong here: what a rule means (code_owners.py).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from audit_assets.manifests.code_owners import FILE_NAME, HOMES, Mistake, Owned, Rule, owners_of, read_rules, repository_of
from audit_assets.objects import ObjectStat

Row = dict[str, object]
HIDDEN = (".github", ".gitlab")  # the only folders with a dot that are looked into


@dataclass(frozen=True)
class OwnerFile:
    """A CODEOWNERS file that was read."""

    item: ObjectStat
    rules: tuple[Rule, ...]
    mistakes: tuple[Mistake, ...]


def found_in(root: Path) -> list[Path]:
    """The CODEOWNERS files below a folder, by path."""
    if not root.is_dir():
        return []
    return [path for path in sorted(root.rglob(FILE_NAME)) if path.is_file() and not _is_hidden(path.relative_to(root))]


def _is_hidden(inside: Path) -> bool:
    folders = inside.parts[:-1]
    return any(part.startswith(".") and not (part in HIDDEN and place == len(folders) - 1) for place, part in enumerate(folders))


def chosen_files(items: Iterable[ObjectStat]) -> list[ObjectStat]:
    """One file a repository: the first of `.github`, its root, `docs` and `.gitlab`, as the hosts choose."""
    chosen: dict[Path, ObjectStat] = {}
    for item in sorted(items, key=lambda item: (_place(item.path), item.uri)):
        chosen.setdefault(repository_of(item.path), item)
    return list(chosen.values())


def read_owner_file(item: ObjectStat, text: str) -> OwnerFile:
    """The rules of a file."""
    rules, mistakes = read_rules(text, item.path.parent.name == ".gitlab")
    return OwnerFile(item, tuple(rules), tuple(mistakes))


def owned_rows(manifests: Sequence[ObjectStat], files: Sequence[OwnerFile]) -> Iterator[Row]:
    """One row a manifest and section that gives it owners; of nested repositories the innermost one speaks."""
    for manifest in manifests:
        path = manifest.path.resolve()
        around = [file for file in files if path.is_relative_to(repository_of(file.item.path.resolve()))]
        nearest = max(around, key=lambda file: len(repository_of(file.item.path.resolve()).parts), default=None)
        if nearest:
            inside = PurePosixPath(path.relative_to(repository_of(nearest.item.path.resolve())).as_posix())
            yield from (_row(manifest.uri, owned, nearest.item.uri) for owned in owners_of(inside, nearest.rules))


def _row(manifest: str, owned: Owned, owner_file: str) -> Row:
    return {
        "file_uri": manifest,
        "section": owned.rule.section,
        "pattern": owned.rule.pattern,
        "owners": list(owned.owners),
        "source_uri": f"{owner_file}:{owned.rule.line}",
    }


def _place(path: Path) -> int:
    return HOMES.index(path.parent.name) if path.parent.name in HOMES else HOMES.index("")
