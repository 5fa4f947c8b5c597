"""Rollups of GPUs, nodes, pods, alerts and thresholds: units, holders, owners, and what is missing stays missing."""

from datetime import timedelta

import pytest

from tests.unit.metrics_text import DAY, DAY_START, rolled_up, write_text

GPU = 'gpu="0",UUID="GPU-1",modelName="NVIDIA A100",Hostname="a100-01"'


def _every(series, values, step=300, start=0):
    """A series with a sample every `step` seconds."""
    return "".join(f"{series} {value} {DAY_START + start + step * number}\n" for number, value in enumerate(values))


def _rows(folder, table, *texts):
    write_text(folder, "".join(texts), "metrics.prom")
    return rolled_up(folder, [DAY])[table].to_pylist()


def test_gpu_hour_in_shares_and_units(tmp_path):
    held = GPU + ',namespace="chat",pod="llm-0"'
    (row,) = _rows(
        tmp_path,
        "gpu_hourly",
        _every(f"DCGM_FI_DEV_GPU_UTIL{{{held}}}", [90, 100] * 6),
        _every(f"DCGM_FI_PROF_SM_ACTIVE{{{held}}}", [0.25, 0.35] * 6),
        _every(f"DCGM_FI_DEV_FB_USED{{{held}}}", [30000, 60000] * 6),
        _every(f"DCGM_FI_DEV_FB_FREE{{{held}}}", [50000, 20000] * 6),
        _every(f"DCGM_FI_DEV_POWER_USAGE{{{held}}}", [300] * 12),
        _every(f"DCGM_FI_DEV_GPU_TEMP{{{held}}}", [60, 71] * 6),
        _every(f"DCGM_FI_DEV_XID_ERRORS{{{held}}}", [0] * 6 + [79] * 6),
        _every(f"DCGM_FI_DEV_THERMAL_VIOLATION{{{held}}}", range(0, 120, 10)),
    )
    assert (row["node"], row["gpu"], row["gpu_uuid"], row["gpu_model"]) == ("a100-01", "0", "GPU-1", "NVIDIA A100")
    assert (row["namespace"], row["pod"], row["mig_profile"]) == ("chat", "llm-0", None)
    assert row["gpu_util_mean"] == pytest.approx(0.95)
    assert (row["gpu_util_max"], row["gpu_util_p95"]) == (1.0, 1.0)
    assert row["sm_active_mean"] == pytest.approx(0.30)
    assert (row["fb_used_mib_mean"], row["fb_used_share_max"]) == (45000.0, 0.75)
    assert (row["power_watts_mean"], row["gpu_temp_max"], row["xid_last"]) == (300.0, 71.0, 79.0)
    assert row["thermal_violation_increase"] == 110.0
    assert (row["samples"], row["coverage"], row["sm_active_samples"]) == (12, 1.0, 12)


def test_what_is_not_scraped_is_null_and_never_zero(tmp_path):
    (row,) = _rows(tmp_path, "gpu_hourly", _every(f"DCGM_FI_DEV_GPU_UTIL{{{GPU}}}", [0] * 6))
    assert row["gpu_util_mean"] == 0.0
    absent = ("sm_active_mean", "sm_active_max", "fb_used_share_max", "thermal_violation_increase", "power_watts_mean", "pod", "xid_last")
    assert [row[column] for column in absent] == [None] * len(absent)
    assert (row["sm_active_samples"], row["samples"], row["coverage"]) == (0, 6, 0.5)


def test_memory_share_is_unknown_without_free_memory(tmp_path):
    (row,) = _rows(tmp_path, "gpu_hourly", _every(f"DCGM_FI_DEV_FB_USED{{{GPU}}}", [100] * 12))
    assert (row["fb_used_mib_mean"], row["fb_used_share_max"]) == (100.0, None)


def test_a_gpu_that_changes_hands_has_a_row_for_each_holder(tmp_path):
    rows = _rows(
        tmp_path,
        "gpu_hourly",
        _every(f'DCGM_FI_DEV_GPU_UTIL{{{GPU},namespace="a",pod="one"}}', [10] * 4),
        _every(f'DCGM_FI_DEV_GPU_UTIL{{{GPU},namespace="b",pod="two"}}', [50] * 6, start=1200),
        _every(f"DCGM_FI_DEV_GPU_UTIL{{{GPU}}}", [0] * 2, start=3000),
    )
    assert {(row["pod"], row["samples"], round(row["coverage"], 3)) for row in rows} == {
        ("one", 4, 0.333), ("two", 6, 0.5), (None, 2, 0.167),
    }  # fmt: skip


