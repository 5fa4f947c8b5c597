"""Cost examples that others published (OpenCost, FOCUS, AWS, llm-d) come out of the whole pipeline with their numbers.

Not expressed, because Assay has no such number: sharing idle or tenancy cost over workloads (OpenCost aggregate-by 4a to 4c).
"""

import json
from typing import Any

import pytest

from tests.conformance.oracle_estate import CORE_RATE, DAY, GIB_RATE, GPU_RATE, Examples, Node, Pod, focus_charge, machine
from tests.conformance.public_estate import SHARED
from tests.conftest import Audited, assay

ORACLES = SHARED / "cost" / "oracles.json"
pytestmark = pytest.mark.skipif(not ORACLES.exists(), reason="needs ../shared beside the checkout (published cost examples)")


def quantities(gpu_price: float, cpu_cost: float, ram_cost: float) -> tuple[float, float]:
    """Cores and GiB that cost so much where a GPU costs `gpu_price`, at OpenCost's ratios."""
    scale = gpu_price / GPU_RATE
    return cpu_cost / (CORE_RATE * scale), ram_cost / (GIB_RATE * scale)


def price_normalisation(oracle: dict[str, Any]) -> list[Pod]:
    """A node of 1 GPU, 1 CPU and 1 GB at base prices 30, 30 and 10 costs 35: quantities stand for the prices. A pod holds each resource."""
    base = oracle["base"]
    cores, gib = quantities(base["gpu"], base["cpu"], base["ram_gb"])
    node = Node("normalisation", "norm-1", oracle["node_price"], cores, gib, 1, {"nvidia_com_gpu": 1})
    return [
        Pod(node, "norm-gpu", "norm-gpu-0", gpus=1),
        Pod(node, "norm-cpu", "norm-cpu-0", containers=((cores, 0),)),
        Pod(node, "norm-ram", "norm-ram-0", containers=((0, gib),)),
    ]


def aggregate_by(oracle: dict[str, Any]) -> list[Pod]:
    """The twelve containers; a GPU costs 1. A cluster's idle cost is spread over its nodes as more cores and memory of the first."""
    idle = {entry["key"]: entry for entry in oracle["idle"]["cluster"]}
    pods = []
    for cluster in ("cluster1", "cluster2"):
        rows = [row for row in oracle["rows"] if row["cluster"] == cluster]
        for number, name in enumerate(sorted({row["node"] for row in rows})):
            held = [row for row in rows if row["node"] == name]
            free = idle[cluster] if number == 0 else {"cpu": 0, "ram": 0}
            cost = {part: sum(row[part] for row in held) for part in ("cpu", "ram", "gpu")}
            cores, gib = quantities(1, cost["cpu"] + free["cpu"], cost["ram"] + free["ram"])
            total = sum(cost.values()) + free["cpu"] + free["ram"]
            node = Node(f"aggregate-{cluster}", f"{cluster}-{name}", total, cores, gib, int(cost["gpu"]), {"nvidia_com_gpu": cost["gpu"]})
            pods += [aggregate_pod(node, pod, held) for pod in sorted({row["pod"] for row in held})]
    return pods


def aggregate_pod(node: Node, pod: str, rows: list[dict[str, Any]]) -> Pod:
    mine = [row for row in rows if row["pod"] == pod]
    containers = tuple(quantities(1, row["cpu"], row["ram"]) for row in mine)
    return Pod(
        node, f"{node.cluster}-{mine[0]['namespace']}", f"{node.cluster}-{pod}", gpus=sum(row["gpu"] for row in mine), containers=containers
    )


def gpu_counts(cases: list[dict[str, Any]]) -> list[Pod]:
    """The bill names no GPU count; a pod asks for one of what Kubernetes offers."""
    pods = []
    for number, case in enumerate(cases):
        labels = {name.replace("/", "_").replace(".", "_"): str(value) for name, value in case["labels"].items()}
        offered = {name.replace("/", "_").replace(".", "_"): float(value) for name, value in case["capacity"].items()}
        node = Node("counts", f"count-{number}", 100, 8, 32, None, offered, labels)
        pods.append(Pod(node, f"count-{number}", f"count-{number}-0", gpus=1, gpu_resource=next(iter(offered))))
    return pods


def inference(cases: list[dict[str, Any]]) -> list[Pod]:
    """Each example's allocation is a node with one GPU."""
    nodes = [Node("inference", f"inference-{n}", case["alloc_cost"], 8, 32, 1, {"nvidia_com_gpu": 1}) for n, case in enumerate(cases)]
    return [
        Pod(
            node,
            case["id"].replace("_", "-"),
            f"{node.name}-0",
            gpus=1,
            active=(0.5,),
            tokens=(case["prompt"], case["gen"]),
            seconds=times(case),
        )
        for node, case in zip(nodes, cases, strict=True)
    ]


