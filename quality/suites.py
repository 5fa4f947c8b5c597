"""What the audit assumes, as data: one expectation an assumption, with the lie that is told when it is broken.

Most expectations read one relation `int_checks__<assumption_id>`, which has one row a tested thing and a column `ok`; null means that
this thing could not be tested. What does not belong here: SQL (the dbt project) and Great Expectations (engine.py).
"""

from quality.expectation import Expectation, between, check

BILLING, METRICS, INCIDENTS = ("billing",), ("metrics",), ("incidents",)
BOTH = ("billing", "metrics")
MONEY = ("cost.",)

BILL = (
    check("sources_delivered", "Every declared source delivered rows for the window.", "warning", ("",), ()),
    check("rows_accepted", "No source had a row set aside that could not be read.", "info", ("",), ()),
    check("inputs_accepted", "No input file was refused.", "warning", ("",), ()),
    check("bill_complete", "Every day of the window has a bill.", "warning", MONEY, BILLING, "A03_missing_bill_day"),
    check("bill_unduplicated", "No charge was delivered twice.", "warning", MONEY, BILLING, "L17_duplicate_delivery"),
    check(
        "effective_cost_plausible",
        "Effective cost is a computed price, not one rounded to whole currency units.",
        "warning",
        MONEY,
        BILLING,
        "L33_rounded_effective_cost",
    ),
    check("snapshots_agree", "No two files state another cost for the same charges.", "warning", MONEY, BILLING),
    check("effective_cost_given", "GPU charges carry an amortised (effective) cost.", "warning", MONEY, BILLING),
    check("bill_final", "No bill of the window may still change.", "info", MONEY, BILLING, "L10_bill_not_final"),
    check("window_covered", "A bill begins with the window.", "warning", MONEY, BILLING, "L12_export_too_short"),
    check(
        "cash_is_cost", "What a month was invoiced is what it used, to 10 %.", "info", ("cost.spend.",), BILLING, "L15_billed_is_not_used"
    ),
    check("single_currency", "Every charge is in the currency of the audit.", "warning", MONEY, BILLING),
    check("gpu_skus_known", "Every charge that names a GPU is counted as GPU spend.", "warning", MONEY, BILLING),
    check(
        "units_normalised", "GPU time is billed in hours.", "warning", ("cost.unit.", "cost.spend."), BILLING, "A04_gpu_seconds_as_hours"
    ),
    check("time_zone_utc", "A billed day is a UTC day.", "warning", ("cost.trend.", "cost.idle."), BILLING, "L16_time_zone"),
    check(
        "purchases_not_in_effective_cost",
        "The purchase of a commitment has no effective cost beside the usage that it pays for.",
        "warning",
        MONEY,
        BILLING,
        "L6_purchase_in_effective_cost",
    ),
    check(
        "list_cost_given",
        "Usage under a commitment carries the list price that it replaced.",
        "warning",
        ("cost.spot.", "cost.commitment."),
        BILLING,
        "L7_list_cost_zero",
    ),
    check(
        "negations_kept",
        "Usage that a savings plan covers is not billed at the on-demand price with the difference on another row.",
        "warning",
        ("cost.spend.", "cost.share."),
        BILLING,
        "L2_negation_dropped",
    ),
    check("spot_is_cheaper", "Spot costs less than list, in every region.", "info", ("cost.spot.",), BILLING, "L19_spot_not_cheaper"),
    check(
        "negations_complete",
        "The on-demand price of usage under a savings plan is taken back in full.",
        "warning",
        ("cost.spend.",),
        BILLING,
        "L1_negation_missing",
    ),
    check(
        "commitment_usage_costed",
        "Usage under a commitment shows a cost.",
        "warning",
        ("cost.spend.", "cost.commitment."),
        BILLING,
        "L3_reserved_usage_looks_free",
    ),
    check(
        "commitments_used",
        "Commitments are used to at least 95 %.",
        "info",
        ("cost.commitment.",),
        BILLING,
        "L4_unused_commitment_on_no_workload",
    ),
    check(
        "commitment_ids_alike", "A bill spells a commitment one way.", "warning", ("cost.commitment.",), BILLING, "L8_commitment_id_case"
    ),
    check(
        "reservations_in_use",
        "Machines run in capacity reservations, to at least 95 % of their cost.",
        "warning",
        ("cost.idle.", "cost.spend."),
        BILLING,
        "L9_idle_reservation_invisible",
    ),
    check(
        "no_late_corrections",
        "No charge corrects a billing period that was closed, or comes after it.",
        "info",
        MONEY,
        BILLING,
        "L11_late_correction",
    ),
    check(
        "no_credits",
        "Credits, adjustments and taxes move no day's total by more than 1 %.",
        "info",
        MONEY,
        BILLING,
        "L14_credits_in_total",
    ),
    check(
        "gpu_usage_priced", "GPU hours show a price.", "warning", ("cost.spend.", "cost.unit."), BILLING, "L18_capacity_block_priced_zero"
    ),
    check(
        "list_prices_current",
        "A GPU has one list price in the window, and audit.yaml states it.",
        "info",
        ("cost.spot.", "cost.trend."),
        BILLING,
        "L20_list_price_stale",
    ),
    check(
        "discounts_reach_gpus",
        "The discount on other machines holds for GPU machines.",
        "info",
        ("cost.spend.",),
        BILLING,
        "L29_discount_not_on_gpus",
    ),
    check(
        "transfer_apart",
        "The service that sells machines shows machines: data transfer in it is at most 1 %.",
        "info",
        ("cost.spend.",),
        BILLING,
        "L32_transfer_under_machines",
    ),
    check("spend_not_negative", "No GPU usage has a negative cost.", "warning", MONEY, BILLING),
    check("gpu_hours_possible", "No resource has more GPU-hours in a day than its GPUs have hours.", "warning", ("cost.unit.",), BILLING),
)

