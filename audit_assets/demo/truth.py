"""truth.json: the planted facts, each with the query that would find it in the published marts. Only tests read it.

A query returns one row. Its columns are compared with `expected` and `tolerance`, which are lists when there is more than one.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from audit_assets.demo import targets
from audit_assets.demo.bill import Bill
from audit_assets.demo.clock import day_date
from audit_assets.demo.traffic import Traffic

Value = float | str | bool | list[float | str | bool]
AWS, NIMBUS, DC1 = "billing/aws/", "billing/nimbus/", "billing/dc1/"
BILLS = (AWS, NIMBUS, DC1)
PROM, PROM_DC1 = "metrics/prod-eu/", "metrics/dc1/"
PAGES, SLACK, REPO, SAID = "incidents/pagerduty/", "incidents/slack-export.zip", "manifests/prod-eu/", "audit.yaml"
LIE = "select {columns} from fct_console_lies where lie_id = '{lie}' and {condition}"
NAMES_IT = "(subject || ' ' || coalesce(detail, '')) ilike '%{name}%'"


@dataclass(frozen=True)
class Fact:
    """A planted fact. `claim`: the claim id that carries it into `artifact_anchor`, a document and a place in it."""

    id: str
    claim: str
    expected: Value
    tolerance: float | list[float]
    source_files: tuple[str, ...]
    mart: str
    query: str
    artifact_anchor: str


def write_truth(path: Path, bill: Bill) -> None:
    """Write truth.json. A control estate's facts are that nothing is found."""
    facts = CONTROL_FACTS if bill.blueprint.control else planted(bill)
    assert len({fact.id for fact in facts}) == len(facts)
    path.write_text(json.dumps([asdict(fact) for fact in facts], indent=1) + "\n", encoding="utf-8")


def planted(bill: Bill) -> list[Fact]:
    """All 41 facts."""
    facts = [*_cost(), *_lies(bill), *_reliability(), *_weaknesses(), *_objectives(), *_beliefs()]
    assert len(facts) == 41
    return facts


def _fact(
    identity: str, claim: str, expected: Value, tolerance: float | list[float], sources: tuple[str, ...], mart: str, query: str
) -> Fact:
    documents = {"C": "cost_model", "L": "cost_model", "R": "risk_register", "S": "risk_register", "O": "slo_proposal", "X": "cost_model"}
    return Fact(identity, claim, expected, tolerance, sources, mart, query, f"{documents[identity[0]]}#{claim}")


def _cost() -> list[Fact]:
    spend, units = "fct_gpu_spend_daily", "fct_unit_cost"
    per_unit = (
        "select cost_per_unit from fct_unit_cost where workload = '{}' and unit = '{}' and split_rule = 'gpu_only' and basis = 'allocated'"
    )
    idle = "sum(cost) filter (idle_class in ({})) / (select sum(effective_cost) from fct_gpu_spend_daily)"
    chosen = "sum(effective_cost) filter ({}) / sum(effective_cost)"
    fixed = chosen.format("pricing_category in ('committed', 'capacity_block', 'on_prem')")
    both = [targets.ALLOCATED_IDLE_SHARE + targets.UNALLOCATED_IDLE_SHARE, targets.ALLOCATED_IDLE_SHARE, targets.UNALLOCATED_IDLE_SHARE]
    three = ", ".join(idle.format(classes) for classes in ("'allocated', 'unallocated'", "'allocated'", "'unallocated'"))
    growth = "max_by({0}, week) / min_by({0}, week) - 1"
    metered = (AWS, PROM)
    return [
        _fact("C1", "cost.spend.total", float(targets.TOTAL_SPEND), 0.01, BILLS, spend, f"select sum(effective_cost) from {spend}"),
        _fact("C2", "cost.idle.share", [*both], [0.001] * 3, (*BILLS, PROM, PROM_DC1), "fct_idle_cost_daily",
              f"select {three} from fct_idle_cost_daily where split_rule = 'gpu_only'"),
        _fact("C3", "cost.unit.chat-llm.1k_tokens", targets.CHAT_COST_PER_1K_TOKENS, 0.01 * targets.CHAT_COST_PER_1K_TOKENS, metered,
              units, per_unit.format("chat-llm", "1k_tokens")),
        _fact("C4", "cost.unit.fraud-train.epoch", targets.FRAUD_COST_PER_EPOCH, 4.125, metered, units, per_unit.format("fraud-train", "epoch")),
        _fact("C5", "cost.unit.search-embed.1m_vectors", targets.SEARCH_COST_PER_1M_VECTORS, 0.0387, metered, units,
              per_unit.format("search-embed", "1m_vectors")),
        _fact("C6", "cost.fixed.share", targets.FIXED_SHARE, 0.001, BILLS, spend, f"select {fixed} from {spend}"),
        _fact("C7", "cost.trend.spend", [targets.WEEKLY_SPEND_GROWTH, targets.WEEKLY_USAGE_GROWTH], [0.01, 0.01], (*BILLS, PROM),
              "fct_cost_trend", f"select {growth.format('effective_cost')}, {growth.format('usage_units')} from fct_cost_trend"),
        _fact("C8", "cost.untagged.share", targets.UNTAGGED_SHARE, 0.001, BILLS, spend, f"select {chosen.format('not tagged')} from {spend}"),
        _fact("C9", "cost.spot.discount", targets.SPOT_DISCOUNT, 0.01, (AWS,), spend,
              f"select 1 - sum(effective_cost) / sum(list_cost) from {spend} where pricing_category = 'spot'"),
        _fact("C10", "cost.commitment.utilisation", targets.RESERVATION_UTILISATION, 0.01, (AWS,), "fct_commitments",
              "select sum(used_cost) / sum(committed_cost) from fct_commitments"),
        _fact("C11", "cost.region.disallowed", [float(targets.DISALLOWED_REGION_COST), 1], [0.005, 0], (AWS,), spend,
              f"select sum(effective_cost), count(distinct account) from {spend} where region not in ('eu-west-1', 'eu-north', 'dc1')"),
    ]  # fmt: skip


