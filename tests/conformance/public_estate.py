"""An estate made of public data that was never meant to fit together: a real bill, real GPU usage, real requests, manifests and incidents.

Only moments are moved, so that everything lies in one window; no value is changed and nothing is made up.
"""

import csv
import io
import json
import shutil
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import yaml

SHARED = Path(__file__).parents[2].parent / "shared"
TRACE_DAY = datetime(2024, 9, 10, tzinfo=UTC).timestamp()
DAY_SECONDS = 86_400
AUDIT = {
    "version": 1,
    "audit": {"name": "public-data", "window": {"days": 30, "end": "2024-09-30"}},
    "sources": {
        "billing": [{"name": "focus", "kind": "focus", "uri": "billing/"}],
        "incidents": [{"name": "slack", "kind": "slack", "uri": "slack-export.zip"}],
        "metrics": [{"name": "requests", "kind": "openmetrics", "uri": "metrics/", "cluster": "azure-trace"}],
        "manifests": [{"name": "samples", "kind": "files", "uri": "manifests/", "cluster": "samples"}],
    },
    "scope": {
        "services": [
            {
                "name": "conversation",
                "workloads": [{"name": "conv-llm", "kind": "inference", "match": {"namespace": "conv"}}],
                "slo": {"availability": {"objective": 0.999}},
            }
        ]
    },
    "beliefs": [{"id": "training-share", "statement": "training is 40% of spend", "claim": "cost.share.kind.training", "expected": 0.4}],
    "documents": {"pdf": False},
}


def write_public_estate(folder: Path, prometheus_url: str | None) -> Path:
    """Write the estate; a Prometheus that serves the GPU trace is added when there is one. Returns audit.yaml."""
    for name in ("billing", "metrics"):
        (folder / name).mkdir(parents=True)
    shutil.copy(SHARED / "data" / "focus-sample" / "focus_sample.csv", folder / "billing")
    shutil.copytree(SHARED / "manifests", folder / "manifests", ignore=shutil.ignore_patterns("*.jsonl", "*.md"))
    (folder / "metrics" / "azure_conversation.om").write_text("\n".join(request_lines()) + "\n# EOF\n")
    write_slack_export(folder / "slack-export.zip")
    audit = json.loads(json.dumps(AUDIT))
    if prometheus_url:
        audit["sources"]["metrics"].append({"name": "gpus", "kind": "prometheus", "url": prometheus_url, "cluster": "gentd26"})
    path = folder / "audit.yaml"
    path.write_text(yaml.safe_dump(audit))
    return path


def request_lines() -> Iterator[str]:
    """The Azure conversation trace as the counters a vLLM would have shown, every 15 s."""
    labels = '{model_name="conv",namespace="conv",pod="conv-llm-0"}'
    totals = {"vllm:prompt_tokens": 0, "vllm:generation_tokens": 0, "vllm:request_success": 0}
    samples: dict[str, list[str]] = {name: [] for name in totals}
    with (SHARED / "data" / "azure-llm" / "AzureLLMInferenceTrace_conv.csv").open() as stream:
        rows = [(datetime.fromisoformat(row["TIMESTAMP"][:26] + "+00:00"), row) for row in csv.DictReader(stream)]
    begin = rows[0][0].timestamp()
    scrape = begin
    for moment, row in rows:
        while moment.timestamp() >= scrape:
            for name, total in totals.items():
                samples[name].append(f"{name}_total{labels} {total} {TRACE_DAY + 3600 + scrape - begin:.3f}")
            scrape += 15
        totals["vllm:prompt_tokens"] += int(row["ContextTokens"])
        totals["vllm:generation_tokens"] += int(row["GeneratedTokens"])
        totals["vllm:request_success"] += 1
    for name, lines in samples.items():
        yield f"# TYPE {name} counter"
        yield from lines


def gpu_trace_files(folder: Path) -> list[Path]:
    """The GPU duty cycle and memory trace as OpenMetrics, one file a day, for promtool to make blocks of."""
    duty = _trace("pod_gpu_duty_cycle_anon", "DCGM_FI_DEV_GPU_UTIL", 1.0)
    memory = _trace("pod_gpu_memory_used_bytes_anon", "DCGM_FI_DEV_FB_USED", 1 / 2**20)
    days = sorted(duty.keys() | memory.keys())
    paths = []
    for number, day in enumerate(days):
        path = folder / f"gpus-{number}.om"
        families = (("DCGM_FI_DEV_GPU_UTIL", duty), ("DCGM_FI_DEV_FB_USED", memory))
        lines = [line for name, found in families for line in (f"# TYPE {name} gauge", *found.get(day, []))]
        path.write_text("\n".join(lines) + "\n# EOF\n")
        paths.append(path)
    return paths


def _trace(member: str, metric: str, factor: float) -> dict[int, list[str]]:
    with tarfile.open(SHARED / "data" / "alibaba-2026-genai" / f"{member}.tar.gz") as archive:
        stream = archive.extractfile(next(name for name in archive.getnames() if name.endswith(f"{member}.csv") and "/." not in name))
        assert stream is not None
        rows = list(csv.DictReader(io.TextIOWrapper(stream, encoding="utf-8")))
    begin = min(float(row["timestamp_anon"]) for row in rows)
    found: dict[int, dict[tuple[str, float], float]] = defaultdict(dict)
    for row in rows:
        moment = TRACE_DAY + float(row["timestamp_anon"]) - begin
        found[int(moment // DAY_SECONDS)][row["container_ip"], moment] = float(row["value"]) * factor
    return {
        day: [f'{metric}{{namespace="genai",pod="{pod}"}} {value} {moment:.3f}' for (pod, moment), value in sorted(samples.items())]
        for day, samples in found.items()
    }


def write_slack_export(path: Path) -> None:
    """The real incident texts, one message an hour."""
    lines = (SHARED / "incidents" / "labelled_incidents.jsonl").read_text(encoding="utf-8").splitlines()
    by_day: dict[str, list[dict[str, str]]] = defaultdict(list)
    for number, line in enumerate(lines):
        moment = datetime.fromtimestamp(datetime(2024, 9, 1, tzinfo=UTC).timestamp() + 3600 * number, tz=UTC)
        message = {"type": "message", "user": "U01", "text": json.loads(line)["text"], "ts": f"{moment.timestamp():.6f}"}
        by_day[moment.date().isoformat()].append(message)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("channels.json", json.dumps([{"id": "C01", "name": "incidents"}]))
        archive.writestr("users.json", json.dumps([{"id": "U01", "name": "reporter"}]))
        for day, messages in by_day.items():
            archive.writestr(f"incidents/{day}.json", json.dumps(messages))
