"""How people write about the planted events: page titles, first messages, replies and notes.

Placeholders: {start}, {mitigated} as HH:MM UTC; {start_iso}; {node}, {gpu}. Replies carry minutes after detection.
A reply in PagerDuty becomes a note of the log. What does not belong here: chatter that means nothing (chatter.py).
"""

from dataclasses import dataclass

MITIGATION = -1  # a reply at the time of mitigation


@dataclass(frozen=True)
class Story:
    """What is said about one event. `channel` is the Slack channel, or the PagerDuty service for a page."""

    channel: str
    first: str
    replies: tuple[tuple[int, str], ...]
    detail: str = ""


STORIES = {
    "vram-page": Story(
        "Chat inference",
        "GpuMemoryHigh: chat-llm on {node} CUDA out of memory, replicas restarting",
        (
            (6, "torch.OutOfMemoryError: CUDA out of memory on GPU {gpu}. Customers get 502 on long prompts. Started {start} UTC."),
            (MITIGATION, "Mitigated at {mitigated} UTC: max-num-seqs lowered to 96, VRAM back under 90 %."),
        ),
        "DCGM_FI_DEV_FB_USED / (USED + FREE) > 0.95 on {node} GPU {gpu}",
    ),
    "driver-page-1": Story(
        "Platform",
        "{node}: nvidia-smi fails, Driver/library version mismatch after unattended upgrade",
        (
            (8, "Failed to initialize NVML: Driver/library version mismatch. Kernel module is 535.104, user space moved to 535.183. Began at {start} UTC."),
            (MITIGATION, "Mitigated at {mitigated} UTC: node rebooted with the old driver, unattended-upgrades masked. fraud-train continued from its checkpoint."),
        ),
        "dcgm-exporter on {node} cannot open NVML",
    ),
    "driver-page-2": Story(
        "Platform",
        "{node}: CUDA driver version is insufficient for CUDA runtime version",
        (
            (12, "New AMI brought an older NVIDIA driver than the image's CUDA runtime expects. research-exp pods crash on start."),
            (MITIGATION, "Mitigated at {mitigated} UTC by rolling back to the previous AMI."),
        ),
        "container exits with cudaErrorInsufficientDriver",
    ),
    "thermal-page": Story(
        "Search",
        "{node} GPU {gpu} thermal slowdown, search latency doubled",
        (
            (5, "HW thermal slowdown, clocks throttled, GPU {gpu} at 91 C. Users see slow results. Started {start} UTC."),
            (MITIGATION, "Mitigated at {mitigated} UTC: node cordoned by hand and traffic moved; airflow ticket with the provider."),
        ),
        "clocks_throttle_reasons.hw_thermal_slowdown active",
    ),
    "scheduling-page": Story(
        "Docs",
        "docs-summarise pods Pending: 0/24 nodes are available, Insufficient nvidia.com/gpu",
        (
            (4, "FailedScheduling: Insufficient nvidia.com/gpu after the autoscaler removed a node pool. Users get 503 on summaries since {start} UTC."),
            (MITIGATION, "Mitigated at {mitigated} UTC: pool restored, all replicas Running."),
        ),
        "kube_pod_status_phase{{phase=\"Pending\"}} > 0 in namespace docs",
    ),
    "version-page": Story(
        "Docs",
        "docs-summarise crash loop after image bump: ImportError undefined symbol in flash_attn",
        (
            (3, "vLLM 0.10 wheel was built against torch 2.7, the image ships torch 2.6: version mismatch. Users cannot summarise. Started {start} UTC."),
            (MITIGATION, "Mitigated at {mitigated} UTC: image rolled back to the previous tag, requirements pinned."),
        ),
        "CrashLoopBackOff",
    ),
    "upstream-page-1": Story(
        "Chat inference",
        "chat: Hugging Face Hub returns 503, new replicas cannot download weights",
        (
            (5, "huggingface.co answers 503 Service Unavailable, their status page confirms an outage. Customers see errors since {start} UTC."),
            (MITIGATION, "Mitigated at {mitigated} UTC: weights served from the old pod's cache, upstream still degraded."),
        ),
        "HTTPError: 503 Server Error for url: https://huggingface.co/…",
    ),
    "upstream-page-2": Story(
        "Search",
        "search: third-party geocoding API rate limit, 429 Too Many Requests",
        (
            (2, "The upstream provider cut our quota, every call answers 429. Users get empty results since {start} UTC."),
            (MITIGATION, "Mitigated at {mitigated} UTC: provider raised the quota, cache TTL tripled."),
        ),
        "429 from the upstream API",
    ),
    "data-page": Story(
        "Fraud",
        "fraud-score 5xx: feature feed delivered null merchant ids, schema change upstream of us",
        (
            (9, "The nightly feature table has 38 % null in merchant_id after a schema change; scoring fails on bad data. Payments declined since {start} UTC."),
            (MITIGATION, "Mitigated at {mitigated} UTC: previous feature snapshot restored, validation added to the load."),
        ),
        "http_requests_total{{status=\"5xx\"}} ratio above 1 %",
    ),
    "driver-slack": Story(
        "platform-ops",
        "{node} lost its GPUs: NVML: Driver/library version mismatch, kernel got patched at night. research-exp is dead there, the research team is blocked.",
        (
            (7, "started {start} UTC right after the kernel update, dkms did not rebuild the nvidia module"),
            (MITIGATION, "mitigated at {mitigated} UTC, rebuilt the module and rebooted {node}. Nobody got paged for this btw."),
        ),
    ),
    "data-slack": Story(
        "platform-ops",
        "Separate incident, unrelated to the driver thing above: fraud-train reads corrupted data, label column of last night's Parquet is all null. Training on garbage since {start} UTC.",
        (
            (12, "export job wrote the shard before the join finished, data bug on our side. Model of tonight is unusable, analysts wait for it."),
            (MITIGATION, "data issue mitigated at {mitigated} UTC: shard rewritten and checksummed, training restarted."),
        ),
    ),
    "scheduling-slack-1": Story(
        "ml-training",
        "fraud-train-backfill has been Pending since {start} UTC: 0/24 nodes are available: node(s) didn't match Pod's node affinity/selector. There are 8 free H100s on h100-06!",
        (
            (25, "the job asks for acme.io/pool=h100-train, the nodes carry h100-training. Label mismatch. The backfill misses its deadline."),
            (MITIGATION, "mitigated at {mitigated_iso}: gave up and deleted the job, will resubmit with the right label."),
        ),
    ),
    "scheduling-slack-2": Story(
        "ml-training",
        "research-exp sweep stuck, pods Pending with FailedScheduling: Insufficient nvidia.com/gpu, someone's job took all spot GPUs. Team idle since {start} UTC.",
        (
            (10, "no quota on the namespace, first come first served"),
            (MITIGATION, "mitigated at {mitigated} UTC, the other job was preempted by hand"),
        ),
    ),
    "version-slack": Story(
        "search",
        "search-embed is down after the transformers upgrade: tokenizers 0.22 is incompatible with transformers 4.44, ImportError on start. Index is going stale.",
        (
            (15, "dependency conflict, the lock file was not rebuilt"),
            (MITIGATION, "mitigated at {mitigated} UTC, pinned tokenizers<0.21 and redeployed"),
        ),
    ),
    "upstream-slack": Story(
        "chat-oncall",
        "Support says customers get 502 in chat whenever a web lookup runs: the external search API times out upstream. Ongoing since {start} UTC, no page came.",
        (
            (6, "provider's status page: partial outage of their API. 3 customer tickets so far, e.g. from lena.hart@customer.example"),
            (MITIGATION, "mitigated at {mitigated} UTC: web lookup switched off behind the flag until they recover"),
        ),
    ),
    "regression-slack-1": Story(
        "chat-oncall",
        "Customers complain that chat answers got worse: invented order numbers. The new model version v14 scores 11 points lower on the golden set. It has been live since {start_iso}.",
        (
            (18, "eval regression confirmed, quality drop starts with the v14 rollout. Nobody was paged, we have no quality alert."),
            (MITIGATION, "mitigated at {mitigated} UTC: rolled back to model v13"),
        ),
    ),
    "regression-slack-2": Story(
        "ml-training",
        "fraud model regression: precision of the retrained model fell from 0.91 to 0.78, the analysts' review queue is flooded. Bad since the model went live at {start_iso}.",
        (
            (30, "the weekly eval ran on the old holdout, so the accuracy drop slipped through"),
            (MITIGATION, "mitigated at {mitigated} UTC, previous model restored"),
        ),
    ),
    "vram-near-1": Story(
        "chat-oncall",
        "heads up: chat-llm GPU {gpu} on {node} is at 97 % VRAM since {start} UTC, KV cache nearly full. No user impact so far.",
        ((20, "one very long batch, it drained. No users affected, not filing anything."),),
    ),
    "vram-near-2": Story(
        "platform-ops",
        "{node} GPU {gpu} framebuffer above 95 % since {start} UTC (docs-summarise). Close to CUDA OOM, but nothing failed.",
        ((16, "lowered max-num-seqs. No impact on users, near miss I guess."),),
    ),
    "vram-near-3": Story(
        "search",
        "weird: VRAM on {node} GPU {gpu} jumped to 97 % at {start} UTC, almost out of memory. Queries are fine, no user impact.",
        ((11, "leaked CUDA graphs in one worker, restarted it between requests. Nobody noticed."),),
    ),
    "vram-near-4": Story(
        "chat-oncall",
        "GPU {gpu} on {node} nearly ran out of VRAM (97 %) since {start} UTC, shouldn't GpuMemoryHigh have fired? no user impact",
        ((24, "no idea why it stayed silent. Back to normal, no customer noticed."),),
    ),
    "thermal-near": Story(
        "platform-ops",
        "{node} GPU {gpu} hit 91 C at {start} UTC and started to throttle, thermal slowdown bit set. Latency stayed flat, no user impact.",
        ((13, "fan curve reset after a firmware update; fixed before anyone noticed"),),
    ),
    "scheduling-near": Story(
        "platform-ops",
        "docs-summarise had one pod Pending from {start} UTC, Insufficient nvidia.com/gpu during the node rotation. Other replicas took the load, no user impact.",
        ((9, "new node joined, pod is Running again. Close call, we rotate without spare capacity."),),
    ),
}  # fmt: skip
DUPLICATE_OF_PAGE = "upstream-page-1"
DUPLICATE = Story(
    "chat-oncall",
    "PagerDuty {number} fired: chat cannot load weights, Hugging Face Hub returns 503. Looking.",
    (
        (9, "same as the page: upstream outage at huggingface.co, tracking it in PagerDuty {number}"),
        (MITIGATION, "mitigated at {mitigated} UTC, see the page"),
    ),
)
SHARED_THREAD = ("driver-slack", "data-slack")  # one thread, two incidents