def _lies(bill: Bill) -> list[Fact]:
    mart = "fct_console_lies"
    counted = "count(*) > 0"
    duplicated, missing = day_date(targets.DUPLICATED_BILL_DAY), day_date(targets.MISSING_BILL_DAY)
    day_total = float(sum(charge["EffectiveCost"] for charge in bill.gpu_charges(targets.DUPLICATED_BILL_DAY)))
    work = Traffic(bill)
    tokens = float(work.chat.good[work.billed].sum() * sum(targets.CHAT_PROFILE) / 1000)

    def lie(name: str, columns: str, *subjects: str) -> str:
        condition = " and ".join(NAMES_IT.format(name=subject) for subject in subjects) or "true"
        return LIE.format(columns=columns, lie=name, condition=condition)

    nodes = " and ".join(f"bool_or({NAMES_IT.format(name=node)})" for node in targets.NODES_WITHOUT_EXPORTER)
    day_spend = "(select sum(effective_cost) from fct_gpu_spend_daily where day = date '{}'{})"
    billed_tokens = "(select units from fct_unit_cost where workload = 'chat-llm' and unit = '1k_tokens' and split_rule = 'gpu_only' and basis = 'allocated')"
    return [
        _fact("L1", "cost.lie.L23_gpu_util_vs_sm_active", [targets.CHAT_GPU_UTIL / 100, targets.CHAT_SM_ACTIVE], [0.01, 0.01], (PROM,), mart,
              lie("L23_gpu_util_vs_sm_active", "console_value, true_value", "chat-llm")),
        _fact("L2", "cost.lie.A01_daily_mean_hides_saturation", [targets.SATURATED_MEAN / 100, targets.SATURATED_P95 / 100], [0.01, 0.01],
              (PROM,), mart, lie("A01_daily_mean_hides_saturation", "avg(console_value), avg(true_value)", targets.SATURATED_NODE)),
        _fact("L3", "cost.lie.L24_average_hides_idle_gpus", [targets.LOPSIDED_MEAN / 100, True], [0.01, 0], (PROM,), mart,
              lie("L24_average_hides_idle_gpus", "avg(console_value), bool_and(detail like '%5%' and detail like '%6%' and detail like '%7%')",
                  targets.LOPSIDED_NODE)),
        _fact("L4", "cost.lie.L28_missing_series_read_as_zero", True, 0, (PROM, AWS), mart, lie("L28_missing_series_read_as_zero", nodes)),
        _fact("L5", "cost.lie.A02_counter_reset", [2.0, tokens], [0.02, tokens / 1000], (PROM, AWS), mart,
              lie("A02_counter_reset", f"sum(console_value) / sum(true_value), {billed_tokens}", "chat-llm")),
        _fact("L6", "cost.lie.L17_duplicate_delivery", [True, day_total], [0, 0.01], (AWS,), mart,
              lie("L17_duplicate_delivery", f"{counted}, {day_spend.format(duplicated, '')}", str(duplicated))),
        _fact("L7", "cost.lie.A03_missing_bill_day", [True, 0], [0, 0], (AWS,), mart,
              lie("A03_missing_bill_day", f"{counted}, coalesce({day_spend.format(missing, ' and provider = ' + repr('aws'))}, 0)", str(missing))),
        _fact("L8", "cost.lie.A04_gpu_seconds_as_hours", [True, 96.0], [0, 1e-6], (NIMBUS,), mart,
              lie("A04_gpu_seconds_as_hours",
                  f"{counted}, (select max(hours) from (select sum(gpu_hours) as hours from fct_gpu_spend_daily where node = 'a10g-01' group by day))")),
        _fact("L9", "cost.lie.L16_time_zone", True, 0, (NIMBUS,), mart, lie("L16_time_zone", counted, "08:00")),
        _fact("L10", "cost.lie.A05_resolution_change", True, 0, (PROM,), mart,
              lie("A05_resolution_change", counted, str(day_date(targets.RESOLUTION_CHANGE_DAY)))),
    ]  # fmt: skip


