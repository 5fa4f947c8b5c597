"""audit.yaml turned into rows. What is not declared is null, never a default that looks declared."""

from collections.abc import Iterator

from audit_assets.audit import Audit
from audit_assets.audit_scope import Service, Workload
from audit_assets.declared import tables
from audit_assets.source import Partition
from audit_assets.tables import Table

Rows = list[dict[str, object]]


def declared_partitions(audit: Audit) -> Iterator[Partition]:
    """Every declared table, committed under the last day of the window."""
    for table, rows in (
        (tables.DECLARED_AUDIT, [_audit_row(audit)]),
        (tables.DECLARED_SOURCES, _source_rows(audit)),
        (tables.DECLARED_SERVICES, [_service_row(service) for service in audit.scope.services]),
        (tables.DECLARED_WORKLOADS, [_workload_row(s, w) for s in audit.scope.services for w in s.workloads]),
        (tables.DECLARED_BELIEFS, _belief_rows(audit)),
        (tables.DECLARED_GUARDRAILS, _guardrail_rows(audit)),
        (
            tables.DECLARED_PINS,
            _pin_rows(audit),
        ),
        (
            tables.DECLARED_PRICES,
            [{"item": item, "usd_per_hour": price} for item, price in audit.prices.items()],
        ),
        (tables.DECLARED_MACHINES, _machine_rows(audit)),
        (tables.DECLARED_EXCHANGE_RATES, _rate_rows(audit)),
        (tables.DECLARED_INCIDENT_OVERRIDES, _override_rows(audit)),
        (tables.DECLARED_CHECKLIST, [{"requirement_id": name, **given.model_dump()} for name, given in sorted(audit.checklist.items())]),
        (tables.DECLARED_EFFORTS, [{"subject": subject, "effort_days": days} for subject, days in audit.efforts.items()]),
    ):
        yield _partition(audit, table, rows)


def _machine_rows(audit: Audit) -> Rows:
    return [{"item": item, "gpus": machine.gpus, "gpu_model": machine.gpu_model} for item, machine in audit.machines.items()]


def _partition(audit: Audit, table: Table, rows: Rows) -> Partition:
    return Partition(table, audit.window.end, table.rows(rows), gap_reason=None if rows else "nothing is declared")


def _audit_row(audit: Audit) -> dict[str, object]:
    section, owners, policy = audit.audit, audit.audit.track_owners, audit.policy
    return {
        "audit": section.name,
        "currency": section.currency,
        "window_start": audit.window.start,
        "window_end": audit.window.end,
        "stakeholder": section.stakeholder.name if section.stakeholder else None,
        "review_date": section.review.date if section.review else None,
        "review_attendees": section.review.attendees if section.review else [],
        "cost_owner": owners.cost,
        "reliability_owner": owners.reliability,
        "slo_owner": owners.slo,
        "roadmap_owner": owners.roadmap,
        "allowed_regions": policy.allowed_regions,
        "peak_hours": policy.peak_hours,
        "required_tags": policy.required_tags,
        "mirrors": policy.mirrors,
        "shared_cost": policy.shared_cost,
        "days_per_owner": policy.days_per_owner,
    }


def _source_rows(audit: Audit) -> Rows:
    return [
        {
            "source": source.name,
            "source_group": group,
            "kind": source.kind,
            "cluster": getattr(source, "cluster", None),
        }
        for group in ("billing", "incidents", "metrics", "manifests")
        for source in getattr(audit.sources, group)
    ]


def _service_row(service: Service) -> dict[str, object]:
    latency, availability, tolerance = service.slo.latency, service.slo.availability, service.slo.tolerance
    return {
        "service": service.name,
        "owner": service.owner,
        "consumer": service.consumer,
        "depends_on": service.depends_on,
        "latency_percentile": latency.percentile if latency else None,
        "latency_threshold_ms": latency.threshold_ms if latency else None,
        "availability_objective": availability.objective if availability else None,
        "availability_window_days": availability.window_days if availability else None,
        "tolerance_latency_ms": tolerance.latency_ms,
        "tolerance_retries": tolerance.retries,
        "tolerance_timeout_ms": tolerance.timeout_ms,
    }


def _workload_row(service: Service, workload: Workload) -> dict[str, object]:
    return {
        "service": service.name,
        "workload": workload.name,
        "kind": workload.kind,
        "namespace": workload.match.namespace,
        "labels": workload.match.labels,
        "billing_tags": workload.match.billing_tags,
        "units_counter": workload.units.counter if workload.units else None,
        **workload.reference_profile.model_dump(),
    }


def _pin_rows(audit: Audit) -> Rows:
    return [{"what": pin.what, "location": pin.where, "reason": pin.reason} for pin in audit.pins]


def _rate_rows(audit: Audit) -> Rows:
    return [
        {"currency": rate.currency, "rate": rate.rate, "since": rate.since, "rate_source": rate.source} for rate in audit.exchange_rates
    ]


def _override_rows(audit: Audit) -> Rows:
    return [
        {
            "position": position,
            "incident_id": one.incident,
            "mode": one.mode,
            "service": one.service,
            "severity": one.severity,
            "started_at": one.started,
            "detected_at": one.detected,
            "acknowledged_at": one.acknowledged,
            "mitigated_at": one.mitigated,
            "resolved_at": one.resolved,
            "merge_into": one.merge_into,
            "is_incident": one.is_incident,
            "reason": one.reason,
        }
        for position, one in enumerate(audit.incident_overrides, 1)
    ]


def _belief_rows(audit: Audit) -> Rows:
    return [
        {
            "belief_id": belief.id,
            "statement": belief.statement,
            "claim_id": belief.claim,
            "expected": belief.expected,
            "tolerance": belief.tolerance,
        }
        for belief in audit.beliefs
    ]


def _guardrail_rows(audit: Audit) -> Rows:
    return [
        {
            "guardrail": guardrail.name,
            "mode": guardrail.mode,
            "kind": guardrail.kind,
            "tested_on": guardrail.tested,
            "evidence": guardrail.evidence,
        }
        for guardrail in audit.guardrails
    ]
