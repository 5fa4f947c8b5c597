"""Machines that Terraform declares: node groups, scale sets, templates and single machines of AWS, Google Cloud and Azure, as rows.

Only the attributes named here are read. Sizes are machines of the whole pool, also where the provider counts them by zone. Whether a
machine has GPUs is not decided here: types are looked up in SQL.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from audit_assets.manifests.containers import whole
from audit_assets.manifests.kubernetes_objects import text_map
from audit_assets.manifests.terraform_blocks import block, blocks, needed, text_of, texts_of, written
from audit_assets.manifests.terraform_documents import Resource

Row = dict[str, object]


@dataclass(frozen=True)
class _Type:
    provider: str
    role: str  # pool (of several machines), instance (one), template (of others)
    read: Callable[[Resource], Row]


def machine_row(resource: Resource, subnet_zones: dict[str, str]) -> Row | None:
    """A row of MACHINE_POOLS without its source; None for other types. Raises LacksError."""
    kind = MACHINE_TYPES.get(resource.type)
    if kind is None:
        return None
    row = kind.read(resource)
    zones = row.get("zones") or _zones_of_subnets(resource.values, subnet_zones)
    return {
        "address": resource.address,
        "resource_type": resource.type,
        "provider": kind.provider,
        "role": kind.role,
        "action": resource.action,
        **row,
        "zones": sorted(set(zones)) if isinstance(zones, list) else [],
    }


def _zones_of_subnets(values: dict[str, Any], subnet_zones: dict[str, str]) -> list[str]:
    """The zones of all its subnets; none where one subnet's is unknown."""
    subnets = texts_of(values, "subnet_ids") or texts_of(values, "vpc_zone_identifier") or texts_of(values, "subnet_id")
    return [subnet_zones[one] for one in subnets] if all(one in subnet_zones for one in subnets) else []


def _eks_node_group(resource: Resource) -> Row:
    values = resource.values
    scaling = needed(block(values, "scaling_config"), "scaling_config")
    capacities = {"ON_DEMAND": "on_demand", "SPOT": "spot", "CAPACITY_BLOCK": "reserved"}
    return {
        "name": text_of(values, "node_group_name"),
        "template": text_of(block(values, "launch_template"), "id", "name"),
        "machine_types": texts_of(values, "instance_types"),
        **_sizes(scaling, "desired_size", "min_size", "max_size"),
        "capacity": capacities.get(text_of(values, "capacity_type") or "ON_DEMAND"),
        "labels": text_map(values.get("labels")),
        "image": text_of(values, "release_version"),
        "image_written": written(resource.written, "release_version"),
    }


def _launch_template(resource: Resource) -> Row:
    values = resource.values
    markets = {"spot": "spot", "capacity-block": "reserved"}
    reservation = block(values, "capacity_reservation_specification", "capacity_reservation_target")
    zone = text_of(block(values, "placement"), "availability_zone")
    return {
        "name": text_of(values, "name"),
        "provider_id": text_of(values, "id"),
        "machine_types": [one for one in [text_of(values, "instance_type")] if one],
        "capacity": markets.get(text_of(block(values, "instance_market_options"), "market_type") or ""),
        "zones": [zone] if zone else [],
        "image": text_of(values, "image_id"),
        "image_written": written(resource.written, "image_id"),
        "reservation": text_of(reservation, "capacity_reservation_id", "capacity_reservation_resource_group_arn"),
    }


def _aws_instance(resource: Resource) -> Row:
    values = resource.values
    reservation = block(values, "capacity_reservation_specification", "capacity_reservation_target")
    zone = text_of(values, "availability_zone")
    is_spot = "spot" in (text_of(values, "instance_lifecycle"), text_of(block(values, "instance_market_options"), "market_type"))
    return {
        "name": text_of(values, "id"),
        "provider_id": text_of(values, "id"),
        "machine_types": [needed(text_of(values, "instance_type"), "instance_type")],
        "desired": 1,
        "capacity": "spot" if is_spot else "on_demand",
        "zones": [zone] if zone else [],
        "image": text_of(values, "ami"),
        "image_written": written(resource.written, "ami"),
        "reservation": text_of(reservation, "capacity_reservation_id", "capacity_reservation_resource_group_arn"),
    }


def _autoscaling_group(resource: Resource) -> Row:
    values = resource.values
    needed(whole(values.get("max_size")) is not None, "max_size")
    mixed = block(values, "mixed_instances_policy", "launch_template")
    overrides = [text_of(one, "instance_type") for one in blocks(mixed, "override")]
    template = text_of(block(values, "launch_template"), "id", "name")
    return {
        "name": text_of(values, "name"),
        "template": template or text_of(block(mixed, "launch_template_specification"), "launch_template_id", "launch_template_name"),
        "machine_types": [one for one in overrides if one],
        **_sizes(values, "desired_capacity", "min_size", "max_size"),
        "capacity": _mixed_capacity(block(values, "mixed_instances_policy", "instances_distribution")),
        "zones": texts_of(values, "availability_zones"),
    }


def _mixed_capacity(distribution: dict[str, Any]) -> str | None:
    """AWS: on-demand first (`base`), then a percentage of the rest, 100 unless said; None without a distribution."""
    if not distribution:
        return None
    base = whole(distribution.get("on_demand_base_capacity")) or 0
    above = whole(distribution.get("on_demand_percentage_above_base_capacity"))
    if above is None or above >= 100:
        return "on_demand"
    return "spot" if above == 0 and base == 0 else "mixed"


