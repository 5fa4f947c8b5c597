"""Which kind of bill a file is, by its columns: to refuse a wrong kind by name, and to name the column that lacks."""

from audit_assets.billing.columns import Columns
from audit_assets.errors import SourceRejected
from audit_assets.objects import ObjectStat

# kind → (what it is, columns that only it has, what to do)
SHAPES = {
    "aws_cur": ("an AWS CUR", ("lineItem/UsageStartDate", "lineItem/LineItemType"), "set kind: aws_cur"),
    "focus_contract_commitments": (
        "the Contract Commitment dataset of FOCUS 1.3",
        ("ContractCommitmentId", "ContractCommitmentType"),
        "it lists contracts, not charges: deliver the Cost and Usage dataset beside it, and keep this one out of the folder",
    ),
    "focus": ("FOCUS", ("ChargePeriodStart", "BilledCost", "EffectiveCost"), "set kind: focus"),
    "openshift_usage": (
        "an OpenShift usage report of the cost management operator",
        ("report_period_start", "interval_start", "interval_end"),
        "it holds usage without a price, so it is no bill; GPU time of pods comes from a metrics source (DCGM and kube-state-metrics)",
    ),
    "gcp_billing": (
        "a GCP billing export",
        ("usage_start_time", "cost", "currency"),
        "set kind: gcp_billing",
    ),
    "azure_cost": ("an Azure cost export", ("MeterCategory", "SubscriptionId"), "set kind: azure_cost"),
}


def require_shape(kind: str, needed: tuple[str, ...], item: ObjectStat, columns: Columns) -> None:
    """Raise SourceRejected when the file is of another kind, or lacks a needed column."""
    absent = [name for name in needed if name not in columns]
    if not absent:
        return
    for other, (what, marks, fix) in SHAPES.items():
        if other != kind and all(mark in columns for mark in marks):
            raise SourceRejected(item.uri, f"this is {what}, not kind {kind}", fix)
    found = ", ".join(field.name for field in columns.fields[:60])
    lacking = ", ".join(absent)
    raise SourceRejected(
        item.uri,
        f"column {lacking} is missing" if len(absent) == 1 else f"columns {lacking} are missing",
        f"export them too, or correct `kind`; found: {found}",
    )
