"""What a series is: its name, labels and identity, and which pod it is about."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_LABEL = re.compile(rf"\s*(?:([a-zA-Z_][a-zA-Z0-9_]*)|{_QUOTED})\s*(?:=\s*{_QUOTED})?\s*(,|$)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SeriesName:
    """A metric name and its labels, sorted; a label without a value is the same as none, as in Prometheus."""

    metric: str
    labels: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, metric: str, labels: Mapping[str, str]) -> "SeriesName":
        """From a mapping without `__name__`."""
        return cls(metric, tuple(sorted((key, value) for key, value in labels.items() if value)))

    def label(self, *keys: str) -> str | None:
        """The value of the first of `keys` that is there."""
        mine = dict(self.labels)
        return next((mine[key] for key in keys if key in mine), None)


def parse_key(key: bytes) -> SeriesName:
    """A key as written (`name{label="value",…}`, or `{"name",label="value"}`). Raises ValueError with what is wrong with it."""
    try:
        name, brace, rest = key.decode().partition("{")
    except UnicodeDecodeError as problem:
        raise ValueError("labels are not UTF-8") from problem
    labels, quoted_name = _labels(rest.rstrip()[:-1]) if brace else ({}, None)
    name = name.strip()
    if quoted_name is not None and not name:
        return SeriesName.of(quoted_name, labels)
    if quoted_name is not None or not _NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is not a metric name")
    return SeriesName.of(name, labels)


def _labels(text: str) -> tuple[dict[str, str], str | None]:
    labels: dict[str, str] = {}
    quoted_name = None
    at = 0
    while text[at:].strip():
        match = _LABEL.match(text, at)
        if match is None:
            raise ValueError(f"labels cannot be read from {text[at : at + 80]!r} on")
        bare, quoted, value, _ = match.groups()
        if value is None:
            if quoted is None or quoted_name is not None:
                raise ValueError(f"label {bare or quoted!r} has no value")
            quoted_name = _unescaped(quoted)
        else:
            label = bare or _unescaped(quoted)
            if label in labels:
                raise ValueError(f"label {label!r} is given twice")
            labels[label] = _unescaped(value)
        at = match.end()
    return labels, quoted_name


def _unescaped(text: str) -> str:
    """`\\\\`, `\\"` and `\\n`; another escape stays as written, as in Prometheus."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda match: {"n": "\n", '"': '"', "\\": "\\"}.get(match[1], match[0]), text)


def series_id(cluster: str, name: SeriesName) -> int:
    """A stable 64-bit hash of cluster, metric and sorted labels (BLAKE2b; parts end with 0xFF, which UTF-8 never holds)."""
    parts = [cluster, name.metric, *(part for label in name.labels for part in label)]
    text = b"".join(part.encode(errors="surrogatepass") + b"\xff" for part in parts)
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")


def relabelled_exporters(names: Iterable[SeriesName]) -> frozenset[str]:
    """Exporters whose own `namespace` and `pod` labels are about themselves: Prometheus kept what they say as `exported_*`."""
    exporters = set()
    for name in names:
        if any(label in ("exported_namespace", "exported_pod") for label, _ in name.labels):
            exporters.add(exporter(name.metric))
    return frozenset(exporters)


def exporter(metric: str) -> str:
    """The exporter that a metric comes from, by its prefix, where the exporter reports on pods other than itself."""
    return next((prefix for prefix in ("DCGM_", "kube_", "container_") if metric.startswith(prefix)), metric)


def pod_of(name: SeriesName, relabelled: frozenset[str]) -> tuple[str | None, str | None]:
    """(namespace, pod) that a series is about.

    A scrape without honor_labels puts the exporter's own pod into `pod` and the workload's into `exported_pod`. A GPU that no pod
    holds then has only the exporter's: it must not be read as the holder.
    """
    prefix = exporter(name.metric)
    if prefix in relabelled:
        return name.label("exported_namespace"), name.label("exported_pod")
    pod = name.label("exported_pod", "pod")
    if prefix == "DCGM_" and pod is not None and "dcgm-exporter" in pod:
        return None, None
    if prefix == "kube_" and pod is not None and "kube-state-metrics" in pod and not name.metric.startswith("kube_pod_"):
        return name.label("exported_namespace"), None
    return name.label("exported_namespace", "namespace"), pod
