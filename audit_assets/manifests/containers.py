"""Containers of a pod specification: images, quantities, flags, environment.

What does not belong here: where pod specifications are found (pod_templates.py).
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from audit_assets.manifests.kubernetes_objects import UNNAMED, at, listing, mapping, scalar_text
from audit_assets.manifests.secret_values import REMOVED

DEFAULT_REGISTRY = "docker.io"  # what container runtimes add to a reference without a host
GIB = 2**30
MAX_COUNT = 2**31  # counts are int32 in the API
_GPU_RESOURCE = re.compile(
    r"^(nvidia\.com/(gpu|gpu\.shared|mig-.+)|amd\.com/gpu|gpu\.intel\.com/.+|habana\.ai/gaudi.*"
    r"|aws\.amazon\.com/neuron.*|google\.com/tpu|cloud-tpus\.google\.com/.+|huawei\.com/Ascend.*|[^/]+/gpu)$"
)
_SUFFIXES = {
    **{"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18},
    **{"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60},
}
_QUANTITY = re.compile(r"^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(|[numkMGTPE]|[KMGTPE]i)$")
_VARIABLE = re.compile(r"\$\(([A-Za-z_]\w*)\)|\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)")
_SHELLS = ("sh", "bash", "ash", "dash", "zsh")


@dataclass(frozen=True)
class Image:
    """An image reference taken apart."""

    registry: str | None
    repository: str | None
    tag: str | None
    digest: str | None


def image_parts(reference: str) -> Image:
    """`host:port/repository:tag@digest` in parts; the host is `docker.io` where none is written."""
    named, _, digest = reference.partition("@")
    first, slash, rest = named.partition("/")
    has_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    registry, path = (first, rest) if has_host else (DEFAULT_REGISTRY, named)
    repository, _, tag = path.partition(":")
    return Image(registry or None, repository or None, tag or None, digest or None)


def quantity(value: Any) -> float | None:
    """A Kubernetes quantity (`500m`, `16Gi`, 2) as a number; None when absent or not a quantity."""
    if isinstance(value, bool) or value is None:
        return None
    found = _QUANTITY.match(str(value).strip())
    return float(found.group(1)) * _SUFFIXES[found.group(2)] if found else None


def whole(value: Any) -> int | None:
    """A count such as `replicas`; None when absent, not a whole number or beyond what the API can hold."""
    number = quantity(value)
    return int(number) if number is not None and abs(number) < MAX_COUNT and number == int(number) else None


def gpu_requests(container: Any) -> dict[str, float | None]:
    """GPU resource names with the number asked for: the request, or the limit where only a limit is written.

    None for a number that cannot be read, such as `${GPUS}`: a GPU is asked for, how many is unknown.
    """
    limits, requests = at(container, "resources", "limits"), at(container, "resources", "requests")
    asked = {**mapping(limits), **mapping(requests)}
    counts = {name: quantity(count) for name, count in asked.items() if _GPU_RESOURCE.match(str(name))}
    return {name: count for name, count in counts.items() if count != 0}


def pod_gpus(spec: dict[str, Any]) -> float | None:
    """GPUs that the scheduler reserves for a pod: all containers together, or one init container if it asks for more."""
    running = [_total(gpu_requests(container)) for container in listing(spec.get("containers"))]
    starting = [_total(gpu_requests(container)) for container in listing(spec.get("initContainers"))]
    known = [count for count in (*running, *starting) if count is not None]
    if len(known) < len(running) + len(starting):
        return None
    return max([sum(known[: len(running)]), *known[len(running) :]])


def _total(requests: dict[str, float | None]) -> float | None:
    counts = [count for count in requests.values() if count is not None]
    return sum(counts, 0.0) if len(counts) == len(requests) else None


def container_rows(spec: dict[str, Any]) -> Iterator[dict[str, object]]:
    """The container columns of K8S_CONTAINERS, init containers first."""
    for is_init, key in ((True, "initContainers"), (False, "containers")):
        for container in listing(spec.get(key)):
            if isinstance(container, dict):
                yield {**_row(container), "is_init": is_init}


def _row(container: dict[str, Any]) -> dict[str, object]:
    reference = container.get("image")
    image = image_parts(reference) if isinstance(reference, str) and reference else Image(None, None, None, None)
    limits, requests = (mapping(at(container, "resources", key)) for key in ("limits", "requests"))
    gpus, env = gpu_requests(container), environment(container)
    command, args = command_line(container, env)
    mounts = listing(container.get("volumeMounts"))
    return {
        "container": scalar_text(container.get("name")) or UNNAMED,
        "image": scalar_text(reference) or None,
        "image_registry": image.registry,
        "image_repository": image.repository,
        "image_tag": image.tag,
        "image_digest": image.digest,
        "command": command,
        "args": args,
        "env": env,
        "gpu_resource": next(iter(sorted(gpus)), None),
        "gpus": _total(gpus),
        "cpu_request": quantity(requests.get("cpu", limits.get("cpu"))),  # a limit alone is also the request
        "cpu_limit": quantity(limits.get("cpu")),
        "memory_request_gib": _gib(requests.get("memory", limits.get("memory"))),
        "memory_limit_gib": _gib(limits.get("memory")),
        "has_readiness_probe": bool(container.get("readinessProbe")),
        "has_liveness_probe": bool(container.get("livenessProbe")),
        "has_startup_probe": bool(container.get("startupProbe")),
        "volume_mounts": orjson.dumps(mounts).decode() if mounts else None,
    }


def environment(container: dict[str, Any]) -> dict[str, str]:
    """Literal environment values; references to Secrets and removed secrets are left out."""
    literal = (item for item in listing(container.get("env")) if isinstance(item, dict) and "value" in item)
    pairs = {scalar_text(item.get("name")): scalar_text(item["value"]) for item in literal}
    return {name: value for name, value in pairs.items() if name and value != REMOVED}


def command_line(container: dict[str, Any], env: dict[str, str]) -> tuple[list[str], list[str]]:
    """(command, args): literal variables filled in; a shell line, in either, becomes the words of args."""
    command = [_filled(scalar_text(word), env) for word in listing(container.get("command"))]
    args = [_filled(scalar_text(word), env) for word in listing(container.get("args"))]
    words = [*command, *args]
    line = _shell_line(words)
    if line is None:
        return command, args
    return words[:line], [word for text in words[line:] for word in _words(text)]


def _shell_line(words: list[str]) -> int | None:
    """Where, in `sh -c <line>`, the line is."""
    if not words or words[0].rpartition("/")[2] not in _SHELLS:
        return None
    for place, word in enumerate(words[1:], start=1):
        if re.fullmatch(r"-[a-z]*c[a-z]*", word):
            return place + 1
    return None


def _words(line: str) -> list[str]:
    joined = re.sub(r"\\\s*\n", " ", line)
    try:
        return shlex.split(joined, comments=True)
    except ValueError:  # an unclosed quote
        return joined.split()


def _filled(text: str, env: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda found: env.get(next(filter(None, found.groups())), found.group(0)), text)


def _gib(value: Any) -> float | None:
    amount = quantity(value)
    return None if amount is None else amount / GIB