def times(case: dict[str, Any]) -> tuple[float, float] | None:
    return (case["prefill"], case["decode"]) if "prefill" in case else None


def primer(oracle: dict[str, Any]) -> list[Pod]:
    """The primer's cores as GPUs: of those that an app asked for, it uses as many as the example says."""
    node = Node("primer", "primer-1", oracle["node_cost"], 8, 32, oracle["cores"], {"nvidia_com_gpu": oracle["cores"]})
    return [Pod(node, name, f"{name}-0", gpus=asked, active=(used / asked,) * asked) for name, (asked, used) in oracle["apps"].items()]


def overcommitted(oracle: dict[str, Any]) -> list[Pod]:
    node = Node("overcommit", "overcommit-1", 10, 8, oracle["node_ram_gb"], 1, {"nvidia_com_gpu": 1})
    return [
        Pod(node, "overcommit", f"overcommit-{n}", containers=((1, asked),), used_gib=used)
        for n, (asked, used) in enumerate(oracle["pods"])
    ]


def undistributable(oracle: dict[str, Any]) -> list[Pod]:
    """The GPU costs 12 and nobody asks for it."""
    idle, held = oracle["idle"], oracle["workload"]
    cores, gib = quantities(idle["gpu"], idle["cpu"] + held["cpu"], idle["ram"] + held["ram"])
    node = Node("undistributable", "lonely-1", sum(idle.values()) + sum(held.values()), cores, gib, 1, {"nvidia_com_gpu": 1})
    return [Pod(node, "lonely", "lonely-0", containers=(quantities(idle["gpu"], held["cpu"], held["ram"]),))]


