"""The bills of 90 days: a cloud (Parquet, by the hour), a GPU cloud that bills seconds (CSV) and the own data centre (CSV).

The duplicated, the missing and the late file are decided here; one late correction closes the total to the cent.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from audit_assets.demo import prices as priced
from audit_assets.demo.blueprint import Blueprint
from audit_assets.demo.clock import DAYS, day_date, moment
from audit_assets.demo.cloud_charges import NOTHING, CloudCharges, amounts, invoice, machine_columns, month_of, team
from audit_assets.demo.fleet import SECOND_COMMITMENT_DAY, Node
from audit_assets.demo.focus import Charge, write_csv, write_parquet
from audit_assets.demo.targets import (
    DISALLOWED_REGION_COST,
    DUPLICATED_BILL_DAY,
    MISSING_BILL_DAY,
    TOTAL_SPEND,
    UNTAGGED_SHARE,
)

CORRECTION_BILLED_ON = 50  # day number; a month after the day that it corrects
UNTAGGED_NODE = "a100-08"
MONTH_STARTS = (15, 45, 76)  # 1 September, October, November
GPU_CLOUD_DAY_STARTS = 8  # hour UTC at which the GPU cloud's console starts its day


@dataclass(frozen=True)
class Bill:
    """The charges of an estate, by day number."""

    blueprint: Blueprint

    @property
    def make(self) -> CloudCharges:
        """The maker of the main cloud's charges."""
        return CloudCharges(self.blueprint)

    def has_cloud_bill(self, day: int) -> bool:
        """Whether the main cloud delivered this day."""
        return self.blueprint.control or day != MISSING_BILL_DAY

    def cloud(self, day: int) -> list[Charge]:
        """The main cloud's charges of a day, as delivered with that day."""
        nodes = [n for n in self.blueprint.nodes if n.provider == "aws" and n.first_day <= day]
        charges = [charge for node in nodes for charge in self._node_hours(node, day)]
        charges += self._commitments(day) + self.make.other_services(day)
        if not self.blueprint.control:
            charges += self.make.sandbox(day) + ([self.make.credit()] if day == priced.CREDIT_DAY else [])
        return charges

    def gpu_cloud(self, day: int) -> list[Charge]:
        """The GPU cloud's charges of a day. In the planted estate its days start at 08:00 UTC and its unit is the GPU-second."""
        return [self._gpu_cloud_day(node, day) for node in self.blueprint.nodes if node.provider == "nimbus"]

    def data_centre(self, day: int) -> list[Charge]:
        """The own data centre's internal charges of a day, one a node."""
        return [self._data_centre_day(node, day) for node in self.blueprint.nodes if node.provider == "on_prem"]

    def gpu_charges(self, day: int) -> list[Charge]:
        """Every charge for GPUs of a day, of all bills, without the late correction."""
        cloud = self.cloud(day) if self.has_cloud_bill(day) else []
        charges = [*cloud, *self.gpu_cloud(day), *self.data_centre(day)]
        return [charge for charge in charges if "GpuCount" in charge.get("SkuPriceDetails", {})]

    @cached_property
    def correction(self) -> Charge:
        """The late correction: what the total lacks, USD, negative."""
        charges = [charge for day in range(1, DAYS + 1) for charge in self.gpu_charges(day)]
        amount = TOTAL_SPEND - sum((charge["EffectiveCost"] for charge in charges), NOTHING)
        assert abs(amount - priced.CORRECTION) < 1, f"the correction came out at {amount} USD"
        return self.make.correction(amount, CORRECTION_BILLED_ON)

    @cached_property
    def untagged_hours(self) -> int:
        """Billed hours of UNTAGGED_NODE, from the first on, that carry no team: they close the untagged share."""
        if self.blueprint.control:
            return 0
        wanted = Decimal(str(UNTAGGED_SHARE)) * TOTAL_SPEND - DISALLOWED_REGION_COST
        wanted -= self.blueprint.prices.unused_first * priced.billed_days(1)
        hours = round(wanted / self.blueprint.prices.on_demand)
        assert 0 < hours < priced.node_hours(1, 0, 1), f"{hours} untagged hours do not fit one node"
        return hours

    def _node_hours(self, node: Node, day: int) -> list[Charge]:
        start = moment(day)
        charges = []
        for hour in range(24):
            charge = self.make.instance(node, start + timedelta(hours=hour), 1)
            if node.name == UNTAGGED_NODE and _billed_hour(day, hour) < self.untagged_hours:
                charge["Tags"] = {"Name": node.name, "env": "prod", "team": ""}
            charges.append(charge)
        return charges

    def _commitments(self, day: int) -> list[Charge]:
        known, late = self.blueprint.prices, day >= SECOND_COMMITMENT_DAY
        charges = []
        if not self.blueprint.control:
            charges.append(self.make.unused("h100-first", known.unused_first, day, tags={}))
            if late:
                tags = {"env": "prod", "team": "team-platform"}
                charges.append(self.make.unused("h100-second", known.unused_second - known.unused_first, day, tags))
        if day in MONTH_STARTS:
            bought = ["h100-first", "a100", *(["h100-second"] if late or self.blueprint.control else [])]
            charges += [self.make.purchase(key, day) for key in bought]
        return charges

    def _gpu_cloud_day(self, node: Node, day: int) -> Charge:
        price, gpus = self.make.hourly_price(node), node.machine.gpus
        lies = not self.blueprint.control
        start = moment(day) + timedelta(hours=GPU_CLOUD_DAY_STARTS if lies else 0)
        quantity, unit = (Decimal(gpus * 86_400), "GPU-Seconds") if lies else (Decimal(gpus * 24), "GPU-Hours")
        return _outside_aws(node, day, price * 24) | {
            "BillingAccountId": "nimbus-acme",
            "ChargeDescription": f"{node.machine.gpu_model} x {gpus}",
            "ChargePeriodStart": start,
            "ChargePeriodEnd": start + timedelta(days=1),
            "ConsumedQuantity": quantity,
            "ConsumedUnit": unit,
            "PricingQuantity": quantity,
            "PricingUnit": unit,
            "ListUnitPrice": (price * 24 / quantity).quantize(Decimal("0.0000000001")),
            "PricingCategory": "Standard",
            "ProviderName": "nimbus",
            "PublisherName": "nimbus",
            "InvoiceIssuerName": "Nimbus GPU Cloud AB",
            "ServiceName": "Nimbus GPU Instances",
            "SkuMeter": f"{unit} {node.machine.gpu_model}",
            "SubAccountId": "nimbus-acme-prod",
        }

    def _data_centre_day(self, node: Node, day: int) -> Charge:
        price = self.make.hourly_price(node)
        return _outside_aws(node, day, price * 24) | {
            "BillingAccountId": "acme-dc1",
            "ChargeDescription": "Depreciation over 48 months, power at PUE 1.4, network",
            "ListUnitPrice": price,
            "PricingCategory": "Other",
            "ProviderName": "on_prem",
            "PublisherName": "Acme Data Centres",
            "InvoiceIssuerName": "Acme Data Centres",
            "ServiceName": "DC1 GPU servers",
            "SkuMeter": f"Node-Hours {node.machine.instance_type}",
            "SubAccountId": "acme-dc1",
        }


