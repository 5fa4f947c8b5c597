"""The charges of the main cloud, one by one: instances, commitments, a sandbox account, a credit, and what is not GPU at all.

Every money amount is an exact decimal. What does not belong here: which of them a day holds (bill.py).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from audit_assets.demo import prices as priced
from audit_assets.demo.blueprint import Blueprint
from audit_assets.demo.clock import moment
from audit_assets.demo.fleet import A100, H100, Machine, Node
from audit_assets.demo.focus import Charge
from audit_assets.demo.targets import DISALLOWED_REGION_COST

NOTHING = Decimal(0)
CENT = Decimal("0.01")
CPU_NODE_HOUR = Decimal("0.856")  # m6i.4xlarge, eu-west-1
SANDBOX_DAYS = range(20, 25)
SANDBOX_REGION = "us-east-1"
NODE_TEAMS = {
    "h100-04": "team-chat", "a100-01": "team-chat", "h100-05": "team-search", "a100-02": "team-search", "a100-06": "team-search",
    "a100-05": "team-chat", "a100-07": "team-docs", "a100-08": "team-docs", "a10g-06": "team-chat",
}  # fmt: skip
PREFIX_TEAMS = {"h100": "team-fraud", "a100": "team-fraud", "a10g": "team-docs", "spot": "team-research"}
RESERVED_NODES = {"h100-first": (H100, "5.6"), "h100-second": (H100, "3.45"), "a100": (A100, "2")}  # nodes paid for
RESERVED_NODES_USED = {"h100-first": (H100, "4"), "h100-second": (H100, "2"), "a100": (A100, "2")}  # a control estate pays for no others
OTHER_SERVICES = (  # name, category, meter, unit, quantity a day, USD a unit
    ("Amazon Elastic Block Store", "Storage", "EU-EBS:VolumeUsage.gp3", "GB-Mo", "1370.5", "0.088"),
    ("Amazon Simple Storage Service", "Storage", "EU-TimedStorage-ByteHrs", "GB-Mo", "2840.25", "0.023"),
    ("Amazon Virtual Private Cloud", "Networking", "EU-NatGateway-Bytes", "GB", "811.7", "0.048"),
)


def team(node: str) -> str:
    """The team that a node's bill is tagged with."""
    return NODE_TEAMS.get(node) or PREFIX_TEAMS[node.partition("-")[0]]


def cpu_instance(name: str) -> str:
    """Instance id of a CPU node."""
    return f"i-0c{int(name[-2:]):015x}"


def month_of(day: date) -> tuple[datetime, datetime]:
    """First instant of the billing month of `day`, and of the next month."""
    first = datetime(day.year, day.month, 1, tzinfo=moment(1).tzinfo)
    return first, (first + timedelta(days=32)).replace(day=1)


def invoice(month: datetime) -> str:
    """The invoice that a month is on."""
    return f"EUINV-{month:%Y-%m}-0417"


def amounts(billed: Decimal, effective: Decimal, listed: Decimal, contracted: Decimal | None = None) -> Charge:
    """The four cost columns, USD."""
    return {
        "BilledCost": billed,
        "EffectiveCost": effective,
        "ListCost": listed,
        "ContractedCost": listed if contracted is None else contracted,
    }


def machine_columns(machine: Machine) -> Charge:
    """How a machine type shows on a bill."""
    return {
        "SkuId": f"SKU{sum(machine.instance_type.encode()):06}",
        "SkuPriceDetails": {
            "CoreCount": str(machine.vcpu),
            "GpuCount": str(machine.gpus),
            "InstanceType": machine.instance_type,
            "MemorySize": f"{machine.memory_gib} GiB",
        },
    }


