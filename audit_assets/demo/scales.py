"""How finely an estate is scraped. Facts hold at every scale; only the number of samples differs."""

from dataclasses import dataclass

from audit_assets.demo.targets import RESOLUTION_CHANGE_DAY
from audit_assets.errors import BadInput


@dataclass(frozen=True)
class Scale:
    """Scrape intervals in seconds, as (before, after) the day of the resolution change, when Prometheus is set to scrape more often."""

    activity: tuple[int, int]  # GPU_UTIL and SM_ACTIVE
    other: tuple[int, int]  # GPU memory and health, Kubernetes, applications


def interval(intervals: tuple[int, int], day: int, control: bool) -> int:
    """The interval that holds on a day, seconds; in a control estate it never changes."""
    return intervals[0] if control or day < RESOLUTION_CHANGE_DAY else intervals[1]


SCALES = {
    "small": Scale(activity=(3600, 1800), other=(3600, 1800)),  # 5 M samples
    "demo": Scale(activity=(300, 60), other=(900, 300)),  # 30 M samples
    "large": Scale(activity=(60, 30), other=(300, 60)),  # 130 M samples
}


def scale_named(name: str) -> Scale:
    """The scale of a name. Raises BadInput for an unknown one."""
    if name not in SCALES:
        raise BadInput(f"unknown scale {name!r}; choose one of {', '.join(SCALES)}")
    return SCALES[name]
