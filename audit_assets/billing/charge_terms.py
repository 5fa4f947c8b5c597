"""Words of bills in one vocabulary: providers, price classes and machine types, as SQL. Shared by the formats."""

from audit_assets.billing.columns import literal

PROVIDERS = {
    "aws": ("aws", "amazon web services", "amazon web services, inc."),
    "azure": ("azure", "microsoft", "microsoft azure"),
    "gcp": ("gcp", "google", "google cloud", "google cloud platform"),
    "on_prem": ("on_prem", "on-prem", "on prem", "on-premises"),
}
_SIZES = r"\d*(?:nano|micro|small|medium|large|xlarge)|metal(?:-\w+)?"
# An EC2 machine type inside a usage type or a description: BoxUsage:p5.48xlarge, "per On Demand Linux g5.xlarge Instance Hour".
# `db.r5.large` is a database class: a dot before the family is no start.
_EC2_TYPE = rf"(?:^|[^a-z0-9.\-])((?:ml\.)?[a-z][a-z0-9\-]*\.(?:{_SIZES}))(?:$|[^a-z0-9.])"


def provider(text: str) -> str:
    """The provider in lower case, by its usual name."""
    cases = " ".join(f"when lower({text}) in ({', '.join(map(literal, names))}) then '{name}'" for name, names in PROVIDERS.items())
    return f"case {cases} else lower({text}) end"


def machine_type_in(*texts: str) -> str:
    """The first EC2 machine type that one of the texts names, or null."""
    found = ", ".join(f"nullif(regexp_extract({text}, {literal(_EC2_TYPE)}, 1), '')" for text in texts if text != "null::varchar")
    return f"coalesce({found}, null)" if found else "null::varchar"


def pricing_word(text: str) -> str:
    """The word in a meter or description that tells a price class: 'capacity block', 'spot', …; '' when none does."""
    return f"lower(regexp_extract({text}, '(?i)capacity[ _-]?block|\\bspot\\b|spotusage|preemptible'))"


def price_class(category: str, commitment: str, words: tuple[str, ...]) -> str:
    """on_demand, committed, spot, capacity_block or on_prem, from FOCUS' pricing category and the pricing words of a row."""
    block = " or ".join(f"starts_with({word}, 'capacity')" for word in words)
    spot = " or ".join(f"{word} <> ''" for word in words)
    return (
        f"case when {block} then 'capacity_block'"
        f" when {category} = 'Committed' or {commitment} is not null then 'committed'"
        f" when {category} = 'Dynamic' or {spot} then 'spot'"
        f" when {category} = 'Standard' then 'on_demand' end"
    )
