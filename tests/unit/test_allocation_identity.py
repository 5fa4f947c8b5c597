"""Whatever runs where, and however it is billed: what workloads held, what nobody held and unused commitments add up to the bill."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.compiled_models import CompiledModels

DAY = datetime(2026, 9, 1, tzinfo=UTC)
HOURS = [DAY + timedelta(hours=hour) for hour in (0, 1, 23)]
MACHINES = {"p5.48xlarge": 8, "g5.xlarge": 1, "p4d.24xlarge": 8}
GOALS = ("int_checks__allocation_identity", "int_checks__gpus_not_oversubscribed", "int_checks__nodes_billed")

prices = st.decimals(min_value=Decimal("0.0001"), max_value=500, places=4)
shares = st.one_of(st.none(), st.floats(0, 1))
node_strategy = st.fixed_dictionaries(
    {
        "machine": st.sampled_from(sorted(MACHINES)),
        "price": st.one_of(prices, prices, st.none()),  # None: no bill holds it
        "hours": st.sampled_from([1, 2, 24]),
        "category": st.sampled_from(["Standard", "Committed", "Dynamic"]),
        "correction": st.one_of(st.none(), st.decimals(min_value=-20, max_value=20, places=2)),
        "allocatable": st.sampled_from([8.0, 1.0, 32.0, 0.0, None]),
        "cores": st.sampled_from([192.0, 4.0, None]),
        "seen_by_kubernetes": st.sampled_from([True, True, True, False]),
    }
)
pod_strategy = st.fixed_dictionaries(
    {
        "node": st.integers(0, 2),
        "namespace": st.sampled_from(["chat", "research"]),
        "requested": st.sampled_from([1.0, 8.0, 4.0, 0.25, 0.0, None]),
        "running": st.sampled_from([1.0, 1.0, 0.4, 0.0, None]),
        "cpu": st.sampled_from([2.0, 64.0, 0.0, None]),
        "shown": st.integers(0, 8),  # GPUs on which the exporter names this pod
        "sm_active": shares,
        "util": shares,
        "hours": st.sets(st.integers(0, 2), min_size=1),
    }
)
estates = st.tuples(
    st.lists(node_strategy, min_size=1, max_size=3),
    st.lists(pod_strategy, min_size=1, max_size=6),
    st.one_of(st.none(), prices),  # an unused commitment
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    return CompiledModels(tmp_path_factory.mktemp("compiled"), GOALS)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(estate=estates)
def test_parts_add_up_to_the_bill(models: CompiledModels, estate: tuple[Any, Any, Any]) -> None:
    nodes, pods, unused = estate
    billed = sum((node["price"] + (node["correction"] or 0) for node in nodes if node["price"] is not None), Decimal(0)) + (unused or 0)
    with models.run(_lake(nodes, pods, unused)) as connection:
        spend = connection.execute("select coalesce(sum(effective_cost), 0) from fct_gpu_spend_daily").fetchall()[0][0]
        verdicts = connection.execute("select subject, ok, detail from int_checks__allocation_identity").fetchall()
        negative = connection.execute(
            "select workload from fct_workload_cost_daily where allocated_cost < -0.000001 and workload <> '__unattributed__'"
        ).fetchall()
    anything = unused is not None or any(node["price"] is not None for node in nodes)
    assert abs(spend - billed) < Decimal("0.0001")
    assert [verdict for verdict in verdicts if not verdict[1]] == []
    assert len(verdicts) == (3 if anything else 0)
    if not any((node["correction"] or 0) < 0 for node in nodes):
        assert negative == []


def _lake(nodes: list[dict[str, Any]], pods: list[dict[str, Any]], unused: Decimal | None) -> dict[str, list[dict[str, Any]]]:
    charges = [charge for number, node in enumerate(nodes) for charge in _charges(number, node)]
    charges += [] if unused is None else [_charge("sp-1", unused, commitment_discount_status="Unused", commitment_discount_id="sp-1")]
    return {
        "declared_audit": [{"audit": "a", "currency": "USD", "window_start": DAY.date(), "window_end": DAY.date()}],
        "charges": [row | {"source_row": number, "row_fingerprint": number} for number, row in enumerate(charges)],
        "node_hourly": [row for number, node in enumerate(nodes) if node["seen_by_kubernetes"] for row in _node_hours(number, node)],
        "pod_hourly": [row for number, pod in enumerate(pods) for row in _pod_hours(number, pod, len(nodes))],
        "gpu_hourly": _gpu_hours(nodes, pods),
    }


def _charges(number: int, node: dict[str, Any]) -> list[dict[str, Any]]:
    if node["price"] is None:
        return []
    running = {
        "instance_type": node["machine"],
        "pricing_category": node["category"],
        "consumed_quantity": float(node["hours"]),
        "consumed_unit": "Hours",
        "commitment_discount_id": "sp-1" if node["category"] == "Committed" else None,
        "commitment_discount_status": "Used" if node["category"] == "Committed" else None,
    }
    resource = f"i-{number}"
    made = [_charge(resource, node["price"], **running)]
    return made if node["correction"] is None else [*made, _charge(resource, node["correction"], **running, charge_class="Correction")]


def _charge(resource: str, cost: Decimal, **columns: Any) -> dict[str, Any]:
    return {
        "source": "bill",
        "provider": "aws",
        "sub_account_id": "1",
        "region_id": "us-east-1",
        "resource_id": resource,
        "service_name": "Amazon Elastic Compute Cloud",
        "service_category": "Compute",
        "instance_type": "p5.48xlarge",
        "charge_category": "Usage",
        "charge_period_start": DAY,
        "charge_period_end": DAY + timedelta(days=1),
        "billed_cost": cost,
        "effective_cost": cost,
        "list_cost": cost,
        "billing_currency": "USD",
        "source_uri": "bill.parquet",
        **columns,
    }


def _node_hours(number: int, node: dict[str, Any]) -> list[dict[str, Any]]:
    known = {
        "source": "prom",
        "cluster": "c",
        "node": f"node-{number}",
        "resource_id": f"i-{number}",
        "instance_type": node["machine"],
        "gpus_allocatable": node["allocatable"],
        "cpu_allocatable": node["cores"],
        "memory_allocatable_gib": 64.0,
        "samples": 60,
        "coverage": 1.0,
    }
    return [known | {"hour": hour} for hour in HOURS]


def _pod_hours(number: int, pod: dict[str, Any], n_nodes: int) -> list[dict[str, Any]]:
    known = {
        "source": "prom",
        "cluster": "c",
        "namespace": pod["namespace"],
        "pod": f"pod-{number}",
        "node": f"node-{pod['node'] % n_nodes}",
        "owner_kind": "Deployment",
        "owner_name": f"owner-{number}",
        "running_share": pod["running"],
        "gpus_requested": pod["requested"],
        "cpu_requested": pod["cpu"],
        "memory_requested_gib": 1.0,
        "samples": 60,
        "coverage": 1.0,
    }
    return [known | {"hour": HOURS[hour]} for hour in sorted(pod["hours"])]


def _gpu_hours(nodes: list[dict[str, Any]], pods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the exporter says: pods take a node's GPUs one after the other, as far as there are any."""
    rows, taken = [], dict.fromkeys(range(len(nodes)), 0)
    for number, pod in enumerate(pods):
        place = pod["node"] % len(nodes)
        free = MACHINES[nodes[place]["machine"]] - taken[place]
        held = range(taken[place], taken[place] + min(pod["shown"], free))
        taken[place] += len(held)
        rows += [_gpu_hour(place, gpu, number, pod, hour) for gpu in held for hour in sorted(pod["hours"])]
    return rows


def _gpu_hour(place: int, gpu: int, number: int, pod: dict[str, Any], hour: int) -> dict[str, Any]:
    return {
        "source": "prom",
        "cluster": "c",
        "node": f"node-{place}",
        "gpu": str(gpu),
        "gpu_uuid": f"GPU-{place}-{gpu}",
        "gpu_model": "NVIDIA H100 80GB HBM3",
        "namespace": pod["namespace"],
        "pod": f"pod-{number}",
        "hour": HOURS[hour],
        "sm_active_mean": pod["sm_active"],
        "gpu_util_mean": pod["util"],
        "samples": 60,
        "coverage": 1.0,
    }