def _gke_node_pool(resource: Resource) -> Row:
    values = resource.values
    node = needed(block(values, "node_config"), "node_config")
    zones = texts_of(values, "node_locations") or _zone(text_of(values, "location"))
    scaling, count = block(values, "autoscaling"), len(zones) or None
    return {
        "name": text_of(values, "name"),
        **_google_machine(node, needed(text_of(node, "machine_type"), "node_config.machine_type")),
        "desired": _times(whole(values.get("node_count")), count),
        "min_size": _total(scaling, "min", count),
        "max_size": _total(scaling, "max", count),
        "zones": zones,
        "labels": text_map(node.get("labels")),
    }


def _total(scaling: dict[str, Any], end: str, zones: int | None) -> int | None:
    """Google: `total_…` is of the pool and wins; `min_node_count` and `max_node_count` are of each zone."""
    return whole(scaling.get(f"total_{end}_node_count")) or _times(whole(scaling.get(f"{end}_node_count")), zones)


def _google_instance(resource: Resource) -> Row:
    values, role = resource.values, MACHINE_TYPES[resource.type].role
    machine = needed(text_of(values, "machine_type"), "machine_type")
    zone = text_of(values, "zone")
    return {
        "name": text_of(values, "name"),
        **_google_machine({**values, **block(values, "scheduling")}, machine),
        "desired": 1 if role == "instance" else None,
        "zones": [zone] if zone else [],
    }


def _google_machine(node: dict[str, Any], machine: str) -> Row:
    accelerator = block(node, "guest_accelerator")
    reservation = block(node, "reservation_affinity")
    specific = block(reservation, "specific_reservation") or reservation
    is_spot = any(node.get(key) is True for key in ("spot", "preemptible")) or text_of(node, "provisioning_model") == "SPOT"
    return {
        "machine_types": [machine.rpartition("/")[2]],
        "gpu_type": (text_of(accelerator, "type") or "").rpartition("/")[2] or None,
        "gpus": whole(accelerator.get("count")),
        "capacity": "spot" if is_spot else "on_demand",
        "driver": text_of(block(accelerator, "gpu_driver_installation_config"), "gpu_driver_version"),
        "reservation": ", ".join(texts_of(specific, "values")) or None,
    }


def _aks_default_pool(resource: Resource) -> Row:
    return _aks_pool(needed(block(resource.values, "default_node_pool"), "default_node_pool"), "default_node_pool.")


def _aks_node_pool(resource: Resource) -> Row:
    return _aks_pool(resource.values, "")


def _aks_pool(pool: dict[str, Any], place: str) -> Row:
    return {
        "name": text_of(pool, "name"),
        "machine_types": [needed(text_of(pool, "vm_size"), f"{place}vm_size")],
        **_sizes(pool, "node_count", "min_count", "max_count"),
        "capacity": "spot" if text_of(pool, "priority") == "Spot" else "on_demand",
        "zones": texts_of(pool, "zones"),
        "labels": text_map(pool.get("node_labels")),
        "reservation": text_of(pool, "capacity_reservation_group_id"),
    }


def _scale_set(resource: Resource) -> Row:
    values = resource.values
    reference = block(values, "source_image_reference")
    parts = [text_of(reference, key) for key in ("publisher", "offer", "sku", "version")]
    return {
        "name": text_of(values, "name"),
        "machine_types": [needed(text_of(values, "sku"), "sku")],
        "desired": whole(values.get("instances")),
        "capacity": "spot" if text_of(values, "priority") == "Spot" else "on_demand",
        "zones": texts_of(values, "zones"),
        "image": ":".join(part for part in parts if part) or None,
        "image_written": written(resource.written, "source_image_reference", "version"),
        "reservation": text_of(values, "capacity_reservation_group_id"),
    }


def _sizes(values: dict[str, Any], desired: str, low: str, high: str) -> Row:
    return {"desired": whole(values.get(desired)), "min_size": whole(values.get(low)), "max_size": whole(values.get(high))}


def _times(number: int | None, zones: int | None) -> int | None:
    return number * zones if number is not None and zones is not None else None


def _zone(location: str | None) -> list[str]:
    """Google: a location is a region (europe-west4) or a zone of it (europe-west4-a)."""
    return [location] if location and location.count("-") == 2 else []


MACHINE_TYPES: dict[str, _Type] = {
    "aws_eks_node_group": _Type("aws", "pool", _eks_node_group),
    "aws_autoscaling_group": _Type("aws", "pool", _autoscaling_group),
    "aws_launch_template": _Type("aws", "template", _launch_template),
    "aws_instance": _Type("aws", "instance", _aws_instance),
    "google_container_node_pool": _Type("gcp", "pool", _gke_node_pool),
    "google_compute_instance": _Type("gcp", "instance", _google_instance),
    "google_compute_instance_template": _Type("gcp", "template", _google_instance),
    "azurerm_kubernetes_cluster": _Type("azure", "pool", _aks_default_pool),
    "azurerm_kubernetes_cluster_node_pool": _Type("azure", "pool", _aks_node_pool),
    "azurerm_linux_virtual_machine_scale_set": _Type("azure", "pool", _scale_set),
}
