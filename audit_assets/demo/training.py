"""The training jobs: fraud's weekly run, its backfill that never started, and research on spot nodes."""

from collections.abc import Iterator

from audit_assets.demo.containers import (
    GPU_TOLERATION,
    PRODUCT_LABEL,
    PRODUCTS,
    Object,
    image,
    metadata,
    on_gpus,
    resources,
)

CHECKPOINTS = "--checkpoint-dir=s3://acme-checkpoints/"
FRAUD_IMAGE = image("fraud/train", "4.6.0")


def training(control: bool) -> Iterator[Object]:
    """The objects. Planted: one GPU type only, a label that no node carries, spot without checkpoints outside the pod."""
    yield _checkpoint_claim()
    yield _fraud_train(control)
    yield _backfill(control)
    yield _research(control)


def _checkpoint_claim() -> Object:
    spec = {"accessModes": ["ReadWriteMany"], "storageClassName": "efs", "resources": {"requests": {"storage": "2Ti"}}}
    meta = metadata("fraud-checkpoints", "fraud")
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}


def _fraud_train(control: bool) -> Object:
    pod = _pod("fraud-train", FRAUD_IMAGE, ["--dataset-gb=500", f"{CHECKPOINTS}fraud/"])
    pod["volumes"] = [{"name": "checkpoints", "persistentVolumeClaim": {"claimName": "fraud-checkpoints"}}]
    pod["containers"][0]["volumeMounts"] = [{"name": "checkpoints", "mountPath": "/checkpoints"}]
    if control:
        pod["affinity"] = on_gpus(("h100", "a100"))
    else:
        pod["nodeSelector"] = {PRODUCT_LABEL: PRODUCTS["h100"]}
    spec = {
        "schedule": "0 2 * * 1",
        "concurrencyPolicy": "Forbid",
        "jobTemplate": {"spec": _job_spec("fraud-train", "fraud", pod, workers=3)},
    }
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata("fraud-train", "fraud"), "spec": spec}


def _backfill(control: bool) -> Object:
    pod = _pod("fraud-train", FRAUD_IMAGE, ["--dataset-gb=500", "--backfill", f"{CHECKPOINTS}fraud-backfill/"])
    pod["affinity"] = on_gpus(("h100", "a100"))
    pod["nodeSelector"] = {"acme.io/pool": "h100-training" if control else "h100-train"}
    spec = _job_spec("fraud-train", "fraud", pod)
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata("fraud-train-backfill", "fraud"), "spec": spec}


def _research(control: bool) -> Object:
    checkpoints = f"{CHECKPOINTS}research/" if control else "--checkpoint-dir=/scratch/checkpoints"
    pod = _pod("research-exp", image("research/exp", "0.31.0"), ["--sweep=lr", checkpoints])
    pod["volumes"] = [{"name": "scratch", "emptyDir": {"sizeLimit": "500Gi"}}]
    pod["containers"][0]["volumeMounts"] = [{"name": "scratch", "mountPath": "/scratch"}]
    pod["affinity"] = on_gpus(("a100", "h100"))
    pod["nodeSelector"] = {"karpenter.sh/capacity-type": "spot"}
    spec = _job_spec("research-exp", "research", pod, workers=3)
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata("research-exp", "research"), "spec": spec}


def _job_spec(app: str, namespace: str, pod: Object, workers: int = 1) -> Object:
    template = {"metadata": {"labels": {"app": app, "team": f"team-{namespace}"}}, "spec": pod}
    return {
        "parallelism": workers,
        "completions": workers,
        "backoffLimit": 3,
        "ttlSecondsAfterFinished": 259_200,
        "template": template,
    }


def _pod(name: str, used_image: str, args: list[str]) -> Object:
    container = {"name": "trainer", "image": used_image, "args": args, "resources": resources("64", "320Gi", 8)}
    return {
        "restartPolicy": "OnFailure",
        "serviceAccountName": "workload",
        "priorityClassName": "training",
        "tolerations": [GPU_TOLERATION],
        "containers": [container],
    }
