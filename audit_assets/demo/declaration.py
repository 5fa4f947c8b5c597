"""audit.yaml of an estate: what its people say about it, true or not."""

from pathlib import Path
from typing import Any

import yaml

from audit_assets.demo.clock import DAYS, END
from audit_assets.demo.targets import (
    CHAT_PROFILE,
    FRAUD_DATASET_GB,
    FRAUD_OBJECTIVE,
    FRAUD_WINDOW_DAYS,
)

HEADER = "# A synthetic estate (see `assay demo`). Everything named here is made up.\n"


def write_declaration(path: Path, seed: int, control: bool) -> None:
    """Write audit.yaml to `path`."""
    content: dict[str, Any] = {
        "version": 1,
        "audit": _audit(seed, control),
        "sources": _sources(),
        "scope": {"services": _services(control)},
        "beliefs": CONTROL_BELIEFS if control else BELIEFS,
        "guardrails": CONTROL_GUARDRAILS if control else GUARDRAILS,
        "pins": [PIN | {"reason": "535.129 hangs on NVLink reset; vendor case 118-204, review 2026-12"}] if control else [PIN],
        "policy": {
            "allowed_regions": ["eu-west-1", "eu-north", "dc1"],
            "peak_hours": "08:00-20:00",
            "required_tags": ["team", "env"],
            "mirrors": ["registry.acme.example"],
            "shared_cost": "none",
        },
    }
    path.write_text(HEADER + yaml.safe_dump(content, sort_keys=False, width=120), encoding="utf-8")


def _audit(seed: int, control: bool) -> dict[str, Any]:
    return {
        "name": f"acme-{'control' if control else 'demo'}-{seed}",
        "currency": "USD",
        "window": {"days": DAYS, "end": END},
        "stakeholder": {"name": "Ines Kovac", "contact": "ines.kovac@acme.example"},
        "review": {"date": END.replace(day=27), "attendees": ["Ines Kovac", "team-platform", "team-fraud"]},
        "track_owners": {"cost": "team-finops", "reliability": "team-platform", "slo": "team-platform", "roadmap": "team-platform"},
    }


def _sources() -> dict[str, Any]:
    return {
        "billing": [
            {"name": "aws", "kind": "focus", "uri": "billing/aws/"},
            {"name": "nimbus", "kind": "focus", "uri": "billing/nimbus/"},
            {"name": "dc1-bill", "kind": "focus", "uri": "billing/dc1/", "as": "on_prem"},
        ],
        "incidents": [
            {"name": "pagerduty", "kind": "pagerduty", "uri": "incidents/pagerduty/"},
            {"name": "slack", "kind": "slack", "uri": "incidents/slack-export.zip"},
        ],
        "metrics": [
            {"name": "prom-eu", "kind": "openmetrics", "uri": "metrics/prod-eu/", "cluster": "prod-eu"},
            {"name": "prom-dc1", "kind": "openmetrics", "uri": "metrics/dc1/", "cluster": "dc1"},
        ],
        "manifests": [
            {"name": "repo-eu", "kind": "files", "uri": "manifests/prod-eu/", "cluster": "prod-eu"},
            {"name": "repo-dc1", "kind": "files", "uri": "manifests/dc1/", "cluster": "dc1"},
        ],
    }


def _workload(namespace: str, name: str, kind: str, profile: dict[str, Any] | None = None, counter: str = "") -> dict[str, Any]:
    workload: dict[str, Any] = {"name": name, "kind": kind, "match": {"namespace": namespace, "labels": {"app": name}}}
    if profile:
        workload["reference_profile"] = profile
    if counter:
        workload["units"] = {"counter": counter}
    return workload


