"""CODEOWNERS files: which owners a path has by the rules of GitHub or GitLab, where the last rule that matches decides.

Sources of the rules: GitHub, "About code owners"; GitLab, "Code Owners syntax and error handling". A file in `.gitlab/`, or one with
sections, is read as GitLab reads it. What does not belong here: which service a path belongs to (the warehouse).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

FILE_NAME = "CODEOWNERS"
HOMES = (".github", "", "docs", ".gitlab")  # folders of a repository, in the order in which one file is taken
_OWNER = re.compile(r"^@{0,2}[\w.][\w./-]*$|^[^@\s]+@[^@\s]+\.[^@\s]+$")
_SECTION = re.compile(r"^\^?\[(?P<name>[^\]]+)\](?:\[\d+\])?\s*(?P<owners>.*)$")
_WORD = re.compile(r"(?:\\.|[^\s\\])+")


@dataclass(frozen=True)
class Rule:
    """A line: what it matches, who owns it, or that it takes paths out of its section. `line` is 1-based."""

    line: int
    section: str
    pattern: str
    owners: tuple[str, ...]
    excludes: bool
    regex: re.Pattern[str]


@dataclass(frozen=True)
class Mistake:
    """A line that no rule can be made of."""

    line: int
    reason: str


@dataclass(frozen=True)
class Owned:
    """The owners that a path has in one section, and the rule that says so."""

    rule: Rule
    owners: tuple[str, ...]


def is_code_owners(path: Path) -> bool:
    """Whether a file is a CODEOWNERS file."""
    return path.name == FILE_NAME


def repository_of(path: Path) -> Path:
    """The folder that the patterns of a CODEOWNERS file start from."""
    return path.parent.parent if path.parent.name in HOMES else path.parent


def read_rules(text: str, in_gitlab: bool) -> tuple[list[Rule], list[Mistake]]:
    """The rules of a file and the lines that are none."""
    lines = list(enumerate(text.splitlines(), 1))
    gitlab = in_gitlab or any(_SECTION.match(line.strip()) for _, line in lines)
    rules: list[Rule] = []
    mistakes: list[Mistake] = []
    section, defaults = "", tuple[str, ...]()
    for number, line in lines:
        bare = _without_comment(line).strip()
        heading = _SECTION.match(bare) if gitlab else None
        if heading:
            section, defaults = heading["name"].strip().lower(), tuple(heading["owners"].split())
        elif bare:
            found = _rule(number, bare, section, defaults, gitlab)
            if isinstance(found, Rule):
                rules.append(found)
            else:
                mistakes.append(found)
    return rules, mistakes


def owners_of(path: PurePosixPath, rules: Iterable[Rule]) -> Iterator[Owned]:
    """The owners of a path relative to its repository: of each section the last rule that matches, unless a rule takes the path out."""
    last: dict[str, Rule] = {}
    excluded = set()
    for rule in rules:
        if rule.regex.fullmatch(str(path)):
            if rule.excludes:
                excluded.add(rule.section)
            else:
                last[rule.section] = rule
    # a rule without owners says that nobody owns what it matches
    yield from (Owned(rule, rule.owners) for section, rule in last.items() if section not in excluded and rule.owners)


def _rule(number: int, line: str, section: str, defaults: tuple[str, ...], gitlab: bool) -> Rule | Mistake:
    pattern, *owners = _WORD.findall(line)
    excludes = pattern.startswith("!")
    if excludes and not gitlab:
        return Mistake(number, "`!` takes nothing out in a CODEOWNERS file of GitHub")
    strange = [owner for owner in owners if not _OWNER.match(owner) or not owner.strip("@")]
    if strange:
        return Mistake(number, f"{strange[0]!r} is neither @user, @organisation/team nor an e-mail address")
    named = tuple(owners) or defaults
    return Rule(number, section, pattern, named, excludes, _compiled(pattern.removeprefix("!"), gitlab))


def _without_comment(line: str) -> str:
    """A line up to a `#` that begins it or follows white space; `\\#` is a name."""
    return re.sub(r"(^|\s)#.*$", "", line)


def _compiled(pattern: str, gitlab: bool) -> re.Pattern[str]:
    """A pattern as a regular expression over paths that are relative to the repository."""
    bare = re.sub(r"\\(.)", r"\1", pattern)
    anchored = bare.startswith("/") or (not gitlab and "/" in bare.rstrip("/"))
    bare = bare.removeprefix("/")
    below = ".+" if bare.endswith("/") else "" if gitlab or bare.endswith("/*") else "(?:/.*)?"
    return re.compile(("" if anchored else "(?:.*/)?") + _globbed(bare) + below)


def _globbed(pattern: str) -> str:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(meaning.get(part, re.escape(part)) for part in parts)
