"""Alert windows: over which short and long window, at which burn rate, each alert condition looks.

The catalogs for 30 and 28 days are those of Google's SRE workbook, chapter 5, table 5-8 (2 %, 5 %, 10 %, 10 % of the budget);
the one for 7 days is Sloth's example. A file of kind AlertWindows replaces the catalog of its period.
What does not belong here: expressions.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from audit_assets.errors import BadInput
from audit_assets.slo_rules.documents import read_documents, validated
from audit_assets.slo_rules.fields import Strict

UNITS = {"y": 365 * 86_400_000, "w": 7 * 86_400_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
DURATION = re.compile("".join(rf"(?:(\d{{1,9}}){unit}(?!s))?" if unit == "m" else rf"(?:(\d{{1,9}}){unit})?" for unit in UNITS))


def parse_duration(text: str) -> timedelta:
    """A Prometheus duration such as `5m`, `1d12h` or `4w`. Raises ValueError."""
    match = DURATION.fullmatch(text) if isinstance(text, str) and text else None
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write it like 5m, 6h, 3d or 1d12h")
    parts = zip(match.groups(), UNITS.values(), strict=True)
    duration = timedelta(milliseconds=sum(int(count or 0) * milliseconds for count, milliseconds in parts))
    if not duration:
        raise ValueError(f"{text!r} lasts no time at all")
    return duration


def format_duration(duration: timedelta) -> str:
    """The duration as Prometheus writes it: years and weeks only where they are whole (`4w`, but `30d`)."""
    left, text = duration // timedelta(milliseconds=1), ""
    for unit, milliseconds in UNITS.items():
        if unit in "yw" and left % milliseconds:
            continue
        count, left = divmod(left, milliseconds)
        text += f"{count}{unit}" if count else ""
    return text


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


class Condition(Strict):
    """Spending `errorBudgetPercent` of the whole budget within `longWindow`, still going on within `shortWindow`."""

    errorBudgetPercent: float = Field(gt=0, le=100)
    shortWindow: Duration
    longWindow: Duration

    @model_validator(mode="after")
    def _short_is_shorter(self) -> "Condition":
        if self.shortWindow >= self.longWindow:
            raise ValueError("shortWindow must be shorter than longWindow: it says that the problem is still going on")
        return self


class Severity(Strict):
    """The two conditions, either of which fires an alert of one severity."""

    quick: Condition
    slow: Condition


class AlertWindows(Strict):
    """All conditions for SLOs over `sloPeriod`."""

    sloPeriod: Duration
    page: Severity
    ticket: Severity

    @model_validator(mode="after")
    def _within_the_period(self) -> "AlertWindows":
        if max(self.windows) >= self.sloPeriod:
            raise ValueError(f"a window of {format_duration(max(self.windows))} is not shorter than sloPeriod")
        return self

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return (self.page.quick, self.page.slow, self.ticket.quick, self.ticket.slow)

    @property
    def windows(self) -> list[timedelta]:
        """Every window that an alert looks at, once, shortest first."""
        return sorted({window for one in self.conditions for window in (one.shortWindow, one.longWindow)})

    @property
    def sli_window(self) -> timedelta:
        """The window whose recorded ratio stands for "now", and from which the ratio of the whole period is added up."""
        return self.page.quick.shortWindow

    def burn_rate(self, condition: Condition) -> float:
        """How many times faster than sustainable the budget is spent when `condition` holds (SRE workbook, chapter 5)."""
        return condition.errorBudgetPercent * _hours(self.sloPeriod) / 100 / _hours(condition.longWindow)


class AlertWindowsFile(Strict):
    """A file of kind AlertWindows, as Sloth reads it."""

    apiVersion: Literal["sloth.slok.dev/v1"]
    kind: Literal["AlertWindows"]
    spec: AlertWindows


def _hours(duration: timedelta) -> float:
    return duration / timedelta(hours=1)


def _catalog(period: str, page_quick: float, page_slow: float, ticket_quick: float, ticket_slow: float) -> AlertWindows:
    def condition(percent: float, short: str, long: str) -> dict[str, object]:
        return {"errorBudgetPercent": percent, "shortWindow": short, "longWindow": long}

    page = {"quick": condition(page_quick, "5m", "1h"), "slow": condition(page_slow, "30m", "6h")}
    ticket = {"quick": condition(ticket_quick, "2h", "1d"), "slow": condition(ticket_slow, "6h", "3d")}
    return AlertWindows.model_validate({"sloPeriod": period, "page": page, "ticket": ticket})


BUILT_IN = (_catalog("30d", 2, 5, 10, 10), _catalog("28d", 2, 5, 10, 10), _catalog("7d", 8, 12.5, 20, 42))


@dataclass(frozen=True)
class WindowCatalog:
    """The alert windows by period, and the period of SLOs that don't state their own."""

    by_period: dict[timedelta, AlertWindows]
    default: timedelta

    def of(self, period: timedelta | None, where: str) -> AlertWindows:
        """The windows for SLOs over `period`. Raises BadInput, naming `where`, when there are none."""
        found = self.by_period.get(period or self.default)
        if found is None:
            asked = format_duration(period or self.default)
            known = ", ".join(_in_days(one) for one in sorted(self.by_period, reverse=True))
            raise BadInput(f"{where}: no alert windows for a period of {asked}; choose one of {known}, or give a file with --windows")
        return found


def window_catalog(period: str | None = None, path: Path | None = None) -> WindowCatalog:
    """The built-in catalogs, with that of `path` in place of its period's. Raises BadInput."""
    own = None if path is None else _read_windows(path)
    by_period = {windows.sloPeriod: windows for windows in (*BUILT_IN, *([own] if own else []))}
    default = own.sloPeriod if own else BUILT_IN[0].sloPeriod
    if period is not None:
        try:
            default = parse_duration(period)
        except ValueError as problem:
            raise BadInput(f"--window: {problem}") from problem
    catalog = WindowCatalog(by_period, default)
    catalog.of(default, "--window")
    if own and default != own.sloPeriod:
        raise BadInput(f"--window {period}: {path} has windows for {_in_days(own.sloPeriod)}; leave --window out, or name another file")
    return catalog


def _read_windows(path: Path) -> AlertWindows:
    documents = read_documents(path)
    if len(documents) != 1:
        raise BadInput(f"{path}: {len(documents)} documents where one of kind AlertWindows was expected")
    return validated(AlertWindowsFile, documents[0]).spec


def _in_days(duration: timedelta) -> str:
    return f"{duration.days}d" if duration == timedelta(days=duration.days) else format_duration(duration)