def test_mig_slices_with_equal_profiles_stay_apart(tmp_path):
    slices = [f'{GPU},GPU_I_PROFILE="1g.5gb",GPU_I_ID="{number}"' for number in (7, 8)]
    rows = _rows(
        tmp_path,
        "gpu_hourly",
        *(_every(f"DCGM_FI_PROF_SM_ACTIVE{{{one}}}", [share] * 12) for one, share in zip(slices, (0.1, 0.9), strict=True)),
    )
    assert [(row["mig_profile"], row["mig_instance"], round(row["sm_active_mean"], 6)) for row in rows] == [
        ("1g.5gb", "7", 0.1), ("1g.5gb", "8", 0.9),
    ]  # fmt: skip


NODE = (
    _every('kube_node_info{node="a100-01",provider_id="aws:///eu-west-1a/i-0abc"}', [1] * 12),
    _every('kube_node_status_allocatable{node="a100-01",resource="cpu",unit="core"}', [96] * 12),
    _every('kube_node_status_allocatable{node="a100-01",resource="memory",unit="byte"}', [1024**3 * 512] * 12),
    _every('kube_node_spec_unschedulable{node="a100-01"}', [0] * 9 + [1] * 3),
)
LABELS = 'kube_node_labels{{node="a100-01",label_node_kubernetes_io_instance_type="p4d.24xlarge",label_topology_kubernetes_io_zone="z1"{}}}'


def _gpus(resource, amount):
    return _every(f'kube_node_status_allocatable{{node="a100-01",resource="{resource}"}}', [amount] * 12)


def test_node_hour(tmp_path):
    (row,) = _rows(tmp_path, "node_hourly", *NODE, _gpus("nvidia_com_gpu", 8), _every(LABELS.format(""), [1] * 12))
    assert (row["node"], row["resource_id"], row["instance_type"]) == ("a100-01", "i-0abc", "p4d.24xlarge")
    assert (row["zone"], row["region"]) == ("z1", None)
    assert (row["gpus_allocatable"], row["cpu_allocatable"], row["memory_allocatable_gib"]) == (8.0, 96.0, 512.0)
    assert (row["cordoned_share"], row["samples"], row["coverage"]) == (0.25, 12, 1.0)


@pytest.mark.parametrize(
    ("resource", "amount", "labels", "gpus"),
    [
        ("nvidia_com_mig_1g_5gb", 7, "", 1.0),
        ("nvidia_com_mig_3g_20gb", 2, "", 6 / 7),
        ("nvidia_com_mig_2g_12gb", 2, "", 1.0),
        ("nvidia_com_gpu", 32, ',label_nvidia_com_gpu_replicas="4"', 8.0),
        ("nvidia_com_gpu", 56, ',label_nvidia_com_gpu_product="NVIDIA-A100-SXM4-40GB-MIG-1g.5gb"', 8.0),
        ("amd_com_gpu", 8, "", 8.0),
        ("ephemeral_storage", 8, "", 0.0),
    ],
)
def test_slices_and_replicas_are_fractions_of_a_gpu(tmp_path, resource, amount, labels, gpus):
    (row,) = _rows(tmp_path, "node_hourly", *NODE, _gpus(resource, amount), _every(LABELS.format(labels), [1] * 12))
    assert row["gpus_allocatable"] == pytest.approx(gpus)


def test_a_node_without_its_resources_has_no_number_of_gpus(tmp_path):
    (row,) = _rows(tmp_path, "node_hourly", NODE[0])
    assert (row["gpus_allocatable"], row["cordoned_share"], row["labels"]) == (None, None, None)


def _pod(name="chat-llm-7d9f8b6c5d-x2x4z", owner="chat-llm-7d9f8b6c5d", kind="ReplicaSet", node="a100-01", samples=12):
    who = f'namespace="chat",pod="{name}"'
    return "".join(
        (
            _every(f'kube_pod_info{{{who},node="{node}",created_by_kind="{kind}",created_by_name="{owner}"}}', [1] * samples),
            _every(f'kube_pod_status_phase{{{who},phase="Running"}}', [1] * samples),
            _every(f'kube_pod_status_phase{{{who},phase="Pending"}}', [0] * samples),
        )
    )


