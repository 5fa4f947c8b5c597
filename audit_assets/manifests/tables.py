"""Manifest tables: a snapshot of what is declared to run. Secret values never get here."""

import pyarrow as pa

from audit_assets.tables import TEXT_LIST, TEXT_MAP, Column, Table

TEXT, COUNT, NUMBER, FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()

_IDENTITY = (
    Column("source", TEXT, "name of the manifest source"),
    Column("cluster", TEXT, "cluster the source belongs to"),
    Column("kind", TEXT, "Kubernetes kind of the object, e.g. Deployment"),
    Column("namespace", TEXT, "namespace; 'default' when the object names none and is namespaced"),
    Column("name", TEXT, "metadata.name, or generateName; (unnamed) when the object has neither"),
)

K8S_OBJECTS = Table(
    name="k8s_objects",
    kind="manifests",
    snapshot=True,
    description="One row an object of any kind, with the whole document as JSON (data of Secrets removed).",
    columns=(
        *_IDENTITY,
        Column("api_version", TEXT, "apiVersion"),
        Column("labels", TEXT_MAP, "metadata.labels"),
        Column("annotations", TEXT_MAP, "metadata.annotations"),
        Column("document", TEXT, "the object as JSON text"),
        Column("source_uri", TEXT, "file:line of the document's first line"),
    ),
)

K8S_POD_TEMPLATES = Table(
    name="k8s_pod_templates",
    kind="manifests",
    snapshot=True,
    description="One row a pod template inside an object of any kind (Deployment, Job, RayCluster head and workers, …).",
    columns=(
        *_IDENTITY,
        Column("role", TEXT, "where in the object: '' for the only template, else e.g. head, worker:<group>, leader"),
        Column("replicas", COUNT, "declared replicas (minimum where a range); null when the kind has none"),
        Column("pods_per_replica", COUNT, "pods of this role in one replica: 1, or the workers of a LeaderWorkerSet group"),
        Column("strategy", TEXT, "RollingUpdate, Recreate, OnDelete or null"),
        Column("pod_labels", TEXT_MAP, "labels of the template"),
        Column("node_selector", TEXT_MAP, "nodeSelector, and required node affinity with a single value"),
        Column("node_affinity", TEXT, "required node affinity terms as JSON; null when none"),
        Column("tolerations", TEXT, "tolerations as JSON; null when none"),
        Column("pod_anti_affinity", FLAG, "has pod anti-affinity, required or preferred"),
        Column("topology_spread", TEXT, "topologySpreadConstraints as JSON; null when none"),
        Column("volumes", TEXT, "volumes as JSON; null when none"),
        Column("volume_claims", TEXT, "volumeClaimTemplates as JSON; null when none"),
        Column("restart_policy", TEXT, "restartPolicy"),
        Column("backoff_limit", COUNT, "Job backoffLimit"),
        Column("service_account", TEXT, "serviceAccountName"),
        Column("runtime_class", TEXT, "runtimeClassName"),
        Column("gpus", NUMBER, "GPUs requested by one pod, all containers and GPU resource names together; null when not a number"),
        Column("source_uri", TEXT, "file:line of the document's first line"),
    ),
)

K8S_CONTAINERS = Table(
    name="k8s_containers",
    kind="manifests",
    snapshot=True,
    description="One row a container (init containers included) of a pod template.",
    columns=(
        *_IDENTITY,
        Column("role", TEXT, "role of the pod template"),
        Column("container", TEXT, "container name; (unnamed) when it has none"),
        Column("is_init", FLAG, "an init container"),
        Column("image", TEXT, "image reference as written"),
        Column("image_registry", TEXT, "registry host; docker.io when none is written"),
        Column("image_repository", TEXT, "repository without registry, tag and digest"),
        Column("image_tag", TEXT, "tag; null when none is written"),
        Column("image_digest", TEXT, "digest; null when none is written"),
        Column("command", TEXT_LIST, "command"),
        Column("args", TEXT_LIST, "args; a shell line is split into words"),
        Column("env", TEXT_MAP, "literal environment values, those that look like secrets removed"),
        Column("gpu_resource", TEXT, "e.g. nvidia.com/gpu; null when none"),
        Column("gpus", NUMBER, "GPUs requested (limit where only a limit is written); null when not a number, such as ${GPUS}"),
        Column("cpu_request", NUMBER, "cores"),
        Column("cpu_limit", NUMBER, "cores"),
        Column("memory_request_gib", NUMBER, "GiB"),
        Column("memory_limit_gib", NUMBER, "GiB"),
        Column("has_readiness_probe", FLAG, "readinessProbe is set"),
        Column("has_liveness_probe", FLAG, "livenessProbe is set"),
        Column("has_startup_probe", FLAG, "startupProbe is set"),
        Column("volume_mounts", TEXT, "volumeMounts as JSON; null when none"),
        Column("source_uri", TEXT, "file:line of the document's first line"),
    ),
)

