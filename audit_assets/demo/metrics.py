"""One OpenMetrics file a day and cluster. Days are independent, so they are written side by side."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from audit_assets.demo.activity import Level, levels
from audit_assets.demo.app_series import Apps
from audit_assets.demo.bill import Bill
from audit_assets.demo.clock import DAYS, day_date
from audit_assets.demo.exposition import Exposition, Grid
from audit_assets.demo.fleet import CLOUD, ON_PREM
from audit_assets.demo.gpu_series import Gpus
from audit_assets.demo.kube_series import Kube
from audit_assets.demo.scales import Scale, interval
from audit_assets.demo.targets import COUNTER_RESET_DAY
from audit_assets.demo.traffic import Traffic
from audit_assets.demo.trouble import fired_windows, heat_windows, memory_windows


@dataclass(frozen=True)
class Scraped:
    """The metrics of an estate."""

    bill: Bill
    scale: Scale

    @cached_property
    def traffic(self) -> Traffic:
        """What the services do."""
        return Traffic(self.bill)

    @cached_property
    def levels(self) -> dict[str, Level]:
        """How busy each workload's GPUs are."""
        return levels(self.bill)

    def write_day(self, folder: Path, cluster: str, day: int) -> None:
        """The file of a day."""
        blueprint, seed = self.bill.blueprint, self.bill.blueprint.seed
        quiet = blueprint.control
        full, fired, hot = ((), (), ()) if quiet else (memory_windows(seed), fired_windows(seed), heat_windows(seed))
        activity = Grid(day, interval(self.scale.activity, day, quiet))
        other = Grid(day, interval(self.scale.other, day, quiet))
        restart_step = None if quiet else interval(self.scale.other, COUNTER_RESET_DAY, quiet)
        with Exposition(folder / cluster / f"{day_date(day)}.om.gz") as out:
            Gpus(blueprint, self.levels, full, hot, cluster, day).write(out, activity, other)
            Kube(blueprint, fired, cluster, other).write(out)
            Apps(self.traffic, cluster, other, restart_step).write(out)

    def write(self, folder: Path, days: Iterable[int] = range(1, DAYS + 1)) -> None:
        """All files below `folder`. Threads suffice: formatting and compression leave Python's lock."""
        assert self.levels  # computed once, before the threads start
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            jobs = [pool.submit(self.write_day, folder, cluster, day) for day in days for cluster in (CLOUD, ON_PREM)]
            for job in jobs:
                job.result()