def test_pod_hour(tmp_path):
    who = 'namespace="chat",pod="chat-llm-7d9f8b6c5d-x2x4z"'
    (row,) = _rows(
        tmp_path,
        "pod_hourly",
        _pod(),
        *NODE,
        _every(f'kube_pod_labels{{{who},label_app="chat-llm",label_team="chat"}}', [1] * 12),
        *(
            _every(f'kube_pod_container_resource_requests{{{who},container="{container}",resource="{resource}"}}', [amount] * 12)
            for container, resource, amount in (
                ("main", "nvidia_com_gpu", 4), ("main", "cpu", 8), ("side", "cpu", 0.5), ("main", "memory", 2**36),
            )
        ),
        _every(f'kube_pod_container_status_restarts_total{{{who},container="main"}}', [3] * 6 + [5] * 6),
    )  # fmt: skip
    assert (row["node"], row["owner_kind"], row["owner_name"]) == ("a100-01", "Deployment", "chat-llm")
    assert dict(row["labels"]) == {"app": "chat-llm", "team": "chat"}
    assert (row["running_share"], row["pending_share"]) == (1.0, 0.0)
    assert (row["gpus_requested"], row["cpu_requested"], row["memory_requested_gib"]) == (4.0, 8.5, 64.0)
    assert row["restarts_increase"] == 2.0


@pytest.mark.parametrize(
    ("kind", "name", "owner"),
    [
        ("ReplicaSet", "web-5d4f7c9b6d", ("Deployment", "web")),
        ("ReplicaSet", "by-hand", ("ReplicaSet", "by-hand")),
        ("ReplicaSet", "my-frontend", ("ReplicaSet", "my-frontend")),
        ("StatefulSet", "db", ("StatefulSet", "db")),
        ("Job", "train-29300000", ("Job", "train-29300000")),
        ("<none>", "<none>", (None, None)),
    ],
)
def test_owners(tmp_path, kind, name, owner):
    (row,) = _rows(tmp_path, "pod_hourly", _pod("p", name, kind))
    assert (row["owner_kind"], row["owner_name"]) == owner


def test_the_hash_on_the_pod_decides_what_its_deployment_is_called(tmp_path):
    labels = _every('kube_pod_labels{namespace="chat",pod="p",label_pod_template_hash="abcde"}', [1] * 12)
    (row,) = _rows(tmp_path, "pod_hourly", _pod("p", "web-abcde"), labels)
    assert (row["owner_kind"], row["owner_name"]) == ("Deployment", "web")


def test_a_pod_that_ran_a_third_of_the_hour(tmp_path):
    (row,) = _rows(tmp_path, "pod_hourly", _pod("p", samples=4), *NODE)
    assert row["running_share"] == pytest.approx(4 / 12)
    assert row["coverage"] == 1.0


def test_half_an_hour_without_scrapes_is_coverage_and_not_idleness(tmp_path):
    (row,) = _rows(tmp_path, "pod_hourly", _pod("p", samples=6))
    assert (row["running_share"], row["samples"], row["coverage"]) == (1.0, 6, 0.5)


def test_a_pending_pod_has_no_node(tmp_path):
    who = 'namespace="chat",pod="waiting"'
    pending = _every(f'kube_pod_status_phase{{{who},phase="Pending"}}', [1] * 12)
    (row,) = _rows(
        tmp_path, "pod_hourly", _every(f'kube_pod_info{{{who},node="",created_by_kind="Job",created_by_name="j"}}', [1] * 12), pending
    )
    assert (row["node"], row["running_share"], row["pending_share"]) == (None, 0.0, 1.0)


def test_requests_that_are_not_scraped_are_unknown(tmp_path):
    gpu = _every('kube_pod_container_resource_requests{namespace="x",pod="other",container="c",resource="nvidia_com_gpu"}', [1] * 12)
    known = {row["pod"]: row for row in _rows(tmp_path / "one", "pod_hourly", _pod("p"), gpu)}
    assert (known["p"]["gpus_requested"], known["p"]["cpu_requested"]) == (0.0, None)
    (row,) = _rows(tmp_path / "two", "pod_hourly", _pod("p"))
    assert (row["gpus_requested"], row["running_share"]) == (None, 1.0)
    (row,) = _rows(tmp_path / "three", "pod_hourly", _every('kube_pod_info{namespace="c",pod="p",node="n"}', [1] * 12))
    assert (row["running_share"], row["pending_share"]) == (None, None)


