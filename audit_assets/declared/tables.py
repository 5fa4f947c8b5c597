"""audit.yaml as tables. Each is a snapshot; a declared value is only ever a declared value."""

import pyarrow as pa

from audit_assets.tables import TEXT_LIST, TEXT_MAP, TIMESTAMP, Column, Table

TEXT, NUMBER, DAY, COUNT = pa.string(), pa.float64(), pa.date32(), pa.int64()


def _snapshot(name: str, description: str, *columns: Column) -> Table:
    return Table(name=name, kind="declared", description=description, columns=columns, snapshot=True)


DECLARED_AUDIT = _snapshot(
    "declared_audit",
    "The one audit.",
    Column("audit", TEXT, "name"),
    Column("currency", TEXT, "ISO 4217"),
    Column("window_start", DAY, "first day"),
    Column("window_end", DAY, "last day, inclusive"),
    Column("stakeholder", TEXT, "name"),
    Column("review_date", DAY, "date of the review"),
    Column("review_attendees", TEXT_LIST, "who attends"),
    Column("cost_owner", TEXT, "owner of the cost track"),
    Column("reliability_owner", TEXT, "owner of the reliability track"),
    Column("slo_owner", TEXT, "owner of the SLO track"),
    Column("roadmap_owner", TEXT, "owner of the roadmap track"),
    Column("allowed_regions", TEXT_LIST, "policy.allowed_regions"),
    Column("peak_hours", TEXT, "policy.peak_hours, UTC"),
    Column("required_tags", TEXT_LIST, "policy.required_tags"),
    Column("mirrors", TEXT_LIST, "policy.mirrors"),
    Column("shared_cost", TEXT, "policy.shared_cost"),
    Column("days_per_owner", NUMBER, "policy.days_per_owner, person-days in four weeks"),
)
DECLARED_SOURCES = _snapshot(
    "declared_sources",
    "The sources that the audit reads.",
    Column("source", TEXT, "name"),
    Column("source_group", TEXT, "billing, incidents, metrics or manifests"),
    Column("kind", TEXT, "kind in audit.yaml"),
    Column("cluster", TEXT, "cluster, where the source has one"),
)
DECLARED_SERVICES = _snapshot(
    "declared_services",
    "The services in scope and what is promised.",
    Column("service", TEXT, "name"),
    Column("owner", TEXT, "owner"),
    Column("consumer", TEXT, "who relies on it"),
    Column("depends_on", TEXT_LIST, "services it directly depends on"),
    Column("latency_percentile", NUMBER, "e.g. 95"),
    Column("latency_threshold_ms", NUMBER, "ms"),
    Column("availability_objective", NUMBER, "share 0..1"),
    Column("availability_window_days", COUNT, "days"),
    Column("tolerance_latency_ms", NUMBER, "ms"),
    Column("tolerance_retries", COUNT, "retries"),
    Column("tolerance_timeout_ms", NUMBER, "ms"),
)
DECLARED_WORKLOADS = _snapshot(
    "declared_workloads",
    "The workloads in scope and how they are recognised.",
    Column("service", TEXT, "service"),
    Column("workload", TEXT, "name"),
    Column("kind", TEXT, "inference, training, embeddings or batch"),
    Column("namespace", TEXT, "match.namespace"),
    Column("labels", TEXT_MAP, "match.labels"),
    Column("billing_tags", TEXT_MAP, "match.billing_tags"),
    Column("units_counter", TEXT, "units.counter"),
    Column("input_tokens", NUMBER, "reference profile, tokens"),
    Column("output_tokens", NUMBER, "reference profile, tokens"),
    Column("output_price_ratio", NUMBER, "price of an output token ÷ price of an input token, as declared"),
    Column("dataset_gb", NUMBER, "reference profile, GB"),
    Column("epochs", NUMBER, "reference profile, epochs"),
    Column("tokens_per_vector", NUMBER, "reference profile, tokens"),
)
DECLARED_BELIEFS = _snapshot(
    "declared_beliefs",
    "What people hold true.",
    Column("belief_id", TEXT, "id"),
    Column("statement", TEXT, "in words"),
    Column("claim_id", TEXT, "the claim it is about"),
    Column("expected", NUMBER, "in the claim's unit"),
    Column("tolerance", NUMBER, "absolute"),
)
DECLARED_GUARDRAILS = _snapshot(
    "declared_guardrails",
    "Guardrails that are said to exist.",
    Column("guardrail", TEXT, "name; an alert's name for kind alert"),
    Column("mode", TEXT, "failure mode"),
    Column("kind", TEXT, "alert, pdb, quota, …"),
    Column("tested_on", DAY, "declared last test"),
    Column("evidence", TEXT, "link or note"),
)
DECLARED_PINS = _snapshot(
    "declared_pins",
    "Versions held on purpose.",
    Column("what", TEXT, "e.g. driver 535.104"),
    Column("location", TEXT, "where"),
    Column("reason", TEXT, "why; null is a finding"),
)
DECLARED_PRICES = _snapshot(
    "declared_prices",
    "Declared prices, which win over the shipped ones.",
    Column("item", TEXT, "instance type"),
    Column("usd_per_hour", NUMBER, "per hour"),
)
DECLARED_MACHINES = _snapshot(
    "declared_machines",
    "Declared GPUs of machine types, which win over the shipped ones.",
    Column("item", TEXT, "instance type"),
    Column("gpus", NUMBER, "GPUs of one machine; 0 when it has none"),
    Column("gpu_model", TEXT, "GPU model; null when not declared"),
)
DECLARED_EXCHANGE_RATES = _snapshot(
    "declared_exchange_rates",
    "What other currencies are worth in the audit's.",
    Column("currency", TEXT, "ISO 4217"),
    Column("rate", NUMBER, "units of the audit's currency for one unit of this one"),
    Column("since", DAY, "first day of charges that it holds for; null is ever"),
    Column("rate_source", TEXT, "where the rate is from"),
)
DECLARED_INCIDENT_OVERRIDES = _snapshot(
    "declared_incident_overrides",
    "What people say of incidents; it wins over what was found.",
    Column("position", COUNT, "place in the list, 1-based; a later one wins"),
    Column("incident_id", TEXT, "incident, or a member of it"),
    Column("mode", TEXT, "failure mode; null when not declared, as for the others"),
    Column("service", TEXT, "service that was hit"),
    Column("severity", TEXT, "in the words of the organisation"),
    Column("started_at", TIMESTAMP, "UTC"),
    Column("detected_at", TIMESTAMP, "UTC"),
    Column("acknowledged_at", TIMESTAMP, "UTC"),
    Column("mitigated_at", TIMESTAMP, "UTC"),
    Column("resolved_at", TIMESTAMP, "UTC"),
    Column("merge_into", TEXT, "incident that it is the same as"),
    Column("is_incident", pa.bool_(), "false: it was none; true: it was one, whatever the rules say"),
    Column("reason", TEXT, "why"),
)
DECLARED_CHECKLIST = _snapshot(
    "declared_checklist",
    "What people answer to requirements of the readiness scorecard.",
    Column("requirement_id", TEXT, "requirement, e.g. AUD-04"),
    Column("answer", TEXT, "yes, no or not_applicable"),
    Column("evidence", TEXT, "link or note"),
    Column("said_by", TEXT, "who says so"),
    Column("said_on", DAY, "when"),
)
DECLARED_EFFORTS = _snapshot(
    "declared_efforts",
    "What a fix takes here, where that is known better than the shipped table.",
    Column("subject", TEXT, "failure mode or kind of single point of failure"),
    Column("effort_days", NUMBER, "days of one engineer"),
)

TABLES = (
    DECLARED_AUDIT,
    DECLARED_SOURCES,
    DECLARED_SERVICES,
    DECLARED_WORKLOADS,
    DECLARED_BELIEFS,
    DECLARED_GUARDRAILS,
    DECLARED_PINS,
    DECLARED_PRICES,
    DECLARED_MACHINES,
    DECLARED_EXCHANGE_RATES,
    DECLARED_INCIDENT_OVERRIDES,
    DECLARED_CHECKLIST,
    DECLARED_EFFORTS,
)
