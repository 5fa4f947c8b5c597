"""When things go wrong: the 23 planted incidents and near misses, and the GPU windows that belong to them.

Times are UTC. A seed moves each event by whole hours, so that windows stay on scrapes of every scale.
What does not belong here: how people write about them (words.yaml) and in which format (pagerduty.py, slack.py).
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from audit_assets.demo.activity import Window
from audit_assets.demo.clock import hour_of, moment
from audit_assets.demo.placement import PENDING_FROM
from audit_assets.demo.targets import BUDGET_SPENT_DAY, REGRESSION_DETECTION_MINUTES, VRAM_DETECTION_MINUTES

PAGED, SLACK_ONLY, NEAR_MISS = "paged", "slack_only", "near_miss"


@dataclass(frozen=True)
class Event:
    """An incident or near miss. Minutes: `detected_after` from the start, `mitigated_after` from detection. None: nobody says."""

    key: str
    mode: str
    kind: str
    service: str
    day: int
    clock: str  # start, HH:MM, before the seed's shift
    detected_after: int
    mitigated_after: int | None
    node: str | None = None
    gpu: int | None = None
    customer_visible: bool = False
    start_stated: bool = True

    def started(self, shift: int) -> datetime:
        """When it began."""
        return moment(self.day, self.clock) + timedelta(hours=shift)


EVENTS = (
    Event("vram-page", "vram_exhaustion", PAGED, "chat", 22, "09:00", VRAM_DETECTION_MINUTES, 376, "h100-04", 2, True),
    Event("driver-page-1", "driver_kernel_drift", PAGED, "fraud", 9, "06:30", 22, 95, "h100-02"),
    Event("driver-page-2", "driver_kernel_drift", PAGED, "research", 33, "07:10", 31, 140, "spot-02", start_stated=False),
    Event("thermal-page", "thermal_throttling", PAGED, "search", 27, "11:00", 18, 64, "a100-06", 4, True),
    Event("scheduling-page", "scheduling_failure", PAGED, "docs", 40, "08:20", 12, 48, customer_visible=True),
    Event("version-page", "dependency_version_mismatch", PAGED, "docs", 48, "10:05", 9, 71, customer_visible=True),
    Event("upstream-page-1", "upstream_api_issue", PAGED, "chat", 17, "09:40", 7, 83, customer_visible=True),
    Event("upstream-page-2", "upstream_api_issue", PAGED, "search", 59, "12:15", 11, 39, customer_visible=True),
    Event("data-page", "data_issue", PAGED, "fraud", BUDGET_SPENT_DAY, "07:45", 26, 118, customer_visible=True),
    Event("driver-slack", "driver_kernel_drift", SLACK_ONLY, "research", 12, "08:05", 35, 150, "spot-01"),
    Event("data-slack", "data_issue", SLACK_ONLY, "fraud", 12, "05:00", 270, 85),
    Event("scheduling-slack-1", "scheduling_failure", SLACK_ONLY, "fraud", 37, "08:00", 300, 1890),
    Event("scheduling-slack-2", "scheduling_failure", SLACK_ONLY, "research", 66, "07:30", 45, 120),
    Event("version-slack", "dependency_version_mismatch", SLACK_ONLY, "search", 71, "09:15", 50, 75, start_stated=False),
    Event("upstream-slack", "upstream_api_issue", SLACK_ONLY, "chat", 80, "13:05", 16, 44, customer_visible=True),
    Event("regression-slack-1", "model_regression", SLACK_ONLY, "chat", 34, "08:00", REGRESSION_DETECTION_MINUTES, 95,
          customer_visible=True),
    Event("regression-slack-2", "model_regression", SLACK_ONLY, "fraud", 61, "07:00", REGRESSION_DETECTION_MINUTES, 160),
    Event("vram-near-1", "vram_exhaustion", NEAR_MISS, "chat", 29, "10:00", VRAM_DETECTION_MINUTES - 5, None, "h100-04", 5),
    Event("vram-near-2", "vram_exhaustion", NEAR_MISS, "docs", 46, "09:00", VRAM_DETECTION_MINUTES, None, "a10g-02", 1),
    Event("vram-near-3", "vram_exhaustion", NEAR_MISS, "search", 64, "11:00", VRAM_DETECTION_MINUTES, None, "a100-06", 3),
    Event("vram-near-4", "vram_exhaustion", NEAR_MISS, "chat", 82, "08:00", VRAM_DETECTION_MINUTES + 8, None, "h100-04", 1),
    Event("thermal-near", "thermal_throttling", NEAR_MISS, "docs", 55, "12:00", 20, None, "a10g-04", 2),
    Event("scheduling-near", "scheduling_failure", NEAR_MISS, "docs", 86, "09:00", 6, None),
)  # fmt: skip
SECOND_WINDOW_AFTER = 4  # hours: the paged VRAM incident runs full twice
FIXED = {"scheduling-slack-1", "driver-slack", "data-slack"}  # tied to the pending pod; two incidents in one thread


@dataclass(frozen=True)
class Occurrence:
    """An event with its times."""

    event: Event
    started: datetime
    detected: datetime
    mitigated: datetime | None


def occurrences(seed: int) -> dict[str, Occurrence]:
    """The events of a seed, by key."""
    rng = random.Random(f"trouble-{seed}")
    found = {}
    for event in EVENTS:
        shift = 0 if event.key in FIXED else rng.randrange(3)
        started = event.started(shift)
        detected = started + timedelta(minutes=event.detected_after)
        mitigated = None if event.mitigated_after is None else detected + timedelta(minutes=event.mitigated_after)
        found[event.key] = Occurrence(event, started, detected, mitigated)
    assert found["scheduling-slack-1"].started == moment(37, "08:00") and hour_of(37, 8) == PENDING_FROM
    return found


def _window(occurrence: Occurrence, later: int = 0) -> Window:
    event = occurrence.event
    assert event.node is not None and event.gpu is not None
    hour = hour_of(event.day, occurrence.started.hour) + later
    return Window(event.node, event.gpu, hour)


def memory_windows(seed: int) -> tuple[Window, ...]:
    """The six times that one GPU's framebuffer was more than 95 % full."""
    found = occurrences(seed)
    vram = [o for o in found.values() if o.event.mode == "vram_exhaustion"]
    return (_window(found["vram-page"], SECOND_WINDOW_AFTER), *(_window(o) for o in vram))


def fired_windows(seed: int) -> tuple[Window, ...]:
    """The two of them for which GpuMemoryHigh fired."""
    paged = occurrences(seed)["vram-page"]
    return _window(paged), _window(paged, SECOND_WINDOW_AFTER)


def heat_windows(seed: int) -> tuple[Window, ...]:
    """Times that a GPU ran hot."""
    return tuple(_window(o) for o in occurrences(seed).values() if o.event.mode == "thermal_throttling")
