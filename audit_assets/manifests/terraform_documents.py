"""Terraform's JSON as resources: state of format 4, and what `terraform show -json` prints of a state or of a plan.

A plan says what will be: its planned values are the resources, each with what is about to be done to it. Data sources and objects that are
only waiting to be destroyed are none. What Terraform marks as sensitive is dropped here. Formats: HashiCorp, "JSON Output Format" (format
version 1) and the state's own version 4.
What does not belong here: what a resource type means.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from audit_assets.errors import SourceRejected
from audit_assets.manifests.files import decoded, depth_of
from audit_assets.manifests.kubernetes_objects import at, listing, mapping, scalar_text
from audit_assets.manifests.terraform_blocks import blocks, texts_of
from audit_assets.manifests.terraform_sensitive import mask_of, without_sensitive
from audit_assets.objects import ObjectStat

MAX_BYTES = 100_000_000  # a state of 10,000 resources is about 30 MB
MAX_DEPTH = 100
SHOW = "run `terraform show -json`, of the state or of the saved plan, and name its output"
CODE = (".tf", ".tf.json", ".tofu", ".tfvars", ".hcl")
_INDEX = re.compile(r'\[(\d+|"([^"\\]|\\.)*")\]')
_ONLY_A_STATE = frozenset({"format_version", "terraform_version", "values", "checks", "timestamp"})
_UNIQUE_ID = re.compile(r"^(arn:|projects/|/subscriptions/)")  # what no two clouds, accounts or clusters have alike


@dataclass(frozen=True)
class Resource:
    """A managed resource. `values` are without what is sensitive; `number` is its place in the file, from 1.

    `action`: what the plan does to it (no-op, create, update, replace, delete), None in a state. `written`: the expressions of the code by
    attribute, which only a plan holds; None when unknown.
    """

    address: str
    type: str
    values: dict[str, Any]
    number: int
    action: str | None = None
    written: dict[str, Any] | None = None


@dataclass(frozen=True)
class TerraformDocument:
    """A file. `origin` is state or plan; `age` grows from older to newer among the files of one workspace.

    `marks` are what only files of the same workspace share: the lineage, and ids that exist once in the world.
    """

    uri: str
    origin: str
    resources: tuple[Resource, ...]
    marks: frozenset[str]
    age: tuple[bool, str, int, str]
    subnet_zones: dict[str, str]


def read_terraform(item: ObjectStat) -> TerraformDocument | None:
    """The resources of a file; None for JSON that is something else. Raises SourceRejected for what cannot be used, by name."""
    value = _json(item)
    if not isinstance(value, dict):
        return None
    _refuse_others(item.uri, value)
    if "lineage" in value or ("serial" in value and "version" in value):
        return _of_state(item.uri, value)
    if not isinstance(value.get("format_version"), str):
        return None
    is_plan = "planned_values" in value or "resource_changes" in value
    if not is_plan and not value.keys() <= _ONLY_A_STATE:
        return None
    if value["format_version"].partition(".")[0] != "1":
        raise SourceRejected(item.uri, f"`show -json` of format {value['format_version']}; format 1 is read", "use Terraform 1.0 or newer")
    return _of_plan(item.uri, value) if is_plan else _shown_state(item.uri, value)


def _json(item: ObjectStat) -> Any:
    if item.path.name.lower().endswith(CODE):
        raise SourceRejected(item.uri, "Terraform code, which does not say what it comes to", SHOW)
    if item.size > MAX_BYTES:
        raise SourceRejected(item.uri, f"{item.size} bytes; a state or plan has at most {MAX_BYTES}", "split the workspace")
    with item.path.open("rb") as handle:
        if handle.read(4) == b"PK\x03\x04":
            raise SourceRejected(item.uri, "a saved plan in Terraform's binary form", "run `terraform show -json PLAN > plan.json`")
    text = decoded(item)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise _not_json(item.uri, text, problem) from problem
    if depth_of(value) > MAX_DEPTH:
        raise SourceRejected(item.uri, f"nested deeper than {MAX_DEPTH} levels", SHOW)
    return value


def _not_json(uri: str, text: str, problem: orjson.JSONDecodeError) -> SourceRejected:
    first = text.lstrip()[:2000].partition("\n")[0]
    if first.startswith("{") and '"@level"' in first:
        return SourceRejected(
            uri, "the log of `terraform plan -json`, not the plan", "save it (-out=PLAN) and run `terraform show -json PLAN`"
        )
    if not first.startswith(("{", "[")):
        return SourceRejected(uri, "not JSON", SHOW)
    return SourceRejected(f"{uri}:{problem.lineno}", f"not valid JSON, cut off perhaps: {problem.msg}", "write the file again")


def _refuse_others(uri: str, value: dict[str, Any]) -> None:
    if "encrypted_data" in value:
        raise SourceRejected(uri, "an encrypted OpenTofu state", "run `tofu show -json` where the key is, and name its output")
    if "plan_format_version" in value:
        raise SourceRejected(uri, "a redacted plan of HCP Terraform, without values", "fetch `json-output`, not `json-output-redacted`")
    answers = listing(value.get("data")) or [value.get("data")]
    if any(at(answer, "type") in ("state-versions", "plans", "runs", "workspaces") for answer in answers):
        fix = "download the state (`terraform state pull`, or its hosted-state-download-url) or the plan's `json-output`"
        raise SourceRejected(uri, "an answer of the HCP Terraform API about a state or plan, not the thing itself", fix)
    if value.get("errored") is True:
        raise SourceRejected(uri, "a plan that ended in an error and is incomplete", "plan again")


def _of_state(uri: str, value: dict[str, Any]) -> TerraformDocument:
    if value.get("version") != 4:
        fix = "run `terraform show -json` with the version of Terraform that wrote it, if that is 1.0 or newer; else upgrade the state"
        raise SourceRejected(uri, f"Terraform state of version {value.get('version')}; version 4 is read", fix)
    managed: list[tuple[str, str, dict[str, Any]]] = []
    looked_up: list[tuple[str, str, dict[str, Any]]] = []
    for resource in blocks(value, "resources"):
        for instance in blocks(resource, "instances"):
            if "deposed" not in instance:
                kept = managed if resource.get("mode") == "managed" else looked_up
                kept.append((_state_address(resource, instance), scalar_text(resource.get("type")), _attributes(resource, instance)))
    resources = tuple(Resource(address, kind, values, number) for number, (address, kind, values) in enumerate(managed, start=1))
    lineage = {f"lineage {value['lineage']}"} if value.get("lineage") else set()
    serial = value["serial"] if isinstance(value.get("serial"), int) else 0
    zones = _subnet_zones((kind, values) for _, kind, values in [*managed, *looked_up])
    marks = frozenset(lineage | _unique((address, values) for address, _, values in managed))
    return TerraformDocument(uri, "state", resources, marks, (False, "state", serial, uri), zones)


def _state_address(resource: dict[str, Any], instance: dict[str, Any]) -> str:
    name = ".".join(scalar_text(part) for part in (resource.get("module"), resource.get("type"), resource.get("name")) if part)
    key = instance.get("index_key")
    if key is None:
        return name
    return f"{name}[{orjson.dumps(key).decode()}]"


def _attributes(resource: dict[str, Any], instance: dict[str, Any]) -> dict[str, Any]:
    values = mapping(instance.get("attributes"))
    manifest = values.get("manifest")
    if resource.get("type") == "kubernetes_manifest" and isinstance(manifest, dict) and manifest.keys() == {"value", "type"}:
        values = {**values, "manifest": manifest["value"]}  # a value of any type is written with its type
    return mapping(without_sensitive(values, mask_of(listing(instance.get("sensitive_attributes")))))


def _shown_state(uri: str, value: dict[str, Any]) -> TerraformDocument:
    shown = list(_shown(at(value, "values", "root_module")))
    managed = [one for one in shown if one["mode"] == "managed"]
    resources = tuple(Resource(r["address"], r["type"], r["values"], number) for number, r in enumerate(managed, start=1))
    marks = frozenset(_unique((r["address"], r["values"]) for r in managed))
    return TerraformDocument(uri, "state", resources, marks, (False, "", 0, uri), _subnet_zones((r["type"], r["values"]) for r in shown))


def _of_plan(uri: str, value: dict[str, Any]) -> TerraformDocument:
    shown = list(_shown(at(value, "planned_values", "root_module")))
    before = list(_shown(at(value, "prior_state", "values", "root_module")))
    actions = _actions(value)
    code = _expressions(at(value, "configuration", "root_module"), "")
    found = [(r["address"], r["type"], r["values"], actions.get(r["address"])) for r in shown if r["mode"] == "managed"]
    found += list(_deleted(value))
    resources = tuple(
        Resource(address, kind, values, number, action, code.get(_INDEX.sub("", address)))
        for number, (address, kind, values, action) in enumerate(found, start=1)
    )
    marks = frozenset(_unique((r["address"], r["values"]) for r in [*shown, *before] if r["mode"] == "managed"))
    zones = _subnet_zones((r["type"], r["values"]) for r in [*before, *shown])
    return TerraformDocument(uri, "plan", resources, marks, (True, scalar_text(value.get("timestamp")), 0, uri), zones)


def _shown(module: Any) -> Iterator[dict[str, Any]]:
    for resource in blocks(mapping(module), "resources"):
        values = mapping(without_sensitive(mapping(resource.get("values")), resource.get("sensitive_values")))
        texts = {key: scalar_text(resource.get(key)) for key in ("address", "type", "mode")}
        yield {**texts, "values": values}
    for child in blocks(mapping(module), "child_modules"):
        yield from _shown(child)


def _actions(plan: dict[str, Any]) -> dict[str, str]:
    found = {}
    for change in blocks(plan, "resource_changes"):
        actions = texts_of(mapping(change.get("change")), "actions")
        if actions and "deposed" not in change:
            found[scalar_text(change.get("address"))] = "replace" if {"create", "delete"} <= set(actions) else actions[0]
    return found


def _deleted(plan: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    for change in blocks(plan, "resource_changes"):
        if at(change, "change", "actions") == ["delete"] and change.get("mode") == "managed" and "deposed" not in change:
            before = without_sensitive(mapping(at(change, "change", "before")), at(change, "change", "before_sensitive"))
            yield scalar_text(change.get("address")), scalar_text(change.get("type")), mapping(before), "delete"


def _expressions(module: Any, prefix: str) -> dict[str, dict[str, Any]]:
    found = {prefix + scalar_text(r.get("address")): mapping(r.get("expressions")) for r in blocks(mapping(module), "resources")}
    for name, call in mapping(at(module, "module_calls")).items():
        found |= _expressions(at(call, "module"), f"{prefix}module.{name}.")
    return found


def _unique(resources: Iterator[tuple[str, dict[str, Any]]]) -> set[str]:
    """Ids that two workspaces cannot share, with their address."""
    found = set()
    for address, values in resources:
        metadata = next(iter(listing(values.get("metadata"))), None)
        ids = (scalar_text(values.get("arn")), scalar_text(values.get("id")))
        found |= {f"{address} {one}" for one in ids if _UNIQUE_ID.match(one)}
        found |= {f"{address} {uid}" for uid in [scalar_text(at(metadata, "uid"))] if uid}
    return found


def _subnet_zones(resources: Iterator[tuple[str, dict[str, Any]]]) -> dict[str, str]:
    """AWS: the zone of each subnet that is declared or looked up, for what names subnets and not zones."""
    subnets = (values for kind, values in resources if kind == "aws_subnet")
    return {scalar_text(v["id"]): scalar_text(v["availability_zone"]) for v in subnets if v.get("id") and v.get("availability_zone")}
