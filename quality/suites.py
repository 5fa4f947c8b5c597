"""What the audit assumes, as data: one expectation an assumption, with the lie that is told when it is broken.

Most expectations read one relation `int_checks__<assumption_id>`, which has one row a tested thing and a column `ok`; null means that
this thing could not be tested. What does not belong here: SQL (the dbt project) and Great Expectations (engine.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["critical", "warning", "info"]
OK: Mapping[str, Any] = {"column": "ok", "value_set": [True]}


@dataclass(frozen=True)
class Expectation:
    """One assumption. `expectation` is the class name of a Great Expectations core expectation, `kwargs` are its arguments.

    `critical` blocks publishing when broken. `affects`: prefixes of the claims that rest on it. `needs`: the source groups without
    which there is nothing to test.
    """

    assumption_id: str
    statement: str
    severity: Severity
    relation: str
    affects: tuple[str, ...]
    needs: tuple[str, ...]
    lie_id: str | None = None
    expectation: str = "ExpectColumnValuesToBeInSet"
    kwargs: Mapping[str, Any] = field(default_factory=lambda: OK)


def _check(
    assumption_id: str,
    statement: str,
    severity: Severity,
    affects: tuple[str, ...],
    needs: tuple[str, ...],
    lie_id: str | None = None,
) -> Expectation:
    return Expectation(assumption_id, statement, severity, f"int_checks__{assumption_id}", affects, needs, lie_id)


def _between(assumption_id: str, statement: str, relation: str, column: str, low: float, high: float | None) -> Expectation:
    group = ("metrics",) if relation.startswith("stg_metrics") else ("billing", "metrics")
    limits = {"column": column, "min_value": low, "max_value": high}
    affects = ("gpu.", "cost.idle.", "cost.unit.")
    return Expectation(assumption_id, statement, "warning", relation, affects, group, None, "ExpectColumnValuesToBeBetween", limits)


BILLING, METRICS, INCIDENTS = ("billing",), ("metrics",), ("incidents",)
BOTH = ("billing", "metrics")
MONEY = ("cost.",)

BILL = (
    _check("sources_delivered", "Every declared source delivered rows for the window.", "warning", ("",), ()),
    _check("rows_accepted", "No source had a row set aside that could not be read.", "info", ("",), ()),
    _check("inputs_accepted", "No input file was refused.", "warning", ("",), ()),
    _check("bill_complete", "Every day of the window has a bill.", "warning", MONEY, BILLING, "A03_missing_bill_day"),
    _check("bill_unduplicated", "No charge was delivered twice.", "warning", MONEY, BILLING, "L17_duplicate_delivery"),
    _check(
        "effective_cost_plausible",
        "Effective cost is a computed price, not one rounded to whole currency units.",
        "warning",
        MONEY,
        BILLING,
        "L33_rounded_effective_cost",
    ),
    _check("snapshots_agree", "No two files state another cost for the same charges.", "warning", MONEY, BILLING),
    _check("effective_cost_given", "GPU charges carry an amortised (effective) cost.", "warning", MONEY, BILLING),
    _check("bill_final", "No bill of the window may still change.", "info", MONEY, BILLING),
    _check("single_currency", "Every charge is in the currency of the audit.", "warning", MONEY, BILLING),
    _check("gpu_skus_known", "Every charge that names a GPU is counted as GPU spend.", "warning", MONEY, BILLING),
    _check(
        "units_normalised", "GPU time is billed in hours.", "warning", ("cost.unit.", "cost.spend."), BILLING, "A04_gpu_seconds_as_hours"
    ),
    _check("time_zone_utc", "A billed day is a UTC day.", "warning", ("cost.trend.", "cost.idle."), BILLING, "L16_time_zone"),
    _check(
        "purchases_not_in_effective_cost",
        "The purchase of a commitment has no effective cost beside the usage that it pays for.",
        "warning",
        MONEY,
        BILLING,
        "L6_purchase_in_effective_cost",
    ),
    _check(
        "list_cost_given",
        "Usage under a commitment carries the list price that it replaced.",
        "warning",
        ("cost.spot.", "cost.commitment."),
        BILLING,
        "L7_list_cost_zero",
    ),
    _check(
        "negations_kept",
        "Usage that a savings plan covers is not billed at the on-demand price with the difference on another row.",
        "warning",
        ("cost.spend.", "cost.share."),
        BILLING,
        "L2_negation_dropped",
    ),
    _check("spot_is_cheaper", "Spot costs less than list, in every region.", "info", ("cost.spot.",), BILLING, "L19_spot_not_cheaper"),
    _check("commitments_used", "Commitments are used to at least 95 %.", "info", ("cost.commitment.",), BILLING),
    _check("no_late_corrections", "No charge corrects a billing period that was closed.", "info", MONEY, BILLING),
    _check("no_credits", "No credit or adjustment lowers the total.", "info", MONEY, BILLING),
    _check("spend_not_negative", "No GPU usage has a negative cost.", "warning", MONEY, BILLING),
    _check("gpu_hours_possible", "No resource has more GPU-hours in a day than its GPUs have hours.", "warning", ("cost.unit.",), BILLING),
)

ESTATE = (
    _check(
        "allocation_identity",
        "Per day and split rule, what workloads cost and what nobody held add up to the bill, to the cent.",
        "critical",
        ("cost.idle.", "cost.share.", "cost.spend.", "cost.unit."),
        BILLING,
    ),
    _check("gpus_not_oversubscribed", "No pods hold more GPUs than their node has.", "warning", ("cost.idle.", "cost.spend."), BOTH),
    _check("nodes_billed", "Every node on which pods hold GPUs is on a bill.", "warning", ("cost.unit.", "cost.spend."), BOTH),
    _check("spend_attributed", "GPU spend maps to nodes that metrics know, to at least 95 %.", "warning", ("cost.idle.",), BOTH),
    _check(
        "metric_coverage",
        "Every billed GPU node exports GPU metrics.",
        "warning",
        ("cost.idle.", "gpu."),
        BOTH,
        "L28_missing_series_read_as_zero",
    ),
    _check(
        "gpu_util_reflects_activity",
        "GPU utilisation says how much of the GPU works.",
        "warning",
        ("gpu.", "cost.idle."),
        METRICS,
        "L23_gpu_util_vs_sm_active",
    ),
    _check(
        "daily_mean_shows_peaks",
        "The daily mean of a GPU's utilisation shows its busy hours.",
        "warning",
        ("gpu.",),
        METRICS,
        "A01_daily_mean_hides_saturation",
    ),
    _check(
        "node_mean_shows_gpus",
        "The mean utilisation of a node shows each of its GPUs.",
        "warning",
        ("gpu.", "cost.idle."),
        METRICS,
        "L24_average_hides_idle_gpus",
    ),
    _check(
        "counters_monotonic",
        "The highest minus the lowest value of a counter is its increase.",
        "warning",
        ("cost.unit.", "slo."),
        METRICS,
        "A02_counter_reset",
    ),
    _check(
        "resolution_constant",
        "Samples are equally far apart on all days.",
        "warning",
        ("gpu.", "slo."),
        METRICS,
        "A05_resolution_change",
    ),
    _between(
        "sm_active_is_a_share",
        "SM activity lies between 0 and 1.",
        "stg_metrics__gpu_hourly",
        "sm_active_mean",
        0,
        1,
    ),
    _between("unit_costs_positive", "No unit of work has a negative cost.", "fct_unit_cost", "cost_per_unit", 0, None),
    _check("scope_verified", "What is declared is what runs.", "warning", ("scope.", "cost.share."), METRICS),
    _check(
        "incident_times_possible",
        "The times of an incident are in the order in which things happen.",
        "warning",
        ("rel.mode.",),
        INCIDENTS,
    ),
)

SUITE: tuple[Expectation, ...] = (*BILL, *ESTATE)