ALERT_RULES = Table(
    name="alert_rules",
    kind="manifests",
    snapshot=True,
    description="One row an alerting rule, from PrometheusRule objects and plain rule files.",
    columns=(
        *_IDENTITY,
        Column("rule_group", TEXT, "group name"),
        Column("alert", TEXT, "alert name"),
        Column("expr", TEXT, "PromQL"),
        Column("for_seconds", NUMBER, "`for:` in seconds; 0 when absent"),
        Column("severity", TEXT, "labels.severity"),
        Column("parse_error", TEXT, "why the expression cannot be evaluated; null when it can"),
        Column("metrics", TEXT_LIST, "metric names in the expression"),
        Column("compared", TEXT, "what is compared with a constant: value, increase or memory_share; null when nothing is"),
        Column("compared_metric", TEXT, "the metric of which; memory_share is DCGM_FI_DEV_FB_USED over used and free"),
        Column("matchers", TEXT_LIST, "matchers of its labels, as label, operator and value without spaces"),
        Column("range_seconds", NUMBER, "range of an increase or a rate, seconds"),
        Column("operator", TEXT, "==, !=, >, <, >= or <=, with the metric on the left"),
        Column("threshold", NUMBER, "the constant, in the metric's unit; a share where the rule has percent of a share"),
        Column("not_compared", TEXT, "why nothing is compared; null when something is, or when the expression cannot be evaluated"),
        Column("source_uri", TEXT, "file:line of the document's first line"),
    ),
)

CODE_OWNERS = Table(
    name="code_owners",
    kind="manifests",
    snapshot=True,
    description="One row a manifest file and section of CODEOWNERS that gives it owners; the last rule that matches decides.",
    columns=(
        Column("source", TEXT, "name of the manifest source"),
        Column("cluster", TEXT, "cluster the source belongs to"),
        Column("file_uri", TEXT, "the manifest file"),
        Column("section", TEXT, "section of a GitLab file; empty where there is none"),
        Column("pattern", TEXT, "pattern of the rule"),
        Column("owners", TEXT_LIST, "owners as written: @user, @organisation/team or an e-mail address"),
        Column("source_uri", TEXT, "file:line of the rule"),
    ),
)

_TERRAFORM = (
    Column("origin", TEXT, "state, or plan: what will be when it is applied"),
    Column("action", TEXT, "what the plan does to it: no-op, create, update, replace or delete; null in a state"),
    Column("superseded_by", TEXT, "the plan or newer state of the same workspace that counts instead; null when this one counts"),
    Column("source_uri", TEXT, "the file"),
)

MACHINE_POOLS = Table(
    name="machine_pools",
    kind="manifests",
    snapshot=True,
    description="One row a node group, scale set, template or single machine that Terraform declares, with GPUs or without.",
    columns=(
        Column("source", TEXT, "name of the manifest source"),
        Column("cluster", TEXT, "cluster the source belongs to"),
        Column("address", TEXT, "address of the resource, e.g. module.gpu.aws_eks_node_group.this[0]"),
        Column("resource_type", TEXT, "Terraform's type, e.g. aws_eks_node_group"),
        Column("provider", TEXT, "aws, gcp or azure"),
        Column("role", TEXT, "pool (of several machines), instance (one machine) or template (of others)"),
        Column("name", TEXT, "name in the cloud; null when it is known only after apply"),
        Column("provider_id", TEXT, "the cloud's id, of templates and instances"),
        Column("template", TEXT, "launch template that it names, by id or name; null when none"),
        Column("machine_types", TEXT_LIST, "machine types as declared; empty where a template says them"),
        Column("gpu_type", TEXT, "GPU attached to the machine, as the provider names it; null where the machine type says it"),
        Column("gpus", COUNT, "GPUs attached to one machine; null where the machine type says it"),
        Column("desired", COUNT, "machines asked for, all zones together; null when unknown"),
        Column("min_size", COUNT, "fewest machines, all zones together; null when nothing scales it"),
        Column("max_size", COUNT, "most machines, all zones together; null when nothing scales it"),
        Column("capacity", TEXT, "on_demand, spot, mixed or reserved; null where a template says it, or nothing does"),
        Column("zones", TEXT_LIST, "zones it may use; empty when unknown"),
        Column("labels", TEXT_MAP, "labels of its nodes, as declared"),
        Column("image", TEXT, "machine image or its release, as given"),
        Column("image_written", TEXT, "literal, computed or absent in the code; null when the code is unknown, as in a state"),
        Column("driver", TEXT, "GPU driver that the provider is asked to install: DEFAULT, LATEST or a version; null when not said"),
        Column("reservation", TEXT, "capacity reservation that it is bound to; null when none"),
        *_TERRAFORM,
    ),
)

CHART_RELEASES = Table(
    name="chart_releases",
    kind="manifests",
    snapshot=True,
    description="One row a Helm release that Terraform declares; of its values only the version of the GPU driver.",
    columns=(
        Column("source", TEXT, "name of the manifest source"),
        Column("cluster", TEXT, "cluster the source belongs to"),
        Column("address", TEXT, "address of the resource"),
        Column("name", TEXT, "name of the release"),
        Column("namespace", TEXT, "namespace"),
        Column("chart", TEXT, "name of the chart, without the address of its repository"),
        Column("version", TEXT, "as the code says it, a range perhaps, else the version that is installed; null when unknown"),
        Column("version_written", TEXT, "literal, computed or absent in the code; null when the code is unknown, as in a state"),
        Column("driver", TEXT, "driver.version that the release sets; null when none"),
        *_TERRAFORM,
    ),
)

TABLES = (K8S_OBJECTS, K8S_POD_TEMPLATES, K8S_CONTAINERS, ALERT_RULES, CODE_OWNERS, MACHINE_POOLS, CHART_RELEASES)
