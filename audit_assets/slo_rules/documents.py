"""Spec files as YAML documents, each of which knows where it came from.

Nothing here can be made to run for long: size, nesting and what aliases stand for are bounded before a document is composed.
What does not belong here: what a document means.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from audit_assets.errors import BadInput

MAX_BYTES = 4_000_000
MAX_DEPTH = 50  # libyaml overflows the C stack on deep nesting; the deepest OpenSLO object reaches 9
MAX_ALIASED = 100_000  # values that aliases may stand for: 400 bytes can stand for 387 million
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class SpecDocument:
    """One YAML mapping; `where` is what messages call it (file, document, item)."""

    where: str
    body: dict[str, Any]

    def refuse(self, field: str, problem: str) -> BadInput:
        """The error that names this document and one of its fields."""
        return BadInput(f"{self.where}: `{field}` {problem}")


def read_documents(path: Path) -> list[SpecDocument]:
    """The documents of a file in order; a top-level list counts as one document an item. Raises BadInput."""
    documents: list[SpecDocument] = []
    for number, body in enumerate(_bodies(path), start=1):
        where = f"{path}, document {number}"
        if body is None:
            continue
        items = [(where, body)]
        if isinstance(body, list):
            items = [(f"{where}, item {index}", item) for index, item in enumerate(body, start=1)]
        documents += [SpecDocument(place, _mapping(place, item)) for place, item in items]
    return documents


def validated(model: type[Model], document: SpecDocument, body: Any = None) -> Model:
    """The document as a typed model. Raises BadInput with every field that is wrong, and why."""
    try:
        return model.model_validate(document.body if body is None else body)
    except ValidationError as problem:
        found = problem.errors(include_input=False, include_url=False)
        raise BadInput("\n".join(f"{document.where}: {_explained(error)}" for error in found)) from problem


def _bodies(path: Path) -> Iterator[Any]:
    text = _text(path)
    try:
        _guard(path, text)
        loader = yaml.CSafeLoader(text)
        while loader.check_node():
            node = loader.get_node()
            _refuse_twice(path, node, set())
            yield loader.construct_document(node)
    except (yaml.YAMLError, ValueError) as problem:
        raise BadInput(f"{path}: not valid YAML: {' '.join(str(problem).split())}") from problem


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"{path}: {path.stat().st_size} bytes is more than the {MAX_BYTES} a spec may have; split the file")
        return path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise BadInput(f"{path}: cannot be read ({problem.strerror}); name a YAML file with SLO specs") from problem
    except UnicodeDecodeError as problem:
        raise BadInput(f"{path}: not UTF-8 at byte {problem.start}; save the file as UTF-8") from problem


def _guard(path: Path, text: str) -> None:
    nodes, aliased = 0, 0
    opened: list[tuple[str | None, int]] = []
    size_of: dict[str | None, int] = {}
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            aliased += size_of.get(event.anchor, 1)
            nodes += size_of.get(event.anchor, 1)
        elif isinstance(event, yaml.CollectionStartEvent):
            opened.append((event.anchor, nodes))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            size_of[anchor] = nodes - before
        elif isinstance(event, yaml.ScalarEvent):
            nodes += 1
        if len(opened) > MAX_DEPTH:
            raise BadInput(f"{path}, line {_line(event)}: nested more than {MAX_DEPTH} levels deep; no SLO spec is")
        if aliased > MAX_ALIASED:
            raise BadInput(f"{path}, line {_line(event)}: aliases stand for more than {MAX_ALIASED} values; write them out")


def _refuse_twice(path: Path, node: Any, seen: set[int]) -> None:
    """A key written twice: YAML forbids it, and PyYAML would silently take the last."""
    if id(node) in seen or not isinstance(node, yaml.CollectionNode):
        return
    seen.add(id(node))
    keys: set[str] = set()
    for child in node.value:
        key, value = child if isinstance(node, yaml.MappingNode) else (None, child)
        if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
            if key.value in keys:
                raise BadInput(f"{path}, line {key.start_mark.line + 1}: the key `{key.value}` is written twice; remove one")
            keys.add(key.value)
        _refuse_twice(path, value, seen)


def _line(event: yaml.Event) -> int | str:
    return event.start_mark.line + 1 if event.start_mark else "?"


def _mapping(where: str, body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise BadInput(f"{where}: a {type(body).__name__} where a mapping was expected; start it with `version: prometheus/v1`")
    return body


def _explained(error: ErrorDetails) -> str:
    field = _path(error["loc"]) or "(whole document)"
    for kind, explain in _EXPLANATIONS.items():
        if error["type"] == kind:
            return explain(field)
    return f"`{field}`: {error['msg'].removeprefix('Value error, ')}"


_EXPLANATIONS: dict[str, Callable[[str], str]] = {
    "missing": "`{}` is missing; add it".format,
    "extra_forbidden": "`{}` is a key that is not known here; check its spelling, or remove it".format,
    "string_type": "`{}` must be text; put it in quotes".format,
}


def _path(location: Sequence[str | int]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path