def _memory(shares, pod="llm-0", step=60):
    labels = f'{GPU},namespace="chat",pod="{pod}"'
    used = [round(share * 1000) for share in shares]
    return _every(f"DCGM_FI_DEV_FB_USED{{{labels}}}", used, step) + _every(
        f"DCGM_FI_DEV_FB_FREE{{{labels}}}", [1000 - one for one in used], step
    )


@pytest.mark.parametrize(
    ("shares", "windows"),
    [
        ([0.5] * 10, []),
        ([0.5, *[0.96] * 6, 0.5], [(1, 6, 6, 0.96)]),
        ([0.5, *[0.96] * 5, 0.5], []),
        ([0.95] * 20, []),
        ([*[0.97] * 6, 0.9, *[0.99] * 7], [(0, 5, 6, 0.97), (7, 13, 7, 0.99)]),
    ],
)
def test_memory_beyond_its_threshold_for_five_minutes(tmp_path, shares, windows):
    rows = _rows(tmp_path, "threshold_windows", _memory(shares))
    minutes = [
        (*tuple((int(row[edge].timestamp()) - DAY_START) // 60 for edge in ("started_at", "ended_at")), row["samples"], row["peak"])
        for row in rows
    ]
    assert minutes == windows
    assert {(row["threshold"], row["node"], row["gpu"], row["pod"]) for row in rows} <= {("gpu_memory_above_95", "a100-01", "0", "llm-0")}


def test_a_gap_ends_a_crossing(tmp_path):
    both = "".join(
        f"{metric}{{{GPU}}} {value} {DAY_START + start + 60 * number}\n"
        for metric, value in (("DCGM_FI_DEV_FB_USED", 990), ("DCGM_FI_DEV_FB_FREE", 10))
        for start in (0, 3600)
        for number in range(8)
    )
    assert [row["samples"] for row in _rows(tmp_path / "gap", "threshold_windows", both)] == [8, 8]


def _alert(seconds, state="firing", name="GpuMemoryHigh"):
    series = f'ALERTS{{alertname="{name}",alertstate="{state}",gpu="2"}}'
    return "".join(f"{series} 1 {DAY_START + second}\n" for second in seconds)


@pytest.mark.parametrize("scrape", [15, 60, 300, 3600])
def test_alerts_are_told_apart_by_their_own_interval(tmp_path, scrape):
    up = _every("up", [1] * (86400 // scrape), scrape)
    rows = _rows(tmp_path, "alert_windows", _alert([*range(0, 3600, 60), *range(7200, 9000, 60)]), up)
    assert [(row["alert"], row["state"], dict(row["labels"]), row["samples"]) for row in rows] == [
        ("GpuMemoryHigh", "firing", {"gpu": "2"}, 60),
        ("GpuMemoryHigh", "firing", {"gpu": "2"}, 30),
    ]


def test_sparse_alerts_are_joined_by_the_scrape_interval(tmp_path):
    rows = _rows(tmp_path, "alert_windows", _alert([3600, 7200, 10800, 40000]), _every("up", [1] * 24, 3600))
    assert [row["samples"] for row in rows] == [3, 1]


def test_an_alert_that_is_zero_does_not_fire(tmp_path):
    series = 'ALERTS{alertname="a",alertstate="firing"}'
    assert _rows(tmp_path, "alert_windows", _every(series, [0] * 5)) == []


def test_other_gauges_by_the_hour(tmp_path):
    rows = _rows(tmp_path, "gauge_hourly", _every('queue{namespace="n",pod="p"}', [*range(12), 5, "NaN", "+Inf"]))
    assert [(row["mean"], row["min"], row["max"], row["last"], row["samples"]) for row in rows] == [
        (5.5, 0.0, 11.0, 11.0, 12), (5.0, 5.0, 5.0, 5.0, 1),
    ]  # fmt: skip
    assert [round(row["coverage"], 4) for row in rows] == [1.0, round(1 / 12, 4)]
    assert rows[0]["metric"] == "queue"


def test_days_are_reduced_independently_of_each_other(tmp_path):
    write_text(tmp_path, "".join(f"c_total {hour} {DAY_START + hour * 3600}\n" for hour in range(72)) + "# EOF\n")
    days = [DAY + timedelta(days=number) for number in range(3)]
    whole = rolled_up(tmp_path, days)["counter_5m"]
    assert whole["increase"].to_pylist() == [0.0] + [1.0] * 71
