"""On-premises nodes declared in on_prem.yaml, as a bill: one charge a day, node and component (depreciation, power, network).

Depreciation is straight-line over the useful life; power is drawn day and night at `power_kw` and multiplied by the PUE; the network's
price a month is spread over the days of that month. A node that is rented by the GPU and month costs 24 of the month's 730 hours a day
(730 = 8,760 / 12, as clouds and OpenCost count). Outside its useful life or term a node is charged nothing, and `doctor` says so.
"""

import calendar
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self

import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from audit_assets.billing.tables import CHARGES
from audit_assets.errors import SourceRejected
from audit_assets.objects import ObjectStat
from audit_assets.partitions import day_bounds, day_start
from audit_assets.source import FileSource, Inputs, Partition, Probe

HOURS_A_DAY = 24
HOURS_A_MONTH = 730
MAX_BYTES = 4_000_000
_WRONG_KIND = "kind on_prem reads on_prem.yaml; for a FOCUS file set kind: focus"
_SCALE = Decimal("1e-10")
Amount = Annotated[Decimal, Field(ge=0, le=10**12)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Node(_Strict):
    """A GPU server, bought or rented. Prices in `currency`; `power_kw` is its mean draw at the wall, before the PUE.

    `purchase_date` and `useful_life_months` are the first day and the term of a rented one.
    """

    name: str = Field(min_length=1)
    cluster: str | None = None
    gpus: int = Field(ge=0)
    gpu_model: str
    purchase_price: Amount = Decimal(0)
    rent_per_gpu_month: Amount = Decimal(0)
    purchase_date: date
    useful_life_months: int = Field(ge=1, le=600)
    power_kw: Amount
    network_per_month: Amount = Decimal(0)
    instance_type: str | None = None
    region: str | None = None
    tags: dict[str, str] = {}

    @model_validator(mode="after")
    def has_a_price(self) -> Self:
        """A node costs its purchase or its rent."""
        if not self.purchase_price and not self.rent_per_gpu_month:
            raise ValueError("neither `purchase_price` nor `rent_per_gpu_month` is above 0")
        return self

    @property
    def end_of_life(self) -> date:
        """The first day after the useful life."""
        months = self.purchase_date.month - 1 + self.useful_life_months
        year, month = self.purchase_date.year + months // 12, months % 12 + 1
        return date(year, month, min(self.purchase_date.day, calendar.monthrange(year, month)[1]))

    def is_charged(self, day: date) -> bool:
        """Whether `day` lies in the useful life."""
        return self.purchase_date <= day < self.end_of_life


class OnPremises(_Strict):
    """The whole of on_prem.yaml. `tariff_per_kwh` in `currency`."""

    currency: str = Field("USD", pattern="^[A-Z]{3}$")
    pue: Annotated[Decimal, Field(ge=1, le=10)]
    tariff_per_kwh: Amount
    nodes: list[Node] = Field(min_length=1)

    def components(self, node: Node, day: date) -> Iterator[tuple[str, Decimal, Decimal, str]]:
        """What a node costs on a day: component, amount, quantity and unit of the quantity."""
        if node.purchase_price:
            life_days = (node.end_of_life - node.purchase_date).days
            yield "depreciation", node.purchase_price / life_days, Decimal(HOURS_A_DAY), "Hours"
        if node.rent_per_gpu_month:
            yield "rent", node.rent_per_gpu_month * node.gpus * HOURS_A_DAY / HOURS_A_MONTH, Decimal(HOURS_A_DAY), "Hours"
        energy = node.power_kw * HOURS_A_DAY * self.pue
        yield "power", energy * self.tariff_per_kwh, energy, "kWh"
        share = Decimal(1) / calendar.monthrange(day.year, day.month)[1]
        if node.network_per_month:
            yield "network", node.network_per_month * share, share, "Months"


class OnPremSource(FileSource):
    """The declared on-premises nodes of one file."""

    tables = (CHARGES,)
    suffixes = (".yaml", ".yml")
    version = 303

    def days_of(self, item: ObjectStat) -> frozenset[date]:
        """Every day in which some node is charged."""
        return frozenset(day for node in read(item).nodes for day in _life(node))

    def probe(self) -> Probe:
        """As for every file source; also names the nodes whose useful life has ended."""
        found = super().probe()
        ended = [
            f"{node.name}: its useful life ended on {node.end_of_life}; no charge from then on"
            for item, _ in self.indexed()[0]
            for node in read(item).nodes
            if node.end_of_life <= date.today()  # noqa: DTZ011 - only a hint for people
        ]
        return replace(found, missing=(*found.missing, *ended))

    def extract(self, inputs: Inputs, scratch: Path) -> Iterator[Partition]:
        """The charges of these days."""
        declared = {item: read(item) for item in {item for objects in inputs.values() for item in objects}}
        for day, objects in inputs.items():
            records = [row for item in objects for row in self._rows(item, declared[item], day)]
            if records:
                yield Partition(CHARGES, day, pa.Table.from_pylist(records, schema=CHARGES.schema), inputs=objects)

    def _rows(self, item: ObjectStat, declared: OnPremises, day: date) -> Iterator[dict[str, object]]:
        for position, node in enumerate(declared.nodes, 1):
            if node.is_charged(day):
                for component in declared.components(node, day):
                    yield self._charge(declared, node, day, component) | {"source_uri": item.uri, "source_row": position}

    def _charge(self, declared: OnPremises, node: Node, day: date, component: tuple[str, Decimal, Decimal, str]) -> dict[str, object]:
        name, amount, quantity, unit = component
        start, end = day_bounds(day)
        month = day.replace(day=1)
        cost = amount.quantize(_SCALE)
        identity = f"{self.name}\n{node.name}\n{day}\n{name}\n{cost}"
        return {
            "source": self.name,
            "provider": "on_prem",
            "billing_account_id": self.name,
            "sub_account_id": node.cluster or self.name,
            "region_id": node.region,
            "resource_id": node.name,
            "resource_name": node.name,
            "resource_type": "Node",
            "service_name": "On-premises GPU nodes",
            "service_category": "Compute",
            "sku_id": name,
            "sku_meter": name,
            "instance_type": node.instance_type,
            "gpu_count": float(node.gpus),
            "gpu_model": node.gpu_model,
            "charge_category": "Usage",
            "charge_frequency": "Recurring",
            "charge_description": f"{name} of {node.name}, {node.gpus} x {node.gpu_model}",
            "charge_period_start": start,
            "charge_period_end": end,
            "billing_period_start": day_start(month),
            "billing_period_end": day_start((month + timedelta(days=32)).replace(day=1)),
            "pricing_category": "Other",
            "price_class": "on_prem",
            "pricing_quantity": float(quantity),
            "pricing_unit": unit,
            "consumed_quantity": float(quantity),
            "consumed_unit": unit,
            "contracted_cost": cost,
            "billed_cost": cost,
            "effective_cost": cost,
            "billing_currency": declared.currency,
            "tags": list(node.tags.items()),
            "focus_version": "on_prem",
            "row_fingerprint": int(hashlib.sha256(identity.encode()).hexdigest()[:16], 16),
        }


def read(item: ObjectStat) -> OnPremises:
    """The declaration of one file. Raises SourceRejected that names each wrong key."""
    if item.size > MAX_BYTES:
        raise SourceRejected(item.uri, f"{item.size} bytes; a declaration of nodes has at most {MAX_BYTES}", "check `uri`")
    try:
        loaded = yaml.load(item.path.read_text(encoding="utf-8-sig"), Loader=_NoAliases)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as problem:
        first_line = " ".join(str(problem).split())[:300]
        raise SourceRejected(item.uri, f"not valid YAML: {first_line}", _WRONG_KIND) from problem
    if not isinstance(loaded, dict):
        raise SourceRejected(item.uri, "not a mapping with `nodes`, `pue` and `tariff_per_kwh`", _WRONG_KIND)
    try:
        declared = OnPremises.model_validate(loaded)
    except ValidationError as problem:
        raise SourceRejected(item.uri, "; ".join(_explained(problem)), "correct these keys") from problem
    _refuse_twins(item, declared.nodes)
    return declared


class _NoAliases(yaml.SafeLoader):
    """YAML without aliases: a list of nodes needs none, and they are how a small file becomes a huge one."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse `*alias` with its line."""
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, f"alias *{event.anchor} is not allowed", event.start_mark)
        return super().compose_node(parent, index)


def _life(node: Node) -> Iterator[date]:
    day = node.purchase_date
    while day < node.end_of_life:
        yield day
        day += timedelta(days=1)


def _explained(problem: ValidationError) -> list[str]:
    return [f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}" for error in problem.errors()]


def _refuse_twins(item: ObjectStat, nodes: Sequence[Node]) -> None:
    names = [(node.cluster, node.name) for node in nodes]
    twice = sorted({name for cluster, name in names if names.count((cluster, name)) > 1})
    if twice:
        raise SourceRejected(item.uri, f"nodes declared twice: {', '.join(twice)}", "name each node once")
