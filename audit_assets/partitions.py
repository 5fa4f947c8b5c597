"""Days and windows. A day is a UTC calendar day; a window is a closed range of days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


@dataclass(frozen=True)
class Window:
    """A closed range of UTC days: `start` and `end` both belong to it."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start > self.end:
            raise ValueError(f"window starts {self.start} after it ends {self.end}")

    @classmethod
    def ending(cls, end: date, days: int) -> "Window":
        """The window of `days` days whose last day is `end`."""
        return cls(end - timedelta(days=days - 1), end)

    def __iter__(self) -> Iterator[date]:
        day = self.start
        while day <= self.end:
            yield day
            day += timedelta(days=1)

    def __len__(self) -> int:
        return (self.end - self.start).days + 1

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day <= self.end


def day_start(day: date) -> datetime:
    """Midnight UTC at the beginning of `day`, aware."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """[midnight, next midnight) of `day`, aware UTC."""
    return day_start(day), day_start(day + timedelta(days=1))


def yesterday() -> date:
    """The last whole UTC day."""
    return datetime.now(tz=UTC).date() - timedelta(days=1)
