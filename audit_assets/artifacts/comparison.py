"""Two audits, claim by claim: what is new, gone or changed, what got fixed, what got worse, and what nobody knows any more.

Claims meet by id. They are the same when status, unit and value are (numbers within 1e-9), or the words where there is no number;
interval, coverage, query and digest are not compared, and neither is the reason of a claim that is unknown both times.
What does not belong here: the terminal, and any opinion on whether a number that moved is better or worse.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb

from audit_assets.artifacts.claims import UNANSWERED, Claim, all_claims, claims_from_json, same_value
from audit_assets.errors import BadInput
from audit_assets.home import Home

SPOFS_LISTED = "readiness.AUD-59"  # "is every SPOF listed?": unknown when no manifest was read, so it says whether somebody looked
SPOF = "rel.spof."
FAULTY_GUARDRAILS = frozenset({"absent", "broken", "unmeasurable"})
DUCKDB_MAGIC = slice(8, 12)  # the bytes of a DuckDB file that read DUCK
Claims = Mapping[str, Claim]


class Change(StrEnum):
    """How a claim differs between two audits; `classify` says when. In the order in which they are shown."""

    regressed = "regressed"
    fixed = "fixed"
    unknown_now = "unknown_now"
    known_now = "known_now"
    new = "new"
    gone = "gone"
    changed = "changed"


class Standing(StrEnum):
    """What a claim says about the estate: something is wrong, nothing is, neither was shown, or nobody knows."""

    fault = "fault"
    sound = "sound"
    neither = "neither"
    unknown = "unknown"


@dataclass(frozen=True)
class Difference:
    """A claim that is not the same in both audits; `old` or `new` is missing when only one of them makes it."""

    change: Change
    old: Claim | None
    new: Claim | None

    @property
    def claim(self) -> Claim:
        """The claim as it is now, or as it last was."""
        claim = self.new or self.old
        assert claim is not None
        return claim

    @property
    def difference(self) -> float | None:
        """New value − old value, in `unit`; none unless both are numbers of one unit."""
        if self.old is None or self.new is None or self.old.unit != self.new.unit:
            return None
        return None if self.old.value is None or self.new.value is None else self.new.value - self.old.value

    @property
    def relative_change(self) -> float | None:
        """Difference ÷ |old value|, as a share; none where there is no difference to state or the old value is 0."""
        difference = self.difference
        if difference is None or self.old is None or not self.old.value:
            return None
        return difference / abs(self.old.value)

    @property
    def reason(self) -> str | None:
        """Why a claim is unknown now."""
        if self.change is not Change.unknown_now or self.new is None:
            return None
        return self.new.status if self.new.value is not None else self.new.value_text

    def as_record(self) -> dict[str, Any]:
        """The difference as one flat record, for --json."""
        return {
            "claim_id": self.claim.claim_id,
            "change": self.change.value,
            "track": self.claim.track,
            "statement": self.claim.statement,
            **_side("old", self.old),
            **_side("new", self.new),
            "unit": self.claim.unit,
            "difference": self.difference,
            "relative_change": self.relative_change,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Comparison:
    """What differs between two audits, by kind of change and id, and how many claims do not."""

    old: Claims
    new: Claims
    differences: tuple[Difference, ...]
    unchanged: int

    @property
    def totals(self) -> dict[str, int]:
        """How many claims changed in which way, and how many are unchanged."""
        counted = Counter(difference.change for difference in self.differences)
        return {**{change.value: counted[change] for change in Change}, "unchanged": self.unchanged}

    def as_record(self) -> dict[str, Any]:
        """The comparison as one object, for --json."""
        return {
            "old": {"claims": len(self.old), "window": window_of(self.old)},
            "new": {"claims": len(self.new), "window": window_of(self.new)},
            "totals": self.totals,
            "differences": [difference.as_record() for difference in self.differences],
        }


def compare(old: Iterable[Claim], new: Iterable[Claim]) -> Comparison:
    """Compare two sets of claims."""
    before, after = {claim.claim_id: claim for claim in old}, {claim.claim_id: claim for claim in new}
    ids = sorted(before.keys() | after.keys())
    found = [
        Difference(change, before.get(claim_id), after.get(claim_id)) for claim_id in ids if (change := classify(claim_id, before, after))
    ]
    order = list(Change)
    found.sort(key=lambda difference: order.index(difference.change))  # stable: by id within a kind of change
    return Comparison(before, after, tuple(found), len(ids) - len(found))


def classify(claim_id: str, old: Claims, new: Claims) -> Change | None:
    """How one claim differs; none when it does not. The first rule that fits holds.

    new, gone: only one audit makes the claim. A single point of failure has a claim only while it exists, so one that is gone is
        `fixed` and one that came is `regressed`, provided that the audit without it had read manifests (else nobody looked).
    unknown_now, known_now: an answer became unknown or untested, or the other way round, whatever the answer was.
    fixed: a fault before, sound now. Losing the proof of a fault is no fix: `fail` → `attention` is `changed`.
    regressed: a fault now that was none before. `standing` says what faults are.
    changed: another number, other words, another unit or another status.
    """
    before, after = old.get(claim_id), new.get(claim_id)
    if before is None or after is None:
        return _came(claim_id, old) if before is None else _went(claim_id, new)
    was, now = standing(before), standing(after)
    if was is not now and Standing.unknown in (was, now):
        return Change.unknown_now if now is Standing.unknown else Change.known_now
    if was is Standing.fault and now is Standing.sound:
        return Change.fixed
    if now is Standing.fault and was is not Standing.fault:
        return Change.regressed
    return None if _is_same(before, after) else Change.changed


def standing(claim: Claim) -> Standing:
    """Whether a claim is a fault.

    A fault is: a contradicted claim; a lie with findings; a single point of failure; a guardrail that is absent, broken or
    unmeasurable; a workload whose scope is not verified; a requirement that fails. A guardrail is sound once it is proven, a requirement
    once it passes; in between (untested, attention, declared) neither was shown. Every other claim with an answer is sound.
    """
    if claim.status in UNANSWERED:
        return Standing.unknown
    if claim.status == "contradicted":
        return Standing.fault
    judges = (judge for family, judge in _JUDGES.items() if claim.claim_id.startswith(family))
    judge = next(judges, None)
    return judge(claim) if judge else Standing.sound


def read_claims(path: Path) -> list[Claim]:
    """The claims of a home, a marts.duckdb or a claims.json; of a home the marts, else its claims.json. Raises BadInput."""
    file = _file_of(path)
    try:
        with file.open("rb") as stream:
            is_duckdb = stream.read(12)[DUCKDB_MAGIC] == b"DUCK"
        return _of_marts(file) if is_duckdb else _distinct(claims_from_json(file.read_bytes()))
    except (BadInput, OSError, duckdb.Error) as problem:
        raise BadInput(
            f"{file} is neither a home, a marts.duckdb nor a claims.json that this version reads ({problem}); "
            "name the home folder of a finished `assay run`, its marts.duckdb or its artifacts/claims.json"
        ) from problem


def days_of(claims: Claims) -> int | None:
    """How many days the audit looked at; None when no claim says it."""
    window = window_of(claims)
    return (date.fromisoformat(window[1]) - date.fromisoformat(window[0])).days + 1 if window else None


def window_of(claims: Claims) -> list[str] | None:
    """First and last day that the claims are about; none when there are no claims."""
    if not claims:
        return None
    starts, ends = zip(*((claim.window_start, claim.window_end) for claim in claims.values()), strict=True)
    return [min(starts).isoformat(), max(ends).isoformat()]


def _came(claim_id: str, old: Claims) -> Change:
    return Change.regressed if claim_id.startswith(SPOF) and _looked_for_spofs(old) else Change.new


def _went(claim_id: str, new: Claims) -> Change:
    return Change.fixed if claim_id.startswith(SPOF) and _looked_for_spofs(new) else Change.gone


def _looked_for_spofs(claims: Claims) -> bool:
    return SPOFS_LISTED in claims and claims[SPOFS_LISTED].status not in UNANSWERED


def _of_lie(claim: Claim) -> Standing:
    return Standing.fault if claim.value else Standing.sound


def _of_spof(_: Claim) -> Standing:
    return Standing.fault


def _of_guardrail(claim: Claim) -> Standing:
    states = set((claim.value_text or "").split(", "))  # one name may stand for guardrails in several clusters
    if states & FAULTY_GUARDRAILS:
        return Standing.fault
    return Standing.sound if states == {"proven"} else Standing.neither


def _of_scope(claim: Claim) -> Standing:
    return Standing.sound if claim.value_text == "verified" else Standing.fault


def _of_requirement(claim: Claim) -> Standing:
    verdict = (claim.value_text or "").partition(":")[0]
    return {"fail": Standing.fault, "pass": Standing.sound}.get(verdict, Standing.neither)


_JUDGES: dict[str, Callable[[Claim], Standing]] = {
    "cost.lie.": _of_lie,
    SPOF: _of_spof,
    "rel.guardrail.": _of_guardrail,
    "scope.": _of_scope,
    "readiness.": _of_requirement,
}


def _is_same(old: Claim, new: Claim) -> bool:
    if (old.status, old.unit) != (new.status, new.unit):
        return False
    if old.value is None and new.value is None:
        return old.status in UNANSWERED or old.value_text == new.value_text
    return same_value(new.value, old.value)


def _side(name: str, claim: Claim | None) -> dict[str, Any]:
    return {
        f"{name}_value": claim.value if claim else None,
        f"{name}_text": claim.value_text if claim else None,
        f"{name}_status": claim.status if claim else None,
    }


def _file_of(path: Path) -> Path:
    if not path.exists():
        raise BadInput(f"{path} does not exist; name a home folder, a marts.duckdb or a claims.json")
    if not path.is_dir():
        return path
    home = Home(path)
    for file in (home.marts, home.artifacts / "claims.json"):
        if file.exists():
            return file
    raise BadInput(f"{path} holds neither marts.duckdb nor artifacts/claims.json; run `assay run --home {path}` first")


def _of_marts(file: Path) -> list[Claim]:
    with duckdb.connect(file, read_only=True) as connection:
        return all_claims(connection)


def _distinct(claims: list[Claim]) -> list[Claim]:
    twice = [claim_id for claim_id, times in Counter(claim.claim_id for claim in claims).items() if times > 1]
    if twice:
        raise BadInput(f"{twice[0]} is there twice")
    return claims
