"""The people whom the incident sources of an audit name, known before any text is written: who is listed in Slack and written out on a
page is found there too.

What does not belong here: where a wire format lists people (the source modules) and how a name is replaced (redaction.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import scrypt
from typing import Protocol, runtime_checkable

from audit_assets.errors import SourceRejected

Names = Mapping[str, str]  # name as it is written → id of the person in the wire format
REMEMBERED_OBJECTS = 65_536  # inputs whose names are kept in memory, so that a run of several steps reads each once


@runtime_checkable
class ListsPeople(Protocol):
    """A source that may name people."""

    @property
    def name(self) -> str:
        """Its name in audit.yaml."""

    def people(self) -> Names:
        """The people that it names. Raises SourceUnavailable when it cannot be asked, SourceRejected when it does not tell."""


@dataclass
class KnownPeople:
    """The names of all `sources`, read once, when they are first needed; they travel to other processes in place of the sources.

    Names are kept in memory only: a lake holds pseudonyms.
    """

    sources: Sequence[ListsPeople] = ()
    listed: dict[str, Names] | None = None

    def by_source(self) -> dict[str, Names]:
        """The names that each source lists, in the order of audit.yaml. Raises SourceUnavailable."""
        if self.listed is None:
            self.listed = {source.name: _told(source) for source in self.sources}
        return self.listed

    def names(self, first: str = "") -> dict[str, str]:
        """Every name. The source `first`, then the earlier source, says whose it is where two of them list it."""
        by_source = self.by_source()
        ranked = sorted(by_source, key=lambda source: source != first)
        return {name: identity for source in reversed(ranked) for name, identity in by_source[source].items()}

    def fingerprint(self) -> str:
        """What changes when the list of people does; empty when nobody is listed.

        The same in every home, so that claims of equal inputs are equal. Slow to compute on purpose (scrypt), because the lake keeps a
        digest of it: who reads the lake must not find out names by trying them.
        """
        listed = [f"{source} {name} {identity}" for source, names in self.by_source().items() for name, identity in names.items()]
        return scrypt("\n".join(sorted(listed)).encode(), salt=b"people", n=2**14, r=8, p=1).hex() if listed else ""

    def __getstate__(self) -> dict[str, object]:
        """For another process: the names, not the sources, whose copies of files may lie in this process's temporary folder."""
        return {"sources": (), "listed": self.by_source()}


def _told(source: ListsPeople) -> Names:
    try:
        return source.people()
    except SourceRejected:
        return {}  # nothing of it is loaded either, and its own day says why