def commitments(scenarios: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each scenario as a commitment of its own on a GPU machine."""
    return [
        focus_charge(
            f"scenario-{number}",
            row["EffectiveCost"],
            BilledCost=row["BilledCost"],
            SkuPriceDetails=machine(1),
            **({"CommitmentDiscountId": f"commitment-{number}", "PricingCategory": "Committed"} if row["status"] else {}),
            CommitmentDiscountStatus=row["status"] or "",
        )
        for number, scenario in enumerate(scenarios)
        for row in scenario["rows"]
    ]


def late_usage(oracle: dict[str, Any]) -> dict[str, Any]:
    return focus_charge(
        "late-1", oracle["EffectiveCost"], ListCost=oracle["ListCost"], ConsumedQuantity=oracle["hours"], SkuPriceDetails=machine(50)
    )


def negation(oracle: dict[str, Any]) -> list[dict[str, Any]]:
    """The CUR rows, on a GPU machine."""
    start = f"{DAY}T00:00:00Z"
    return [
        {
            "lineItem/UsageStartDate": start,
            "lineItem/UsageEndDate": f"{DAY}T01:00:00Z",
            "lineItem/LineItemType": row["type"],
            "lineItem/UsageType": "BoxUsage:p5.48xlarge",
            "lineItem/UsageAmount": row["hours"],
            "lineItem/UnblendedCost": row["unblended"],
            "lineItem/CurrencyCode": "USD",
            "lineItem/ResourceId": "" if row["type"] == "SavingsPlanNegation" else f"i-plan{number}",
            "product/instanceType": "p5.48xlarge",
            "pricing/unit": "Hrs",
            "savingsPlan/SavingsPlanArn": "arn:aws:savingsplans::1:savingsplan/sp-1",
            "savingsPlan/SavingsPlanEffectiveCost": row.get("effective", ""),
        }
        for number, row in enumerate(oracle["rows"])
    ]


def monthly(oracles: dict[str, Any]) -> float:
    price: float = oracles["opencost_custom_pricing"]["gpu_month"]
    return price


@pytest.fixture(scope="module")
def oracles() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(ORACLES.read_text())
    return loaded


@pytest.fixture(scope="module")
def audited_oracles(oracles: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Audited:
    folder = tmp_path_factory.mktemp("oracles")
    pods = [
        *price_normalisation(oracles["opencost_spec_price_normalisation"]),
        *aggregate_by(oracles["opencost_aggregateby"]),
        *gpu_counts(oracles["opencost_gpu_count"]["cases"]),
        *inference(oracles["opencost_inference"]),
        *primer(oracles["llmd_primer"]),
        *overcommitted(oracles["opencost_negative_idle"]),
        *undistributable(oracles["opencost_idle_undistributable"]),
    ]
    nodes = list({pod.node.name: pod.node for pod in pods}.values())
    charges = [*commitments(oracles["focus_usage_scenarios"]), late_usage(oracles["focus_late_usage"])]
    rented = {"name": "rented-1", "gpus": oracles["opencost_custom_pricing"]["count"], "rent_per_gpu_month": monthly(oracles)}
    audit = Examples(pods, nodes, charges, negation(oracles["aws_cur_sp_negation"]), rented).write(folder / "estate")
    done = assay("run", "--audit", audit, "--home", folder / "home")
    return Audited(folder / "estate", folder / "home", done.stdout + done.stderr)


def allocated(audited: Audited, workload: str, split_rule: str) -> float:
    where = f"workload = '{workload}' and split_rule = '{split_rule}'"
    return float(audited.query(f"select coalesce(sum(allocated_cost), 0) from fct_workload_cost_daily where {where}")[0][0])


def idle(audited: Audited, cluster: str, split_rule: str) -> float:
    where = f"cluster like '{cluster}' and split_rule = '{split_rule}' and idle_class = 'unallocated'"
    return float(audited.query(f"select coalesce(sum(cost), 0) from fct_idle_cost_daily where {where}")[0][0])


def test_the_price_of_a_node_is_split_by_its_base_prices(audited_oracles: Audited, oracles: dict[str, Any]) -> None:
    expected = oracles["opencost_spec_price_normalisation"]["expect"]
    found = {part: allocated(audited_oracles, f"norm-{part}", "opencost") for part in ("gpu", "cpu", "ram")}
    assert found == pytest.approx({"gpu": expected["gpu"], "cpu": expected["cpu"], "ram": expected["ram_gb"]}, abs=1e-5)


def test_namespaces_and_clusters_add_up(audited_oracles: Audited, oracles: dict[str, Any]) -> None:
    """Each container costs 3 more in the example: volume, network and load balancer, which are not GPU spend."""
    rows, expected = oracles["opencost_aggregateby"]["rows"], oracles["opencost_aggregateby"]["expect"]
    for key, case in (("namespace", expected["1b"]), ("cluster", expected["1a"])):
        wanted = {name: cost - 3 * sum(row[key] == name for row in rows) for name, cost in case.items() if name != "__idle__"}
        groups = {name: {f"{row['cluster']}-{row['namespace']}" for row in rows if row[key] == name} for name in wanted}
        found = {name: sum(allocated(audited_oracles, f"aggregate-{space}", "opencost") for space in groups[name]) for name in wanted}
        assert found == pytest.approx(wanted, abs=1e-4)
    assert idle(audited_oracles, "aggregate-%", "opencost") == pytest.approx(expected["1b"]["__idle__"], abs=1e-4)


def test_a_shared_gpu_counts_once(audited_oracles: Audited, oracles: dict[str, Any]) -> None:
    """A pod that asks for one of `vgpu` holds gpu / vgpu GPUs, and pays one part of the node."""
    for number, case in enumerate(oracles["opencost_gpu_count"]["cases"]):
        where = f"workload = 'count-{number}' and split_rule = 'gpu_only'"
        ((hours, cost),) = audited_oracles.query(
            f"select sum(gpu_hours_allocated), sum(allocated_cost) from fct_workload_cost_daily where {where}"
        )
        assert hours == pytest.approx(24 * case["gpu"] / case["vgpu"]), case
        assert float(cost) == pytest.approx(100 / case["vgpu"], abs=1e-5), case


def test_tokens_cost_their_blended_price(audited_oracles: Audited, oracles: dict[str, Any]) -> None:
    """Published a million tokens, in our mart a thousand."""
    for case in oracles["opencost_inference"]:
        where = f"workload = '{case['id'].replace('_', '-')}' and unit = '1k_tokens' and split_rule = 'gpu_only' and basis = 'allocated'"
        ((cost,),) = audited_oracles.query(f"select cost_per_unit from fct_unit_cost where {where}")
        assert float(cost) * 1000 == pytest.approx(case["blended"], abs=case["tol"])


def test_input_and_output_tokens_have_a_price(audited_oracles: Audited, oracles: dict[str, Any]) -> None:
    """By the time in prefill and decode where the example has times, else by the declared ratio. Published a million tokens."""
    for case in oracles["opencost_inference"]:
        where = f"workload = '{case['id'].replace('_', '-')}' and split_rule = 'gpu_only' and basis = 'allocated'"
        query = f"select token_split, input_cost_per_1k, output_cost_per_1k from fct_token_cost where {where}"
        ((split, *prices),) = audited_oracles.query(query)
        assert split == ("prefill_decode_time" if "prefill" in case else "declared_ratio")
        assert [1000 * float(price) for price in prices] == pytest.approx([case["input"], case["output"]], abs=case["tol"]), case


def test_a_price_a_month_is_a_price_an_hour(audited_oracles: Audited, oracles: dict[str, Any]) -> None:
    oracle = oracles["opencost_custom_pricing"]
    query = "select day, effective_cost from fct_gpu_spend_daily where resource_id = 'rented-1'"
    found = dict(audited_oracles.query(query))
    assert float(found[DAY]) / 24 == pytest.approx(oracle["expect_hourly"], abs=1e-6)


def test_commitments_are_used_or_not(audited_oracles: Audited, oracles: dict[str, Any]) -> None:
    for number, scenario in enumerate(oracles["focus_usage_scenarios"]):
        wanted = [sum(row["EffectiveCost"] for row in scenario["rows"] if row["status"] == status) for status in ("Used", "Unused")]
        (found,) = audited_oracles.query(f"select used_cost, unused_cost from fct_commitments where commitment_id = 'commitment-{number}'")
        assert [float(cost) for cost in found] == pytest.approx(wanted)
        resources = f"('scenario-{number}', 'commitment-{number}')"
        ((spend,),) = audited_oracles.query(f"select sum(effective_cost) from fct_gpu_spend_daily where resource_id in {resources}")
        assert float(spend) == pytest.approx(scenario["effective_total"])


def test_late_usage_counts_on_its_own_day(audited_oracles: Audited, oracles: dict[str, Any]) -> None:
    oracle = oracles["focus_late_usage"]
    query = "select day, effective_cost, list_cost from fct_gpu_spend_daily where resource_id = 'late-1'"
    assert audited_oracles.query(query) == [(DAY, oracle["EffectiveCost"], oracle["ListCost"])]


def test_a_savings_plan_costs_its_rate(audited_oracles: Audited, oracles: dict[str, Any]) -> None:
    query = "select sum(effective_cost), sum(billed_cost) from fct_gpu_spend_daily where resource_id like 'i-plan%'"
    ((effective, billed),) = audited_oracles.query(query)
    assert (float(effective), float(billed)) == pytest.approx((oracles["aws_cur_sp_negation"]["amortized"], 0))


def test_allocated_used_and_idle_of_the_primer(audited_oracles: Audited, oracles: dict[str, Any]) -> None:
    """Idle handed out in proportion is aws_scad, the one rule of ours that does so."""
    oracle = oracles["llmd_primer"]
    assert idle(audited_oracles, "primer", "gpu_only") == pytest.approx(oracle["idle"], abs=1e-5)
    for app, wanted in oracle["expect"].items():
        where = f"workload = '{app}' and split_rule = 'gpu_only'"
        (found,) = audited_oracles.query(f"select sum(allocated_cost), sum(used_cost) from fct_workload_cost_daily where {where}")
        assert [float(cost) for cost in found] == pytest.approx([wanted["alloc"], wanted["used"]], abs=1e-5)
        assert allocated(audited_oracles, app, "aws_scad") == pytest.approx(wanted["with_idle"], abs=1e-5)


def test_memory_claimed_beyond_the_node_is_a_finding_and_no_negative_cost(audited_oracles: Audited, oracles: dict[str, Any]) -> None:
    oracle = oracles["opencost_negative_idle"]
    assert audited_oracles.query("select count(*) from fct_idle_cost_daily where cost < 0") == [(0,)]
    query = "select console_value, true_value from fct_console_lies where lie_id like 'L22%' and subject = 'overcommit-1'"
    ((claimed, there),) = audited_oracles.query(query)
    assert (claimed, there) == pytest.approx((oracle["alloc_gb"] / oracle["node_ram_gb"], 1))


def test_idle_of_a_gpu_that_nobody_asked_for_stays_idle(audited_oracles: Audited, oracles: dict[str, Any]) -> None:
    """OpenCost hands out idle cores and memory; we hand out none (opencost), so that workload and idle are the example's inputs.

    The GPU's idle cost stays idle in both. aws_scad leaves a node that ran pods no idle cost (it is spread), so it is not asked.
    """
    oracle = oracles["opencost_idle_undistributable"]
    held, free = sum(oracle["workload"].values()), sum(oracle["idle"].values())
    assert allocated(audited_oracles, "lonely", "opencost") == pytest.approx(held, abs=1e-4)
    assert idle(audited_oracles, "undistributable", "opencost") == pytest.approx(free, abs=1e-4)
    assert allocated(audited_oracles, "lonely", "gpu_only") == 0
    assert idle(audited_oracles, "undistributable", "gpu_only") == pytest.approx(held + free, abs=1e-4)


def test_no_day_lost_a_cent(audited_oracles: Audited) -> None:
    assert audited_oracles.query("select status from fct_assumptions where assumption_id = 'allocation_identity'") == [("held",)]
