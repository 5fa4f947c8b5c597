"""YAML text as documents, one by one: an invalid one is refused with its line while the others load.

Nothing here can be made to run for long or to grow without bound: libyaml overflows the C stack on deep
nesting, and 386 bytes of aliases stand for 86 million leaves, so depth and size are counted on the event
stream before anything is composed.
What does not belong here: what a document means.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_DEPTH = 100  # a custom resource definition, the deepest thing people write, reaches about 40
MAX_NODES = 1_000_000  # in one document; 10 MB of ordinary manifests are about 600 thousand
MAX_ALIASED_NODES = 100_000  # what aliases may add to one document

TEMPLATE = "a template, render it first"
_DOCUMENT_MARK = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_DIRECTIVES_ONLY = re.compile(r"(\s*(#.*|%.*|\.\.\.\s*)?(\n|$))*")
_TEMPLATE_MARK = re.compile(r"\{\{|\{%")
_HELM = re.compile(r"\{\{-?\s*\(?\s*(\.Values|\.Release|\.Chart|\.Capabilities|include\s|toYaml\s|tpl\s)")


@dataclass(frozen=True)
class Document:
    """A parsed document.

    `line` is 1-based, of its first content; `item_lines` are those of the entries of a top-level `items`.
    """

    value: Any
    line: int
    item_lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A document that cannot be used: the 1-based line of the problem, and the reason."""

    line: int
    reason: str


class DocumentProblem(ValueError):
    """Why a document is refused; `line` is 0-based within it."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


class _KubernetesLoader(yaml.CSafeLoader):
    """Scalars as Kubernetes reads them: dates, `1:30` and `=` are text; local tags (`!Ref`) are ignored."""


_INTEGER = re.compile(r"^[-+]?(0b[01_]+|0o?[0-7_]+|[1-9][0-9_]*|0|0x[0-9a-fA-F_]+)$")
_FLOAT = re.compile(
    r"""^[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9_]+|[0-9][0-9_]*(?=[eE]))([eE][-+]?[0-9]+)?$
    |^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$""",
    re.VERBOSE,
)
_KubernetesLoader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if not tag.endswith((":timestamp", ":value", ":int", ":float"))]
    for first, forms in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_KubernetesLoader.add_implicit_resolver("tag:yaml.org,2002:int", _INTEGER, list("-+0123456789"))
_KubernetesLoader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))


def _ignore_tag(loader: Any, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_KubernetesLoader.add_multi_constructor("!", _ignore_tag)


def read_documents(text: str) -> Iterator[Document | Refused]:
    """The documents of a YAML text in order; empty ones are left out."""
    for first_line, segment in _segments(text):
        try:
            document = _read(segment)
        except DocumentProblem as problem:
            yield Refused(first_line + problem.line, problem.reason)
            continue
        if document is not None:
            lines = tuple(first_line + line for line in document.item_lines)
            yield Document(document.value, first_line + document.line, lines)


def _segments(text: str) -> Iterator[tuple[int, str]]:
    """(1-based first line, text) of each document: `---` in the first column always marks one."""
    starts = [0, *(mark.start() for mark in _DOCUMENT_MARK.finditer(text) if mark.start())]
    line = 1
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        segment = text[start:end]
        if not _DIRECTIVES_ONLY.fullmatch(segment):
            yield line, segment
        line += segment.count("\n")


def _read(segment: str) -> Document | None:
    helm = _HELM.search(segment)
    if helm:
        raise DocumentProblem(segment.count("\n", 0, helm.start()), TEMPLATE)
    try:
        _guard(segment)
        return _compose(segment)
    except yaml.MarkedYAMLError as problem:
        raise _explained(problem, segment) from problem
    except (yaml.YAMLError, ValueError) as problem:
        if isinstance(problem, DocumentProblem):
            raise
        raise DocumentProblem(0, f"not valid YAML: {problem}") from problem


def _explained(problem: yaml.MarkedYAMLError, segment: str) -> DocumentProblem:
    template = _TEMPLATE_MARK.search(segment)
    if template:
        return DocumentProblem(segment.count("\n", 0, template.start()), TEMPLATE)
    mark = problem.problem_mark or problem.context_mark
    last = segment.rstrip().count("\n")  # the end of the text is reported as a line of its own
    return DocumentProblem(min(mark.line, last) if mark else 0, f"not valid YAML: {problem.problem or problem.context}")


@dataclass
class _Size:
    """Counts while the events of one document go by.

    `open` holds, for each open collection, its anchor and the nodes before it.
    """

    nodes: int = 0
    aliased: int = 0
    open: list[tuple[str | None, int]] = field(default_factory=list)
    of_anchor: dict[str, int] = field(default_factory=dict)


def _guard(segment: str) -> None:
    """Refuse what is too deep, too large, or larger than it looks, without building it."""
    size = _Size()
    for event in yaml.parse(segment, Loader=_KubernetesLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            size.open.append((event.anchor, size.nodes))
            size.nodes += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = size.open.pop()
            if anchor:
                size.of_anchor[anchor] = size.nodes - before
        elif isinstance(event, yaml.AliasEvent):
            _count_alias(size, event)
        elif isinstance(event, yaml.ScalarEvent):
            size.nodes += 1
        if len(size.open) > MAX_DEPTH:
            raise DocumentProblem(_line(event), f"nested deeper than {MAX_DEPTH} levels")
        if size.nodes > MAX_NODES:
            raise DocumentProblem(_line(event), f"more than {MAX_NODES} values in one document")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line if event.start_mark else 0


def _count_alias(size: _Size, event: yaml.AliasEvent) -> None:
    if any(anchor == event.anchor for anchor, _ in size.open):
        raise DocumentProblem(_line(event), f"alias *{event.anchor} contains itself")
    stands_for = size.of_anchor.get(event.anchor or "", 1)
    size.nodes += stands_for
    size.aliased += stands_for
    if size.aliased > MAX_ALIASED_NODES:
        reason = f"aliases stand for more than {MAX_ALIASED_NODES} values"
        raise DocumentProblem(_line(event), reason)


def _compose(segment: str) -> Document | None:
    loader = _KubernetesLoader(segment)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        _refuse_twice(root, set())
        item_lines = tuple(item.start_mark.line for item in _items(root))
        value = loader.construct_document(root)
        return None if value is None else Document(value, root.start_mark.line, item_lines)
    finally:
        loader.dispose()


def _refuse_twice(node: yaml.Node, seen: set[int]) -> None:
    """Refuse a key written twice: the API server refuses it, and PyYAML silently takes the last."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in keys:
                    raise DocumentProblem(key.start_mark.line, f"the key {key.value!r} is written twice")
                keys.add(key.value)
            _refuse_twice(value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_twice(value, seen)


def _items(root: yaml.Node) -> list[yaml.Node]:
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == "items" and isinstance(value, yaml.SequenceNode):
                return list(value.value)
    return []
