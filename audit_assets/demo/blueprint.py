"""One estate before it is written down: its machines, its pods and its prices, from a seed."""

import random
from dataclasses import dataclass
from functools import cached_property

from audit_assets.demo.fleet import Node, fleet
from audit_assets.demo.placement import MONDAYS, Pod, placement
from audit_assets.demo.prices import Prices, solve
from audit_assets.demo.targets import MISSING_BILL_DAY

FIRST_WEEK_EPOCHS, LAST_WEEK_EPOCHS = 44, 48  # +9.1 %, whole epochs
EPOCHS_BEFORE_MISSING_MONDAY_ENDS = 10  # of the week whose Monday has no bill


@dataclass(frozen=True)
class Accounts:
    """Billing and usage accounts."""

    payer: str
    production: str
    sandbox: str


@dataclass(frozen=True)
class Blueprint:
    """What an estate is made of. Small and picklable; everything else is derived from it."""

    seed: int
    control: bool
    nodes: tuple[Node, ...]
    pods: tuple[Pod, ...]
    prices: Prices
    accounts: Accounts

    @cached_property
    def node(self) -> dict[str, Node]:
        """Nodes by name."""
        return {node.name: node for node in self.nodes}


def weekly_epochs() -> tuple[int, ...]:
    """Fraud training epochs of the jobs that start on each Monday: 44 a week, growing to 48."""
    whole_weeks = len(MONDAYS) - 1
    grown = LAST_WEEK_EPOCHS - FIRST_WEEK_EPOCHS
    later = [FIRST_WEEK_EPOCHS + round(grown * week / (whole_weeks - 1)) for week in range(whole_weeks)]
    return (FIRST_WEEK_EPOCHS, *later)


def billed_epochs() -> int:
    """Epochs inside the window, without those of the day that has no bill; 10 of the first job's lie before the window."""
    before_window = EPOCHS_BEFORE_MISSING_MONDAY_ENDS
    on_missing_day = EPOCHS_BEFORE_MISSING_MONDAY_ENDS
    assert MISSING_BILL_DAY in MONDAYS, "the missing bill is expected to be a Monday's"
    return sum(weekly_epochs()) - before_window - on_missing_day


def draw(seed: int, control: bool) -> Blueprint:
    """The estate of a seed. The same seed gives the same blueprint."""
    prices = solve(seed, billed_epochs())
    rng = random.Random(f"accounts-{seed}")
    accounts = Accounts(*(str(rng.randrange(10**11, 10**12)) for _ in range(3)))
    pods = placement(seed, control, prices.backfill_hours)
    return Blueprint(seed, control, fleet(seed, control), pods, prices, accounts)
