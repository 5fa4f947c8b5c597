"""The always-running workloads as Deployments and StatefulSets, each with its Service and PodDisruptionBudget."""

from dataclasses import dataclass, replace

from audit_assets.demo.containers import GPU_TOLERATION, Object, apart, image, metadata, on_gpus, probes, resources, spread
from audit_assets.demo.fleet import CLOUD, ON_PREM

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
VLLM = image("vllm/vllm-openai", "v0.10.1")


@dataclass(frozen=True)
class Serving:
    """A workload that always runs. `gpus` a pod; `zone` pins it to one zone."""

    name: str
    namespace: str
    image: str
    replicas: int
    gpus: int = 0
    products: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    port: int = 8000
    cluster: str = CLOUD
    stateful: bool = False
    zone: str | None = None

    def object(self) -> Object:
        """The Deployment or StatefulSet."""
        selector = {"matchLabels": {"app": self.name}}
        spec: Object = {"replicas": self.replicas, "selector": selector, "template": self._template()}
        if self.stateful:
            spec |= {"serviceName": self.name, "volumeClaimTemplates": [_claim("storage", "200Gi")]}
        else:
            spec["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
        kind = "StatefulSet" if self.stateful else "Deployment"
        return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata(self.name, self.namespace, self._labels), "spec": spec}

    def service(self) -> Object:
        """Its Service."""
        port = {"name": "http", "port": 80, "targetPort": self.port}
        spec = {"selector": {"app": self.name}, "ports": [port]}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(self.name, self.namespace), "spec": spec}

    def disruption_budget(self) -> Object:
        """Its PodDisruptionBudget."""
        spec = {"maxUnavailable": 1, "selector": {"matchLabels": {"app": self.name}}}
        meta = metadata(self.name, self.namespace)
        return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": meta, "spec": spec}

    @property
    def _labels(self) -> dict[str, str]:
        return {"app": self.name, "team": f"team-{self.namespace}"}

    def _template(self) -> Object:
        gpu = self.gpus > 0
        container: Object = {
            "name": "server",
            "image": self.image,
            "ports": [{"name": "http", "containerPort": self.port}],
            "resources": resources(str(8 * self.gpus or 2), f"{40 * self.gpus or 4}Gi", self.gpus),
            **probes(self.port),
        }
        if self.args:
            container["args"] = list(self.args)
        pod: Object = {
            "serviceAccountName": "workload",
            "priorityClassName": "serving-critical",
            "affinity": apart(self.name) | (on_gpus(self.products) if gpu else {}),
            "topologySpreadConstraints": spread(self.name, (HOST,) if self.zone else (ZONE, HOST)),
            "containers": [container],
        }
        if self.zone:
            pod["nodeSelector"] = {ZONE: self.zone}
        return {"metadata": {"labels": self._labels}, "spec": pod | ({"tolerations": [GPU_TOLERATION]} if gpu else {})}


def serving(control: bool) -> list[Serving]:
    """All of them; the planted estate's weak spots replace the sound ones."""
    sound = {each.name: each for each in (*_chat(), *_search(), *_docs(), *_others())}
    return list(sound.values()) if control else list((sound | _weak(sound)).values())


def _weak(sound: dict[str, Serving]) -> dict[str, Serving]:
    return {
        "chat-llm": replace(sound["chat-llm"], image=image("vllm/vllm-openai", "v0.10.1", "docker.io")),
        "chat-rerank": replace(sound["chat-rerank"], replicas=1),
        "docs-summarise": replace(sound["docs-summarise"], args=_vllm_args("acme-docs-8b", 2, 8192)),  # 2 of its 4 GPUs
        "docs-batch": replace(sound["docs-batch"], image="registry.acme.example/docs/batch:latest"),
        "vector-db": replace(sound["vector-db"], zone="eu-west-1a"),
    }


def _chat() -> list[Serving]:
    large = ("h100", "a100")
    return [
        Serving("chat-llm", "chat", VLLM, 2, 4, large, _vllm_args("acme-chat-70b", 4, 32768)),
        Serving("chat-embed", "chat", image("chat/embed", "2.8.0"), 16, 1, ("a100", "a10g")),
        Serving("chat-rerank", "chat", image("chat/rerank", "1.4.2"), 2, 1, ("a10g", "a100")),
        Serving("chat-guard", "chat", image("chat/guard", "0.9.5"), 2, 1, ("a10g", "a100")),
    ]


def _search() -> list[Serving]:
    return [
        Serving("search-query", "search", image("search/query", "3.1.7"), 4, 2, ("a100", "h100")),
        Serving("search-embed", "search", image("search/embed", "2.8.0"), 4, 4, ("a100", "h100")),
        Serving("vector-db", "search", image("qdrant/qdrant", "v1.15.4"), 3, port=6333, stateful=True),
    ]


def _docs() -> list[Serving]:
    return [
        Serving("docs-summarise", "docs", VLLM, 5, 4, ("a10g", "a100"), _vllm_args("acme-docs-8b", 4, 8192)),
        Serving("docs-batch", "docs", image("docs/batch", "1.12.0"), 4, 4, ("a100", "h100")),
    ]


def _others() -> list[Serving]:
    return [
        Serving("gateway", "edge", image("edge/gateway", "5.0.3"), 2, port=8080),
        Serving("fraud-score", "fraud", image("fraud/score", "7.2.1"), 4, 4, ("a100", "h100"), cluster=ON_PREM),
    ]


def _vllm_args(model: str, tensor_parallel: int, max_model_len: int) -> tuple[str, ...]:
    return (
        f"--model={model}",
        f"--tensor-parallel-size={tensor_parallel}",
        "--pipeline-parallel-size=1",
        f"--max-model-len={max_model_len}",
        "--gpu-memory-utilization=0.88",
    )


def _claim(name: str, size: str) -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "gp3", "resources": {"requests": {"storage": size}}}
    return {"metadata": metadata(name), "spec": spec}
