"""Redaction: every incident text passes through here before anything is written, quarantined rows too.

Secrets and personal data become placeholders ([secret], [email], [phone], [ip], [card]); people become `person-<8 hex>`, stable within a
home because its salt is. Names of services, pods and nodes survive, `ip-10-1-2-3` among them: it is the name of a node on the bill and in
the metrics, and without it a blast radius cannot be told; the dotted address 10.1.2.3 does not survive.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from audit_assets.incidents.secret_shapes import KEY_NAME, SECRET, SHAPES

REMEMBERED_TEXTS = 10_000
RAW_LIMIT = 500  # characters of a quarantined row that are kept
_INVISIBLE = re.compile("[\u200b\u200c\u2060\ufeff\u00ad]")
_WORD = re.compile(r"[^\W_][\w'’-]*(?:\.[^\W_][\w'’-]*)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
# First names that are also words of this field or of the calendar; only the full name is replaced.
_CALENDAR = ("may", "april", "june", "august", "monday", "friday", "sunday")
_FIELD = ("ray", "max", "min", "triton", "spark", "chat", "search", "docs", "data", "model", "default", "service", "team", "prod")
_ROLES = ("admin", "on-call", "oncall", "bot", "user", "guest", "the", "gpu", "node", "pod", "cluster", "incident", "alert")
_NOT_A_FIRST_NAME = frozenset((*_CALENDAR, *_FIELD, *_ROLES))
_LONGEST_NAME = 4  # words


@dataclass(frozen=True)
class People:
    """Names by which people are written, each with the pseudonym. Full names match in any case, first names as written.

    `openings` are the first words of the full names, so that most words of a text cost one look-up.
    """

    full: Mapping[str, str] = field(default_factory=dict)
    first: Mapping[str, str] = field(default_factory=dict)
    openings: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Mapping[str, str]) -> "People":
        """From name → pseudonym; a name of one word counts only where it looks like a handle (`dana.smith`, `dsmith42`)."""
        full, first = {}, {}
        for name, pseudonym in sorted(names.items()):
            words = _WORD.findall(name)
            if len(words) > 1 or (words and re.search(r"[.\d]", words[0])):
                full[" ".join(words).casefold()] = pseudonym
            if words and len(words[0]) > 2 and words[0][0].isupper() and words[0].casefold() not in _NOT_A_FIRST_NAME:
                first[words[0]] = pseudonym
        return cls(full, first, frozenset(name.split(" ", 1)[0] for name in full))

    def replaced(self, text: str) -> str:
        """The text with every known name replaced, the longest name first."""
        if not self.full and not self.first:
            return text
        words = list(_WORD.finditer(text))
        quoted = "'" in text or "’" in text
        bare = [_POSSESSIVE.sub("", word[0]) if quoted else word[0] for word in words]
        pieces, position, taken = [], 0, 0
        for index in [at for at, word in enumerate(bare) if word in self.first or word.casefold() in self.openings]:
            length, pseudonym = self._match(bare, index) if index >= taken else (0, None)
            if pseudonym:
                pieces += [text[position : words[index].start()], pseudonym]
                taken = index + length
                position = words[taken - 1].start() + len(bare[taken - 1])
        return "".join([*pieces, text[position:]])

    def _match(self, words: list[str], index: int) -> tuple[int, str | None]:
        if words[index].casefold() in self.openings:
            for length in range(min(_LONGEST_NAME, len(words) - index), 0, -1):
                name = " ".join(words[index : index + length]).casefold()
                if name in self.full:
                    return length, self.full[name]
        return 1, self.first.get(words[index])


def _holds_one(text: str, hints: Sequence[str]) -> bool:
    for hint in hints:  # noqa: SIM110 - `any` of a generator takes twice as long, and this runs for every text
        if hint in text:
            return True
    return False


@dataclass(frozen=True)
class Redactor:
    """Redacts texts for one home. `salt` is the home's secret; `people` are the names known in the input.

    Most texts of an input are said again and again (states, services, names), so each is looked at once.
    """

    salt: str
    people: People = People()
    _done: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def knowing(self, names: Mapping[str, str]) -> "Redactor":
        """The same redactor with names of people: name → the id that the wire format gives them."""
        return Redactor(self.salt, People.of({name: self.person(identity) for name, identity in names.items()}))

    def person(self, identity: str) -> str:
        """The pseudonym of a person: HMAC-SHA256 of the id under the salt, 8 hex digits."""
        digest = hmac.new(self.salt.encode(), identity.encode(errors="replace"), hashlib.sha256)
        return f"person-{digest.hexdigest()[:8]}"

    def text(self, text: str | None) -> str | None:
        """The text without secrets, personal data and names; None stays None."""
        return None if text is None else self.redacted(text)

    def redacted(self, text: str) -> str:
        """As `text`, for a text that is there."""
        known = self._done.get(text)
        if known is None:
            if len(self._done) >= REMEMBERED_TEXTS:
                self._done.clear()
            known = self._done[text] = self._redacted(text)
        return known

    def __reduce__(self) -> tuple[type["Redactor"], tuple[str, People]]:
        """What it has seen stays in the process that saw it."""
        return Redactor, (self.salt, self.people)

    def _redacted(self, text: str) -> str:
        clean = text if text.isascii() else _INVISIBLE.sub("", text.encode(errors="replace").decode())
        if "<@" in clean:
            clean = _MENTION.sub(lambda mention: f"@{self.person(mention[1])}", clean)
        lowered = clean.lower()
        for shape in SHAPES:
            if not shape.hints or _holds_one(lowered, shape.hints):
                clean = shape.pattern.sub(shape.replacement, clean)
        return self.people.replaced(clean)

    def json_text(self, value: object) -> str:
        """A JSON value as text, every string in it redacted, values under a secret's name removed."""
        return orjson.dumps(self._walk(value), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()

    def raw(self, value: object) -> str:
        """What a quarantine row may show of an offending value, cut to 500 characters."""
        return self.json_text(value)[:RAW_LIMIT]

    def _walk(self, value: object) -> object:
        if isinstance(value, str):
            return self.redacted(value)
        if isinstance(value, dict):
            return {self.redacted(str(key)): self._entry(str(key), entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self._walk(entry) for entry in value]
        if isinstance(value, int) and abs(value) >= 10**8:  # a number this long may be a card or a phone
            shown = self.redacted(str(value))
            return value if shown == str(value) and abs(value) < 2**63 else shown
        return value

    def _entry(self, key: str, value: object) -> object:
        return SECRET if KEY_NAME.match(key) and isinstance(value, str | int | float) else self._walk(value)