def _services(control: bool) -> list[dict[str, Any]]:
    tokens = dict(zip(("input_tokens", "output_tokens"), CHAT_PROFILE, strict=True))
    epoch = {"dataset_gb": FRAUD_DATASET_GB, "epochs": 1}
    return [
        {
            "name": "chat",
            "owner": "team-chat",
            "consumer": "paying customer",
            "depends_on": ["search", "docs"],
            "workloads": [
                _workload("chat", "chat-llm", "inference", tokens),
                _workload("chat", "chat-embed", "embeddings", {"tokens_per_vector": 256}),
                _workload("chat", "chat-rerank", "inference"),
                _workload("chat", "chat-guard", "inference"),
            ],
            "slo": _slo(0.99 if control else 0.995, 30, 95, 800 if control else 500, {"latency_ms": 900, "retries": 1, "timeout_ms": 2000}),
        },
        {
            "name": "search",
            "owner": "team-search",
            "consumer": "internal team",
            "workloads": [
                _workload("search", "search-query", "inference"),
                _workload("search", "search-embed", "embeddings", {"tokens_per_vector": 256}, "embedding_vectors_total"),
            ],
            "slo": _slo(0.998, 30, 99, 500 if control else 250, {"latency_ms": 600, "retries": 2}),
        },
        {
            "name": "fraud",
            "owner": "team-fraud",
            "consumer": "downstream automation",
            "workloads": [
                _workload("fraud", "fraud-train", "training", epoch, "fraud_training_epochs_total"),
                _workload("fraud", "fraud-score", "inference"),
            ],
            "slo": _slo(FRAUD_OBJECTIVE, FRAUD_WINDOW_DAYS, 95, 250, {"latency_ms": 300, "retries": 0, "timeout_ms": 500}),
        },
        {
            "name": "docs",
            "owner": "team-docs",
            "consumer": "internal team",
            "workloads": [
                _workload("docs", "docs-summarise", "inference", {"input_tokens": 3000, "output_tokens": 400}),
                _workload("docs", "docs-batch", "batch", None, "docs_batch_jobs_total"),
            ],
            "slo": _slo(0.995 if control else 0.9999, 30, 95, 10_000, {"latency_ms": 20_000, "retries": 3}),
        },
        {
            "name": "research",
            "owner": "team-research",
            "consumer": "internal team",
            "workloads": [_workload("research", "research-exp", "training", {"dataset_gb": 40, "epochs": 1}, "research_epochs_total")],
        },
    ]


def _slo(objective: float, days: int, percentile: float, threshold_ms: float, tolerance: dict[str, Any]) -> dict[str, Any]:
    return {
        "latency": {"percentile": percentile, "threshold_ms": threshold_ms},
        "availability": {"objective": objective, "window_days": days},
        "tolerance": tolerance,
    }


BELIEFS = [
    {"id": "training-share", "statement": "Training is 40 % of our GPU spend", "claim": "cost.share.kind.training",
     "expected": 0.40, "tolerance": 0.05},
    {"id": "spot-saves-70", "statement": "Spot saves us 70 %", "claim": "cost.spot.discount", "expected": 0.70, "tolerance": 0.03},
    {"id": "two-thirds-fixed", "statement": "About two thirds of the GPU bill is fixed", "claim": "cost.fixed.share",
     "expected": 0.67, "tolerance": 0.02},
    {"id": "batch-keeps-gpus-busy", "statement": "docs-batch keeps its GPUs 70 % busy", "claim": "gpu.sm_active.docs-batch",
     "expected": 0.70, "tolerance": 0.10},
]  # fmt: skip
CONTROL_BELIEFS = [
    {"id": "spot-saves-half", "statement": "Spot saves us about half", "claim": "cost.spot.discount", "expected": 0.5, "tolerance": 0.05},
]
GUARDRAILS = [
    {"name": "GpuMemoryHigh", "mode": "vram_exhaustion", "kind": "alert", "tested": "2026-07-02", "evidence": "game day, wiki/GD-14"},
    {"name": "TrainingJobFailed", "mode": "data_issue", "kind": "alert"},
    {"name": "GpuThermalThrottle", "mode": "thermal_throttling", "kind": "alert"},
]
CONTROL_GUARDRAILS = [
    {"name": "GpuMemoryHigh", "mode": "vram_exhaustion", "kind": "alert", "tested": "2026-11-02", "evidence": "game day, wiki/GD-21"},
]
PIN: dict[str, Any] = {"what": "driver 535.104", "where": "GPU nodes of prod-eu"}
