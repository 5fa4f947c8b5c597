"""Writes a whole synthetic estate: 90 days of bills, metrics, incidents and manifests, audit.yaml and truth.json.

The same seed, scale and flavour give byte-identical files. Nothing here reads the clock, the network or the audit's own code.
"""

from collections.abc import Iterable
from pathlib import Path

from audit_assets.demo.bill import Bill, write_bill
from audit_assets.demo.blueprint import draw
from audit_assets.demo.clock import DAYS
from audit_assets.demo.declaration import write_declaration
from audit_assets.demo.manifests import write_manifests
from audit_assets.demo.metrics import Scraped
from audit_assets.demo.pagerduty import PagerDuty
from audit_assets.demo.proof import prove
from audit_assets.demo.scales import scale_named
from audit_assets.demo.slack import write_slack
from audit_assets.demo.truth import write_truth
from audit_assets.errors import BadInput


def write_estate(out: Path, seed: int, scale: str = "small", control: bool = False) -> None:
    """Write the estate of `seed` into the empty or new folder `out`.

    `scale` is small, demo or large (scales.py); `control` leaves out every lie, incident and weakness.
    Raises BadInput for an unknown scale or a folder that holds anything.
    """
    write_parts(out, seed, scale, control, range(1, DAYS + 1))


def write_parts(out: Path, seed: int, scale: str, control: bool, metric_days: Iterable[int]) -> None:
    """As `write_estate`, with metrics of some day numbers only; they are most of the work."""
    chosen = scale_named(scale)
    if out.exists() and any(out.iterdir()):
        raise BadInput(f"{out} is not empty; choose a new folder for the estate")
    out.mkdir(parents=True, exist_ok=True)
    bill = Bill(draw(seed, control))
    scraped = Scraped(bill, chosen)
    if not control:
        prove(bill, scraped.traffic)
    write_bill(bill, out / "billing")
    scraped.write(out / "metrics", metric_days)
    PagerDuty(seed).write(out / "incidents" / "pagerduty", control)
    write_slack(out / "incidents" / "slack-export.zip", seed, control)
    write_manifests(out / "manifests", control)
    write_declaration(out / "audit.yaml", seed, control)
    write_truth(out / "truth.json", bill)
