"""The normal form of a bill: FOCUS columns in snake case, typed, plus where each row came from.

Column meanings follow the FOCUS 1.2 specification. Nulls are nulls ('None', 'NULL' and empty strings in an input become null).
"""

import pyarrow as pa

from audit_assets.tables import MONEY, TEXT_MAP, TIMESTAMP, Column, Table

PRICE_CLASSES = ("on_demand", "committed", "spot", "capacity_block", "on_prem")
TEXT, NUMBER, PRINT = pa.string(), pa.float64(), pa.uint64()

CHARGES = Table(
    name="charges",
    kind="billing",
    description="One row a charge as billed, before de-duplication. Partitioned by the UTC day of charge_period_start.",
    columns=(
        Column("source", TEXT, "name of the billing source in audit.yaml"),
        Column("provider", TEXT, "ProviderName (FOCUS 1.3: ServiceProviderName), lower case: aws, gcp, azure, on_prem, or as given"),
        Column("billing_account_id", TEXT, "BillingAccountId (payer)"),
        Column("sub_account_id", TEXT, "SubAccountId (usage account)"),
        Column("region_id", TEXT, "RegionId"),
        Column("availability_zone", TEXT, "AvailabilityZone"),
        Column("resource_id", TEXT, "ResourceId; for an instance the instance id or the last part of its ARN is enough to join"),
        Column("resource_name", TEXT, "ResourceName"),
        Column("resource_type", TEXT, "ResourceType"),
        Column("service_name", TEXT, "ServiceName"),
        Column("service_category", TEXT, "ServiceCategory"),
        Column("sku_id", TEXT, "SkuId"),
        Column("sku_price_id", TEXT, "SkuPriceId"),
        Column("sku_meter", TEXT, "SkuMeter (FOCUS 1.1+) or the CUR usage type"),
        Column("instance_type", TEXT, "machine type from SkuPriceDetails, x_InstanceType, the CUR or the meter; null when none"),
        Column("gpu_count", NUMBER, "GPUs of the machine as the bill states them (SkuPriceDetails/GpuCount, on_prem.yaml), or null"),
        Column("gpu_model", TEXT, "GPU model as the bill states it; null when it does not"),
        Column("charge_category", TEXT, "Usage, Purchase, Tax, Credit or Adjustment"),
        Column("charge_class", TEXT, "Correction or null"),
        Column("charge_frequency", TEXT, "One-Time, Recurring or Usage-Based"),
        Column("charge_description", TEXT, "ChargeDescription"),
        Column("charge_period_start", TIMESTAMP, "inclusive, UTC"),
        Column("charge_period_end", TIMESTAMP, "exclusive, UTC"),
        Column("billing_period_start", TIMESTAMP, "inclusive, UTC"),
        Column("billing_period_end", TIMESTAMP, "exclusive, UTC"),
        Column("pricing_category", TEXT, "FOCUS words: Standard, Dynamic, Committed, Other"),
        Column("price_class", TEXT, "on_demand, committed, spot, capacity_block, on_prem; null when the input cannot tell", PRICE_CLASSES),
        Column("pricing_quantity", NUMBER, "in pricing_unit"),
        Column("pricing_unit", TEXT, "as given: Hours, Hrs, Seconds, …"),
        Column("consumed_quantity", NUMBER, "in consumed_unit"),
        Column("consumed_unit", TEXT, "as given"),
        Column("commitment_discount_id", TEXT, "CommitmentDiscountId"),
        Column("commitment_discount_type", TEXT, "e.g. Savings Plan, Reservation"),
        Column("commitment_discount_status", TEXT, "Used, Unused or null"),
        Column("capacity_reservation_id", TEXT, "CapacityReservationId"),
        Column("capacity_reservation_status", TEXT, "Used, Unused or null"),
        Column("list_cost", MONEY, "ListCost in billing_currency"),
        Column("contracted_cost", MONEY, "ContractedCost in billing_currency"),
        Column("billed_cost", MONEY, "BilledCost in billing_currency"),
        Column("effective_cost", MONEY, "EffectiveCost (amortised) in billing_currency; null when the input cannot give it"),
        Column("billing_currency", TEXT, "ISO 4217"),
        Column("invoice_id", TEXT, "InvoiceId; null while the bill is not final, where the format says so"),
        Column("is_final", pa.bool_(), "false when the format says that the bill may still change; null when it does not say"),
        Column("tags", TEXT_MAP, "user tags; keys as given, without the user: prefix of AWS"),
        Column("line_item_type", TEXT, "CUR line item type or Azure charge type, or null"),
        Column(
            "focus_version",
            TEXT,
            "version the columns fit, e.g. 1.0, 1.3; cur-legacy, cur-2.0; gcp-detailed; azure-actual, azure-amortized; on_prem",
        ),
        Column("source_uri", TEXT, "file the row came from"),
        Column("source_row", pa.int64(), "1-based data row in that file"),
        Column("row_fingerprint", PRINT, "hash of every column of the input row, file and row number apart: equal rows, equal prints"),
    ),
    totals=("billed_cost", "effective_cost"),
    totals_by="billing_currency",
)

TABLES = (CHARGES,)