ESTATE = (
    check(
        "allocation_identity",
        "Per day and split rule, what workloads cost and what nobody held add up to the bill, to the cent.",
        "critical",
        ("cost.idle.", "cost.share.", "cost.spend.", "cost.unit."),
        BILLING,
    ),
    check(
        "gpus_not_oversubscribed",
        "No pods hold more GPUs, cores or memory than their node has.",
        "warning",
        ("cost.idle.", "cost.spend."),
        BOTH,
        "L22_oversubscription_hidden",
    ),
    check("nodes_billed", "Every node on which pods hold GPUs is on a bill.", "warning", ("cost.unit.", "cost.spend."), BOTH),
    check("spend_attributed", "GPU spend maps to nodes that metrics know, to at least 95 %.", "warning", ("cost.idle.",), BOTH),
    check(
        "metric_coverage",
        "Every billed GPU node exports GPU metrics.",
        "warning",
        ("cost.idle.", "gpu."),
        BOTH,
        "L28_missing_series_read_as_zero",
    ),
    check(
        "gpu_util_reflects_activity",
        "GPU utilisation says how much of the GPU works.",
        "warning",
        ("gpu.", "cost.idle."),
        METRICS,
        "L23_gpu_util_vs_sm_active",
    ),
    check(
        "daily_mean_shows_peaks",
        "The daily mean of a GPU's utilisation shows its busy hours.",
        "warning",
        ("gpu.",),
        METRICS,
        "A01_daily_mean_hides_saturation",
    ),
    check(
        "node_mean_shows_gpus",
        "The mean utilisation of a node shows each of its GPUs.",
        "warning",
        ("gpu.", "cost.idle."),
        METRICS,
        "L24_average_hides_idle_gpus",
    ),
    check(
        "resident_memory_is_work",
        "GPUs whose memory is in use work.",
        "warning",
        ("gpu.", "cost.idle."),
        METRICS,
        "L25_memory_resident_not_busy",
    ),
    check(
        "gpu_util_per_holder",
        "GPU utilisation is known for each pod and MIG slice.",
        "warning",
        ("gpu.", "cost.idle."),
        METRICS,
        "L27_util_of_shared_gpus",
    ),
    check(
        "requested_gpus_work",
        "A basis of requested GPUs is usage: they work at least half of the time.",
        "warning",
        ("cost.idle.", "cost.unit."),
        METRICS,
        "L30_requested_called_used",
    ),
    check(
        "decode_time_measured",
        "Added-up times per output token stand for decode time.",
        "info",
        ("cost.unit.",),
        METRICS,
        "L31_decode_time_by_tpot",
    ),
    check(
        "split_rules_agree",
        "What a workload costs differs by at most three times between split rules.",
        "warning",
        ("cost.unit.", "cost.share.", "cost.spend."),
        BOTH,
        "L34_split_rule_decides",
    ),
    check(
        "idle_nodes_shown",
        "Pods hold GPUs of every billed node, in at least nine of ten hours.",
        "warning",
        ("cost.idle.", "cost.spend."),
        BOTH,
        "L35_idle_node_on_no_workload",
    ),
    check(
        "counters_monotonic",
        "The highest minus the lowest value of a counter is its increase.",
        "warning",
        ("cost.unit.", "slo."),
        METRICS,
        "A02_counter_reset",
    ),
    check(
        "resolution_constant",
        "Samples are equally far apart on all days.",
        "warning",
        ("gpu.", "slo."),
        METRICS,
        "A05_resolution_change",
    ),
    between(
        "sm_active_is_a_share",
        "SM activity lies between 0 and 1.",
        "stg_metrics__gpu_hourly",
        "sm_active_mean",
        0,
        1,
    ),
    between("unit_costs_positive", "No unit of work has a negative cost.", "fct_unit_cost", "cost_per_unit", 0, None),
    check("scope_verified", "What is declared is what runs.", "warning", ("scope.", "cost.share."), METRICS),
    check(
        "incident_times_possible",
        "The times of an incident are in the order in which things happen.",
        "warning",
        ("rel.mode.",),
        INCIDENTS,
    ),
    check("customer_incidents_paged", "Whatever customers see, somebody is paged for.", "warning", ("rel.incidents.",), INCIDENTS),
    check("incident_overrides_known", "Every incident that audit.yaml overrides is one that was found.", "warning", ("rel.",), INCIDENTS),
)

SUITE: tuple[Expectation, ...] = (*BILL, *ESTATE)
