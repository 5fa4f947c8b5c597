"""Which files of an AWS data export (FOCUS, CUR 2.0) make up a month: those that its manifest names, all of them or none.

An export has `data/BILLING_PERIOD=YYYY-MM/…` and, written last, `metadata/BILLING_PERIOD=YYYY-MM/…-Manifest.json` with `dataFiles`.
A file that it does not name is of another delivery; a month of which a named file is absent is refused, because its sum would be wrong.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import orjson

from audit_assets.errors import SourceRejected
from audit_assets.objects import Listing, ObjectStat

_PERIOD = r"(?P<period>BILLING_PERIOD=\d{4}-\d{2})/(?P<rest>.+)$"
_MANIFEST = re.compile(rf"^(?P<export>(?:.*/)?)metadata/{_PERIOD}")
_DATA = re.compile(rf"^(?P<export>(?:.*/)?)data/{_PERIOD}")
Month = tuple[str, str]  # the export's folder and the billing period


@dataclass(frozen=True)
class Delivery:
    """What the current manifest of a month names: the parts of URIs after `BILLING_PERIOD=…/`; nothing when it cannot be read."""

    manifest: ObjectStat
    named: frozenset[str]


def named_by_manifests(listing: Listing) -> Listing:
    """The listing without files that no manifest of their month names. Months that are not complete are refused; months without a
    manifest stay as they are."""
    deliveries, unreadable = _deliveries(listing)
    held: dict[Month, set[str]] = defaultdict(set)
    for _, month, rest in _data_files(listing):
        held[month].add(rest)
    broken = [(month, one) for month, one in deliveries.items() if one.named - held[month]]
    incomplete = {month for month, one in deliveries.items() if not one.named} | {month for month, _ in broken}
    left_out, superseded = set(), set()
    for item, month, rest in _data_files(listing):
        if month in incomplete:
            left_out.add(item)
        elif month in deliveries and rest not in deliveries[month].named:
            superseded.add(item)
    told = tuple(f"{item.uri} (not named by the manifest of its month)" for item in sorted(superseded))
    refused = (*unreadable, *(_incomplete(one, one.named - held[month]) for month, one in broken))
    kept = tuple(item for item in listing.objects if item not in left_out | superseded)
    return replace(listing, objects=kept, ignored=(*listing.ignored, *told), refused=(*listing.refused, *refused))


def _data_files(listing: Listing) -> Iterator[tuple[ObjectStat, Month, str]]:
    for item in listing.objects:
        found = _DATA.match(item.uri)
        if found:
            yield item, (found["export"], found["period"]), found["rest"]


def _deliveries(listing: Listing) -> tuple[dict[Month, Delivery], list[SourceRejected]]:
    """The current manifest of each month: the one in the month's own folder, else that of the latest delivery."""
    found: dict[Month, list[tuple[bool, str, ObjectStat]]] = defaultdict(list)
    for item in listing.companions:
        match = _MANIFEST.match(item.uri)
        if match:
            found[match["export"], match["period"]].append(("/" not in match["rest"], match["rest"], item))
    deliveries, unreadable = {}, []
    for month, manifests in found.items():
        manifest = max(manifests)[2]
        try:
            deliveries[month] = Delivery(manifest, _named(manifest, month[1]))
        except SourceRejected as refusal:
            unreadable.append(refusal)
            deliveries[month] = Delivery(manifest, frozenset())
    return deliveries, unreadable


def _named(manifest: ObjectStat, period: str) -> frozenset[str]:
    fix = "let the export deliver again, or remove the metadata folder of the month"
    try:
        loaded = orjson.loads(manifest.path.read_bytes())
    except orjson.JSONDecodeError as problem:
        raise SourceRejected(manifest.uri, f"not valid JSON: {problem.msg}; its month is left out", fix) from problem
    listed = loaded.get("dataFiles") if isinstance(loaded, dict) else None
    if not isinstance(listed, list) or not listed:
        raise SourceRejected(manifest.uri, "no `dataFiles`; its month is left out", fix)
    named = [str(uri).partition(f"{period}/")[2] for uri in listed]
    if not all(named):
        raise SourceRejected(manifest.uri, f"`dataFiles` names a file outside {period}; its month is left out", fix)
    return frozenset(named)


def _incomplete(delivery: Delivery, absent: frozenset[str]) -> SourceRejected:
    reason = f"{len(absent)} of {len(delivery.named)} files that it names are not there, e.g. {min(absent)}; its month is left out"
    return SourceRejected(delivery.manifest.uri, reason, "wait until the delivery is complete, or copy all of its files")
