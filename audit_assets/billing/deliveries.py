"""Which files of a bill are current, when its provider keeps every delivery of a month beside the older ones.

AWS: a CUR that "creates new versions" has a folder an assembly below the month, and a manifest that names the current one; Data Exports
(FOCUS, CUR 2.0) have a folder a delivery whose name begins with its time. A sum over them all would count a month several times.
Azure: exports that do not overwrite have a folder a run below the month, named as AWS names assemblies; no file says which is current.
"""

import re
from dataclasses import replace
from pathlib import Path

import orjson

from audit_assets.errors import SourceRejected
from audit_assets.objects import Listing, ObjectStat

_ASSEMBLY = re.compile(r"^(?P<month>(?:.*/)?\d{8}-\d{8})/(?P<delivery>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")
_EXPORT = re.compile(r"^(?P<month>(?:.*/)?BILLING_PERIOD=\d{4}-\d{2})/(?P<delivery>\d{4}-\d{2}-\d{2}T\d{2}[^/]*)/")


def current(listing: Listing) -> Listing:
    """The listing without superseded deliveries, which are told among the ignored. Raises SourceRejected when none is the current one."""
    deliveries: dict[tuple[re.Pattern[str], str], set[str]] = {}
    for item in listing.objects:
        found = _delivery(item)
        if found:
            deliveries.setdefault(found[:2], set()).add(found[2])
    chosen = {key: _chosen(*key, names, listing) for key, names in deliveries.items()}
    superseded = {item for item in listing.objects if (found := _delivery(item)) and chosen[found[:2]] != found[2]}
    told = tuple(f"{item.uri} (superseded by a later delivery of the month)" for item in sorted(superseded))
    kept = tuple(item for item in listing.objects if item not in superseded)
    return replace(listing, objects=kept, ignored=(*listing.ignored, *told))


def _delivery(item: ObjectStat) -> tuple[re.Pattern[str], str, str] | None:
    for pattern in (_ASSEMBLY, _EXPORT):
        found = pattern.match(item.uri)
        if found:
            return pattern, found["month"], found["delivery"]
    return None


def _chosen(pattern: re.Pattern[str], month: str, names: set[str], listing: Listing) -> str:
    if len(names) == 1 or pattern is _EXPORT:
        return max(names)
    example = next(item for item in listing.objects if item.uri.startswith(f"{month}/"))
    folder = example.path.parents[len(Path(example.uri).relative_to(month).parts) - 1]
    for path in sorted(folder.glob("*Manifest.json")):
        assembly = _assembly(path)
        if assembly in names:
            return str(assembly)
    raise SourceRejected(
        month,
        f"{len(names)} deliveries of one month, and no manifest says which is current",
        "keep only the latest delivery (Azure: let the export overwrite), or copy the month's …-Manifest.json of AWS beside them",
    )


def _assembly(manifest: Path) -> object:
    try:
        loaded = orjson.loads(manifest.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return loaded.get("assemblyId") if isinstance(loaded, dict) else None