def _reliability() -> list[Fact]:
    modes = {
        "data_issue": 2, "dependency_version_mismatch": 2, "driver_kernel_drift": 3, "model_regression": 2, "scheduling_failure": 4,
        "thermal_throttling": 2, "upstream_api_issue": 3, "vram_exhaustion": 5,
    }  # fmt: skip
    counts = ", ".join(f"sum(incidents + near_misses) filter (mode = '{mode}')" for mode in modes)
    median = "max(detection_p50_minutes) filter (mode = '{}')"
    everyone, found, guard = (PAGES, SLACK, PROM), "fct_incidents", "dim_guardrails"
    unpaged = "not is_near_miss and not paged"
    return [
        _fact("R1", "rel.mode.vram_exhaustion.incidents", [float(n) for n in modes.values()], [0.0] * len(modes), everyone, "fct_failure_modes",
              f"select {counts} from fct_failure_modes"),
        _fact("R2", "rel.incidents.total", [2, "model_regression,upstream_api_issue"], [0, 0], (PAGES, SLACK), found,
              f"select count(*), string_agg(mode, ',' order by mode) from {found} where {unpaged} and customer_visible"),
        _fact("R3", "rel.mode.vram_exhaustion.incidents", 4, 0, (SLACK, PROM), found,
              f"select count(*) from {found} where is_near_miss and mode = 'vram_exhaustion'"),
        _fact("R4", "rel.mode.vram_exhaustion.detection_p50_minutes",
              [targets.VRAM_DETECTION_MINUTES, targets.REGRESSION_DETECTION_MINUTES], [1, 1], everyone, "fct_failure_modes",
              f"select {median.format('vram_exhaustion')}, {median.format('model_regression')} from fct_failure_modes"),
        _fact("R5", "rel.guardrail.GpuMemoryHigh.state", [targets.MEMORY_CROSSINGS, targets.MEMORY_ALERTS], [0, 0], (PROM, REPO), guard,
              f"select conditions_met, fired from {guard} where guardrail = 'GpuMemoryHigh'"),
        _fact("R6", "rel.guardrail.TrainingJobFailed.state", ["untested", 0], [0, 0], (PROM, REPO), guard,
              f"select state, fired from {guard} where guardrail = 'TrainingJobFailed'"),
        _fact("R7", "rel.incidents.total", [23, 9, 8, 6], [0, 0, 0, 0], everyone, found,
              f"select count(*), count(*) filter (paged), count(*) filter ({unpaged}), count(*) filter (is_near_miss) from {found}"),
    ]  # fmt: skip


