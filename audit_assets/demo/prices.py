"""Solve for the prices that make the planted totals true.

The quantities (who runs how long) are given; each planted total then fixes one price. The prices come out near list prices
of 2024-2026 (p5.48xlarge 98.32, p4d.24xlarge 32.77 in us-east-1, more in Europe), and `check` refuses a solution that does not.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from audit_assets.demo import targets
from audit_assets.demo.clock import DAYS
from audit_assets.demo.fleet import SECOND_COMMITMENT_DAY, SPOT_GROWTH_DAY
from audit_assets.demo.placement import THIRD_SPOT_DAY, TRAINING_NODES, Pod, billed_gpu_hours, placement

ON_PREM_HOUR = Decimal("11.20")  # USD a node and hour: depreciation over 48 months, 6.5 kW at PUE 1.4, network
CREDIT, CREDIT_DAY, CREDIT_NODE = Decimal("-750.00"), 45, "a100-06"
CORRECTION, CORRECTION_DAY, CORRECTION_NODE = Decimal("-312.40"), 30, "a100-07"  # the cents are solved in bill.py
H100_LIST = Decimal("98.32")
MISSING = (targets.MISSING_BILL_DAY,)


@dataclass(frozen=True)
class Prices:
    """USD. Nodes by the hour; unused commitment by the day, before and after the second commitment."""

    h100: Decimal
    a100_committed: Decimal
    on_demand: Decimal
    spot: Decimal
    a10g: Decimal
    on_prem: Decimal
    unused_first: Decimal
    unused_second: Decimal
    epochs: int
    backfill_hours: int


def billed_days(first_day: int) -> int:
    """Days of the main bill from `first_day` on; the missing day is not one."""
    return sum(1 for day in range(first_day, DAYS + 1) if day not in MISSING)


def node_hours(early: int, late: int, late_day: int) -> int:
    """Billed hours of `early` nodes that run always and `late` nodes that join on `late_day`."""
    return 24 * (early * billed_days(1) + late * billed_days(late_day))


def solve(seed: int, epochs: int) -> Prices:
    """Prices for `epochs` fraud training epochs on billed days."""
    pods = placement(seed, control=False)
    total, late = float(targets.TOTAL_SPEND), SECOND_COMMITMENT_DAY
    h100 = _h100(pods, epochs)
    spot = _spot(pods, epochs)
    on_demand = spot / (1 - targets.SPOT_DISCOUNT)
    on_prem = float(ON_PREM_HOUR)
    committed = targets.FIXED_SHARE * total - 2 * 24 * DAYS * on_prem
    a100 = (targets.RESERVATION_UTILISATION * committed - node_hours(4, 2, late) * h100) / node_hours(2, 0, 1)
    a10g = _a10g(total, on_demand, spot)
    week = 24 * (4 * h100 + 2 * a100 + 4 * on_demand + 2 * spot + 6 * a10g + 2 * on_prem)
    last_week = week + 24 * 2 * (h100 + spot)
    unused = _unused((1 - targets.RESERVATION_UTILISATION) * committed, week, last_week)
    prices = Prices(
        h100=_price(h100),
        a100_committed=_price(a100),
        on_demand=_price(on_demand),
        spot=_price(spot),
        a10g=_price(a10g),
        on_prem=ON_PREM_HOUR,
        unused_first=_price(unused[0]),
        unused_second=_price(unused[1]),
        epochs=epochs,
        backfill_hours=_backfill_hours(pods, h100, spot),
    )
    check(prices)
    return prices


def _price(usd: float) -> Decimal:
    return Decimal(repr(usd)).quantize(Decimal("0.000001"))


def _h100(pods: tuple[Pod, ...], epochs: int) -> float:
    gpu_hours = billed_gpu_hours(pods, "fraud-train", "h100", MISSING)
    return targets.FRAUD_COST_PER_EPOCH * epochs * 8 / gpu_hours


def _spot(pods: tuple[Pod, ...], epochs: int) -> float:
    training = targets.TRAINING_SHARE * float(targets.TOTAL_SPEND)
    research = training - targets.FRAUD_COST_PER_EPOCH * epochs
    return research * 8 / billed_gpu_hours(pods, "research-exp", "spot", MISSING)


def _a10g(total: float, on_demand: float, spot: float) -> float:
    other = float(targets.DISALLOWED_REGION_COST + CREDIT + CORRECTION)
    variable = (1 - targets.FIXED_SHARE) * total - other
    cloud = node_hours(4, 0, 1) * on_demand + node_hours(2, 2, SPOT_GROWTH_DAY) * spot
    return (variable - cloud) / (6 * 24 * DAYS)


def _unused(unused: float, week: float, last_week: float) -> tuple[float, float]:
    """Daily unused commitment before and after the second one: their sum is given, and the growth of a week's spend."""
    late = billed_days(SECOND_COMMITMENT_DAY)
    early, ratio = billed_days(1) - late, 1 + targets.WEEKLY_SPEND_GROWTH
    first = (unused - late * (ratio * week - last_week)) / (early + ratio * late)
    return first, ratio * (week + first) - last_week


def _backfill_hours(pods: tuple[Pod, ...], h100: float, spot: float) -> int:
    """Hours of all training nodes that the backfill must fill, so that what stays unallocated has the planted share."""
    training = len(TRAINING_NODES) * node_hours(1, 0, 1) * h100 - billed_gpu_hours(pods, "fraud-train", "h100", MISSING) * h100 / 8
    sixth = node_hours(0, 1, SECOND_COMMITMENT_DAY) * h100
    idle_spot = (2 * node_hours(0, 1, SPOT_GROWTH_DAY) - node_hours(0, 1, THIRD_SPOT_DAY)) * spot
    free = Fraction(training + sixth + idle_spot) - Fraction(targets.UNALLOCATED_IDLE_SHARE) * Fraction(targets.TOTAL_SPEND)
    return round(free / Fraction(len(TRAINING_NODES) * h100))


def check(prices: Prices) -> None:
    """Refuse prices that nobody would believe."""
    ranges = {"h100": (50, 98), "a100_committed": (18, 40), "on_demand": (32, 50), "spot": (12, 26), "a10g": (5, 11)}
    for name, (low, high) in ranges.items():
        value = getattr(prices, name)
        assert low < value < high, f"{name} came out at {value} USD/h"
    assert 0 < prices.unused_first < prices.unused_second, "the second commitment must add unused hours"
    assert 0 < prices.backfill_hours <= 13 * 48, f"backfill of {prices.backfill_hours} hours does not fit the weekends"
