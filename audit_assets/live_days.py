"""Days of a live service as inputs: what tells that a day has to be asked for again.

A day that ended long ago is asked for once; a younger one again on every later day, because its incidents are still being resolved and
its messages edited. What does not belong here: requests.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from audit_assets.objects import ObjectStat
from audit_assets.source import Inputs

SETTLED_AFTER_DAYS = 14


def live_inputs(shown: str, days: Sequence[date], settings: Sequence[str] = (), shared: bool = False) -> Inputs:
    """One pseudo object a day. `shared`: another one in common, so that neighbouring days are fetched together."""
    today = datetime.now(tz=UTC).date()
    common = (_object(shown, settings),) if shared else ()
    return {day: (*common, _object(f"{shown}#{day.isoformat()}", (*settings, _as_of(day, today)))) for day in days}


def snapshot_inputs(shown: str, days: Sequence[date], settings: Sequence[str] = ()) -> Inputs:
    """One pseudo object a day, for what is only known as it is now: it is asked for again on every later day."""
    now = f"as of {datetime.now(tz=UTC).date().isoformat()}"
    return {day: (_object(shown, (*settings, now)),) for day in days}


def _as_of(day: date, today: date) -> str:
    return "settled" if day < today - timedelta(days=SETTLED_AFTER_DAYS) else f"as of {today.isoformat()}"


def _object(uri: str, facts: Sequence[str]) -> ObjectStat:
    return ObjectStat(uri, 0, sha256("\n".join((uri, *facts)).encode()).hexdigest(), Path())
