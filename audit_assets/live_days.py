"""Days of a live service as inputs. What does not belong here: requests, and when a day is asked for again (days.py)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from audit_assets.objects import ObjectStat
from audit_assets.source import Inputs


def live_inputs(shown: str, days: Sequence[date], settings: Sequence[str] = (), shared: bool = False) -> Inputs:
    """One pseudo object a day. `shared`: another one in common, so that neighbouring days are fetched together."""
    common = (_object(shown, settings),) if shared else ()
    return {day: (*common, _object(f"{shown}#{day.isoformat()}", settings)) for day in days}


def snapshot_inputs(shown: str, days: Sequence[date], settings: Sequence[str] = ()) -> Inputs:
    """One pseudo object a day, for what is only known as it is now: it is asked for again on every later day."""
    now = f"as of {datetime.now(tz=UTC).date().isoformat()}"
    return {day: (_object(shown, (*settings, now)),) for day in days}


def _object(uri: str, facts: Sequence[str]) -> ObjectStat:
    return ObjectStat(uri, 0, sha256("\n".join((uri, *facts)).encode()).hexdigest(), Path())