@dataclass(frozen=True)
class CloudCharges:
    """Makes charges of the main cloud."""

    blueprint: Blueprint

    def hourly_price(self, node: Node) -> Decimal:
        """Amortised USD an hour."""
        known = self.blueprint.prices
        if node.price_class == "committed":
            return known.h100 if node.machine is H100 else known.a100_committed
        by_provider = {"nimbus": known.a10g, "on_prem": known.on_prem}
        return by_provider.get(node.provider) or (known.spot if node.price_class == "spot" else known.on_demand)

    def instance(self, node: Node, start: datetime, hours: int) -> Charge:
        """Usage of a node for `hours` from `start`."""
        price, machine = self.hourly_price(node), node.machine
        listed = priced.H100_LIST if machine is H100 else self.blueprint.prices.on_demand
        effective = price * hours
        billed = NOTHING if node.price_class == "committed" else effective
        account = self.blueprint.accounts.production
        meter = "SpotUsage" if node.price_class == "spot" else "BoxUsage"
        return self._row(start, hours, account) | amounts(billed, effective, listed * hours, effective) | machine_columns(machine) | {
            "AvailabilityZone": node.zone,
            "RegionId": node.region,
            "RegionName": "Europe (Ireland)",
            "ChargeDescription": f"{listed:.4f} USD per {machine.instance_type} hour",
            "ListUnitPrice": listed,
            "ContractedUnitPrice": price,
            "PricingCategory": {"committed": "Committed", "spot": "Dynamic"}.get(node.price_class, "Standard"),
            "ResourceId": f"arn:aws:ec2:{node.region}:{account}:instance/{node.resource_id}",
            "ResourceName": node.name,
            "SkuMeter": f"EU-{meter}:{machine.instance_type}",
            "SkuPriceId": f"{machine.instance_type}.{meter}",
            "Tags": {"env": "prod", "team": team(node.name), "Name": node.name},
            **(self._used(node.commitment) if node.commitment else {}),
        }  # fmt: skip

    def _row(self, start: datetime, hours: int, account: str) -> Charge:
        month = month_of(start.date())
        return {
            "BillingAccountId": self.blueprint.accounts.payer,
            "BillingAccountName": "acme-payer",
            "BillingCurrency": "USD",
            "BillingPeriodStart": month[0],
            "BillingPeriodEnd": month[1],
            "ChargeCategory": "Usage",
            "ChargeFrequency": "Usage-Based",
            "ChargePeriodStart": start,
            "ChargePeriodEnd": start + timedelta(hours=hours),
            "ConsumedQuantity": Decimal(hours),
            "ConsumedUnit": "Hours",
            "PricingQuantity": Decimal(hours),
            "PricingUnit": "Hours",
            "InvoiceId": invoice(month[0]),
            "InvoiceIssuerName": "Amazon Web Services EMEA SARL",
            "ProviderName": "AWS",
            "PublisherName": "AWS",
            "ResourceType": "Instance",
            "ServiceCategory": "Compute",
            "ServiceName": "Amazon Elastic Compute Cloud",
            "SubAccountId": account,
            "SubAccountName": "acme-sandbox" if account == self.blueprint.accounts.sandbox else "acme-production",
        }

    def commitment_id(self, key: str) -> str:
        """ARN of a commitment."""
        account = self.blueprint.accounts.payer
        return f"arn:aws:ec2:eu-west-1:{account}:reserved-instances/ri-{key}"

    def _used(self, key: str) -> Charge:
        return {
            "CommitmentDiscountCategory": "Usage",
            "CommitmentDiscountId": self.commitment_id(key),
            "CommitmentDiscountName": f"ri-{key}",
            "CommitmentDiscountStatus": "Used",
            "CommitmentDiscountType": "Reserved Instance",
        }

    def unused(self, key: str, cost: Decimal, day: int, tags: dict[str, str]) -> Charge:
        """What a commitment cost on a day without being used."""
        hours = (cost / self.blueprint.prices.h100).quantize(Decimal("0.0001"))
        return self._row(moment(day), 24, self.blueprint.accounts.payer) | amounts(NOTHING, cost, NOTHING, cost) | machine_columns(H100) | {
            **self._commitment_columns(key),
            "CommitmentDiscountStatus": "Unused",
            "ChargeDescription": f"Unused reservation hours of ri-{key}",
            "PricingCategory": "Committed",
            "PricingQuantity": hours,
            "SkuMeter": "EU-UnusedBox:p5.48xlarge",
            "Tags": tags,
        }  # fmt: skip

    def purchase(self, key: str, day: int) -> Charge:
        """The monthly fee of a commitment: cash on the day it is charged, nothing amortised."""
        machine, nodes = (RESERVED_NODES_USED if self.blueprint.control else RESERVED_NODES)[key]
        known = self.blueprint.prices
        price = known.h100 if machine is H100 else known.a100_committed
        fee = (price * Decimal(nodes) * 730).quantize(CENT)
        period = month_of(moment(day).date())
        return self._row(moment(day), 24, self.blueprint.accounts.payer) | amounts(fee, NOTHING, fee) | machine_columns(machine) | {
            **self._commitment_columns(key),
            "ChargeCategory": "Purchase",
            "ChargeFrequency": "Recurring",
            "ChargeDescription": f"Monthly reservation fee of ri-{key}",
            "ChargePeriodEnd": period[1],
            "CommitmentDiscountStatus": None,
            "PricingCategory": "Standard",
            "PricingQuantity": Decimal(1),
            "PricingUnit": "Months",
            "SkuMeter": f"EU-HeavyUsage:{machine.instance_type}",
            "Tags": {"env": "prod", "team": "team-platform"},
        }  # fmt: skip

    def _commitment_columns(self, key: str) -> Charge:
        return self._used(key) | {
            "RegionId": "eu-west-1",
            "RegionName": "Europe (Ireland)",
            "ResourceId": self.commitment_id(key),
            "ResourceName": f"ri-{key}",
            "ResourceType": "Reserved Instance",
            "ConsumedQuantity": None,
            "ConsumedUnit": None,
            "SubAccountName": "acme-payer",
        }

    def sandbox(self, day: int) -> list[Charge]:
        """An instance that somebody started in a region that is not allowed, hour by hour; the last hour closes its sum."""
        if day not in SANDBOX_DAYS:
            return []
        hours = 24 * len(SANDBOX_DAYS)
        price = (DISALLOWED_REGION_COST / hours).quantize(Decimal("0.000001"))
        rows = [self._sandbox_hour(moment(day) + timedelta(hours=hour), price) for hour in range(24)]
        if day == SANDBOX_DAYS[-1]:
            rest = DISALLOWED_REGION_COST - price * (hours - 1)
            rows[-1] |= amounts(rest, rest, rest)
        return rows

    def _sandbox_hour(self, start: datetime, price: Decimal) -> Charge:
        account = self.blueprint.accounts.sandbox
        resource = f"i-{int(account) * 7919:017x}"[:19]
        return self._row(start, 1, account) | amounts(price, price, price) | machine_columns(A100) | {
            "AvailabilityZone": f"{SANDBOX_REGION}d",
            "RegionId": SANDBOX_REGION,
            "RegionName": "US East (N. Virginia)",
            "ChargeDescription": f"{price} USD per {A100.instance_type} hour",
            "ListUnitPrice": price,
            "ContractedUnitPrice": price,
            "PricingCategory": "Standard",
            "ResourceId": f"arn:aws:ec2:{SANDBOX_REGION}:{account}:instance/{resource}",
            "ResourceName": "quick-test",
            "SkuMeter": f"BoxUsage:{A100.instance_type}",
            "SkuPriceId": f"{A100.instance_type}.BoxUsage",
            "Tags": {"Name": "quick-test"},
        }  # fmt: skip

    def credit(self) -> Charge:
        """A goodwill credit on one node."""
        node = self.blueprint.node[priced.CREDIT_NODE]
        return self.instance(node, moment(priced.CREDIT_DAY), 24) | amounts(priced.CREDIT, priced.CREDIT, priced.CREDIT) | {
            "ChargeCategory": "Credit",
            "ChargeDescription": "Service credit",
            "ChargeFrequency": "One-Time",
            "ConsumedQuantity": None,
            "ConsumedUnit": None,
            "PricingQuantity": None,
            "PricingUnit": None,
        }  # fmt: skip

    def correction(self, amount: Decimal, billed_on: int) -> Charge:
        """A price correction of a day in a closed month, `amount` USD, on the invoice of day `billed_on`."""
        node = self.blueprint.node[priced.CORRECTION_NODE]
        period = month_of(moment(billed_on).date())
        return self.instance(node, moment(priced.CORRECTION_DAY), 24) | amounts(amount, amount, amount) | {
            "ChargeClass": "Correction",
            "ChargeDescription": "Price correction for a closed billing period",
            "BillingPeriodStart": period[0],
            "BillingPeriodEnd": period[1],
            "ConsumedQuantity": None,
            "ConsumedUnit": None,
            "PricingQuantity": None,
            "PricingUnit": None,
            "InvoiceId": invoice(period[0]),
        }  # fmt: skip

    def other_services(self, day: int) -> list[Charge]:
        """CPU nodes, storage and network: on the bill, but not GPU spend."""
        rows = [self._cpu_node(name, day) for name in ("cpu-01", "cpu-02", "cpu-03")]
        for name, category, meter, unit, quantity, price in OTHER_SERVICES:
            cost = Decimal(quantity) * Decimal(price)
            rows.append(
                self._row(moment(day), 24, self.blueprint.accounts.production) | amounts(cost, cost, cost) | {
                    "ConsumedQuantity": Decimal(quantity),
                    "ConsumedUnit": unit,
                    "ChargeDescription": f"{price} USD per {unit}",
                    "PricingCategory": "Standard",
                    "PricingQuantity": Decimal(quantity),
                    "PricingUnit": unit,
                    "RegionId": "eu-west-1",
                    "ResourceType": category,
                    "ServiceCategory": category,
                    "ServiceName": name,
                    "SkuMeter": meter,
                    "Tags": {"env": "prod", "team": "team-platform"},
                }
            )  # fmt: skip
        return rows

    def _cpu_node(self, name: str, day: int) -> Charge:
        cost = CPU_NODE_HOUR * 24
        account = self.blueprint.accounts.production
        return self._row(moment(day), 24, account) | amounts(cost, cost, cost) | {
            "PricingCategory": "Standard",
            "RegionId": "eu-west-1",
            "ResourceId": f"arn:aws:ec2:eu-west-1:{account}:instance/{cpu_instance(name)}",
            "ResourceName": name,
            "SkuMeter": "EU-BoxUsage:m6i.4xlarge",
            "SkuPriceDetails": {"CoreCount": "16", "InstanceType": "m6i.4xlarge", "MemorySize": "64 GiB"},
            "Tags": {"env": "prod", "team": "team-platform"},
        }  # fmt: skip
