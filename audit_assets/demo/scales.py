"""How finely an estate is scraped. Facts hold at every scale; only the number of samples differs."""

from dataclasses import dataclass

from audit_assets.demo.targets import RESOLUTION_CHANGE_DAY
from audit_assets.errors import BadInput


@dataclass(frozen=True)
class Scale:
    """Scrape intervals in seconds. GPU activity changes from `before` to `after` on the day of the resolution change."""

    before: int
    after: int
    gpu_health: int  # memory, temperature, power, XID
    other: int  # Kubernetes and applications

    def activity(self, day: int, control: bool) -> int:
        """Interval of GPU_UTIL and SM_ACTIVE on a day; a control estate never changes it."""
        return self.before if control or day < RESOLUTION_CHANGE_DAY else self.after


SCALES = {
    "small": Scale(before=3600, after=600, gpu_health=3600, other=3600),  # 4 M samples
    "demo": Scale(before=300, after=60, gpu_health=900, other=900),  # 25 M samples
    "large": Scale(before=60, after=30, gpu_health=300, other=300),  # 90 M samples
}


def scale_named(name: str) -> Scale:
    """The scale of a name. Raises BadInput for an unknown one."""
    if name not in SCALES:
        raise BadInput(f"unknown scale {name!r}; choose one of {', '.join(SCALES)}")
    return SCALES[name]
