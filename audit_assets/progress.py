"""Where assets say how far they are, and where the command line listens. In the UI nobody listens, and nothing is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from audit_assets.days import DayDone


@dataclass(frozen=True)
class Planned:
    """How many days of a source are about to be looked at."""

    source: str
    days: int


@dataclass(frozen=True)
class Stage:
    """A stage that is not counted in days has begun."""

    name: str


Event = DayDone | Planned | Stage
_listeners: list[Callable[[Event], None]] = []


def say(event: Event) -> None:
    """Tell whoever listens."""
    for listener in _listeners:
        listener(event)


@contextmanager
def listening(listener: Callable[[Event], None]) -> Iterator[None]:
    """Hear every event while inside."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