def _weaknesses() -> list[Fact]:
    spofs, findings = "fct_spofs", "fct_config_findings"
    has = "bool_or(kind = '{}' and (object || ' ' || evidence) ilike '%{}%')"
    five = (("single_gpu_type", "fraud-train"), ("unmirrored_registry", "docker.io"), ("unexplained_pin", "535.104"),
            ("single_replica", "chat-rerank"), ("single_zone", "vector-db"))  # fmt: skip
    any_of = "exists (select 1 from {} where kind = '{}' and object ilike '%{}%')"
    replicas = "exists (select 1 from (select kind, object from {0} union all select kind, object from {1}) where kind ilike '%replica%' and object ilike '%search-embed%')"
    four = (any_of.format(findings, "hpa_cpu_only", "chat-embed"), replicas.format(findings, spofs),
            any_of.format(findings, "tp_pp_mismatch", "docs-summarise"), any_of.format(spofs, "mutable_tag", "docs-batch"))  # fmt: skip
    pending = "select max(try_cast(regexp_extract(evidence, '([0-9.]+) pod-hours', 1) as double)) from {} where kind = 'pending_while_gpus_free'"
    return [
        _fact("S1", "rel.spof", [True] * 5, [0.0] * 5, (REPO, SAID), spofs, f"select {', '.join(has.format(*each) for each in five)} from {spofs}"),
        _fact("S2", "rel.spof", [1, "Job/research-exp"], [0, 0], (REPO,), spofs,
              f"select count(*), max(object) from {spofs} where kind = 'spot_without_checkpoint'"),
        _fact("S3", "rel.spof", [True] * 4, [0.0] * 4, (REPO,), findings, f"select {', '.join(four)}"),
        _fact("S4", "rel.finding.pending_while_gpus_free", targets.PENDING_POD_HOURS, 1, (PROM, REPO), findings, pending.format(findings)),
        _fact("S5", "rel.finding.config_drift", [1, True], [0, 0], (REPO, PROM), findings,
              f"select count(*), bool_or(object ilike '%chat-llm%') from {findings} where kind = 'config_drift'"),
    ]  # fmt: skip


def _objectives() -> list[Fact]:
    base, proposal, replay = "fct_slo_baseline", "fct_slo_proposal", "fct_error_budget_replay"
    current = "select {} from fct_slo_baseline where service = '{}' and sli = '{}'"
    folklore = "bool_or(rationale ilike '%folklore%')"
    spent = "min(cast(day as varchar)) filter (exhausted)"
    return [
        _fact("O1", "slo.chat.latency_p95.current", targets.CHAT_P95_MS, 5, (PROM,), base, current.format("current", "chat", "latency_p95")),
        _fact("O2", "slo.chat.availability.current", [targets.CHAT_AVAILABILITY, targets.CHAT_CEILING], [0.0001, 0.0001], (PROM, SAID), base,
              current.format('"current", ceiling', "chat", "availability")),
        _fact("O3", "slo.docs.availability.proposed", True, 0, (PROM, SAID), proposal,
              f"select {folklore} from {proposal} where service = 'docs' and sli = 'availability'"),
        _fact("O4", "slo.search.latency_within_250ms.current", True, 0, (PROM, SAID), proposal,
              f"select bool_or(not measurable) from {proposal} where service = 'search'"),
        _fact("O5", "slo.fraud.availability.spend", str(day_date(targets.BUDGET_SPENT_DAY)), 0, (PROM_DC1, SAID), replay,
              f"select {spent} from {replay} where service = 'fraud' and sli = 'availability' and objective_source = 'declared'"),
    ]  # fmt: skip


def _beliefs() -> list[Fact]:
    status = "(select status from fct_claims where claim_id = '{}')"
    return [
        _fact("X1", "belief.training-share", [targets.TRAINING_SHARE, "contradicted"], [0.001, 0], (*BILLS, PROM, SAID), "fct_claims",
              f"select value, {status.format('belief.training-share')} from fct_claims where claim_id = 'cost.share.kind.training'"),
        _fact("X2", "belief.batch-keeps-gpus-busy", "untested", 0, (SAID, PROM), "fct_claims",
              f"select {status.format('belief.batch-keeps-gpus-busy')}"),
        _fact("X3", "scope.chat-guard", [1, "chat-guard", 1], [0, 0, 0], (SAID, PROM), "fct_scope",
              "select count(*) filter (verdict = 'not_running'), max(workload) filter (verdict = 'not_running'), "
              "count(*) filter (verdict = 'undeclared') from fct_scope"),
    ]  # fmt: skip


def _none(identity: str, mart: str, condition: str = "true") -> Fact:
    return Fact(identity, "", 0, 0, (SAID,), mart, f"select count(*) from {mart} where {condition}", "")


CONTROL_FACTS = [
    _none("K1", "fct_console_lies"),
    _none("K2", "fct_incidents"),
    _none("K3", "fct_spofs"),
    _none("K4", "fct_config_findings"),
    _none("K5", "fct_scope", "verdict in ('not_running', 'undeclared')"),
    _none("K6", "fct_claims", "status = 'contradicted'"),
    _none("K7", "fct_idle_cost_daily", "idle_class = 'unmeasured' and cost > 0"),
]
