"""A thousand manifests: `python -m bench.manifests write N FOLDER | reference FOLDER | load FOLDER HOME`.

The reference is PyYAML's C loader, which builds the documents and looks at nothing in them.
"""

import sys
from datetime import date
from pathlib import Path

import yaml

from audit_assets.days import chunked, extract_chunk, plan
from audit_assets.lake import Lake
from audit_assets.manifests.files import ManifestFiles

END = date(2026, 6, 30)
KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def main() -> None:
    """Do one step."""
    match sys.argv[1:]:
        case ["write", count, folder]:
            write(Path(folder), int(count))
        case ["reference", folder]:
            print(sum(1 for path in sorted(Path(folder).iterdir()) for _ in yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader)))
        case ["load", folder, home]:
            load(Path(folder), Path(home))
        case _:
            raise SystemExit(__doc__)


def write(folder: Path, count: int) -> None:
    """`count` objects of 80 lines, one a file, as a GitOps repository holds them."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05}.yaml").write_text(yaml.safe_dump(_workload(number), sort_keys=False))


def _workload(number: int) -> dict[str, object]:
    labels = {"app": f"w{number}", "team": f"t{number % 9}", "app.kubernetes.io/version": f"1.{number}"}
    amounts = {"cpu": "4", "memory": "32Gi", "nvidia.com/gpu": "2"}
    probe = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 10, "failureThreshold": 3}
    container = {
        "name": "server",
        "image": f"registry.internal/serve/model-{number % 40}:v1.{number}",
        "args": ["--model", f"/models/m{number}", "--tensor-parallel-size", "2", "--max-model-len", "32768"],
        "env": [{"name": f"OPTION_{index}", "value": str(index * number)} for index in range(8)],
        "ports": [{"name": "http", "containerPort": 8000}],
        "resources": {"requests": amounts, "limits": dict(amounts)},
        "readinessProbe": probe,
        "livenessProbe": dict(probe),
        "volumeMounts": [{"name": "models", "mountPath": "/models"}],
    }
    spec = {
        "nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "containers": [container],
        "volumes": [{"name": "models", "persistentVolumeClaim": {"claimName": f"models-{number}"}}],
    }
    template = {"metadata": {"labels": dict(labels)}, "spec": spec}
    return {
        "apiVersion": "apps/v1",
        "kind": KINDS[number % len(KINDS)],
        "metadata": {"name": f"w{number}", "namespace": f"n{number % 20}", "labels": labels},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": f"w{number}"}}, "template": template},
    }


def load(folder: Path, home: Path) -> None:
    """Manifests into the lake: found, read, checked, and committed as objects, pod templates, containers and rules."""
    lake = Lake(home / "lake")
    source = ManifestFiles("bench", str(folder), folder.parent, home / "index", "bench", END)
    for chunk in chunked(plan(source, lake, [END])):
        extract_chunk(chunk, lake, home)


if __name__ == "__main__":
    main()
