"""The estate's fixed calendar. Nothing here reads the clock of the machine.

Hours are counted from the first midnight of the window: hour 0 is day 1, 00:00 UTC. Day numbers start at 1.
The window holds three month ends and the end of European summer time (day 69).
"""

from datetime import UTC, date, datetime, timedelta

END = date(2026, 11, 15)
DAYS = 90
START = END - timedelta(days=DAYS - 1)
HOURS = DAYS * 24
EPOCH = int(datetime(START.year, START.month, START.day, tzinfo=UTC).timestamp())
FIRST_WEEK = range(7, 14)  # day numbers of the first whole ISO week, Monday to Sunday
LAST_WEEK = range(84, 91)  # and of the last one


def day_date(number: int) -> date:
    """The calendar day of day `number`."""
    return START + timedelta(days=number - 1)


def hour_of(number: int, clock_hour: int = 0) -> int:
    """The hour index of `clock_hour`:00 UTC on day `number`."""
    return (number - 1) * 24 + clock_hour


def day_of(hour: int) -> int:
    """The day number that an hour index lies in."""
    return hour // 24 + 1


def moment(number: int, clock: str = "00:00") -> datetime:
    """`clock` (HH:MM) UTC on day `number`, aware."""
    hours, minutes = clock.split(":")
    return datetime.fromtimestamp(EPOCH + hour_of(number) * 3600 + int(hours) * 3600 + int(minutes) * 60, tz=UTC)


def iso(when: datetime) -> str:
    """2026-09-03T09:30:00Z."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