def _outside_aws(node: Node, day: int, cost: Decimal) -> Charge:
    period = month_of(day_date(day))
    return amounts(cost, cost, cost) | machine_columns(node.machine) | {
        "AvailabilityZone": node.zone,
        "BillingCurrency": "USD",
        "BillingPeriodStart": period[0],
        "BillingPeriodEnd": period[1],
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodStart": moment(day),
        "ChargePeriodEnd": moment(day) + timedelta(days=1),
        "ConsumedQuantity": Decimal(24),
        "ConsumedUnit": "Hours",
        "PricingQuantity": Decimal(24),
        "PricingUnit": "Hours",
        "InvoiceId": invoice(period[0]),
        "RegionId": node.region,
        "RegionName": node.region,
        "ResourceId": node.resource_id,
        "ResourceName": node.name,
        "ResourceType": "Instance",
        "ServiceCategory": "Compute",
        "Tags": {"env": "prod", "team": team(node.name)},
    }  # fmt: skip


def _billed_hour(day: int, hour: int) -> int:
    skipped = 1 if day > MISSING_BILL_DAY else 0
    return (day - 1 - skipped) * 24 + hour


def write_bill(bill: Bill, folder: Path) -> None:
    """One file a day and bill below `folder`: aws/ (by month), nimbus/, dc1/."""
    for day in range(1, DAYS + 1):
        name = day_date(day)
        if bill.has_cloud_bill(day):
            cloud = folder / "aws" / f"{name:%Y-%m}"
            charges = bill.cloud(day)
            write_parquet(cloud / f"{name}.parquet", charges)
            if day == DUPLICATED_BILL_DAY and not bill.blueprint.control:
                write_parquet(cloud / f"{name}_redelivered.parquet", charges)
        write_csv(folder / "nimbus" / f"{name}.csv", bill.gpu_cloud(day))
        write_csv(folder / "dc1" / f"{name}.csv.gz", bill.data_centre(day))
    if not bill.blueprint.control:
        late = day_date(CORRECTION_BILLED_ON)
        write_parquet(folder / "aws" / f"{late:%Y-%m}" / f"{late}_correction.parquet", [bill.correction])
