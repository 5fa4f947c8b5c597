"""The index: whether an audit was needed, which gates are open, what matters most, what changed, and the way to everything else."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from audit_assets.artifacts.claims import Claim
from audit_assets.artifacts.document import Cell, Cited, Document, Gate, Link, Section, cited_claims, grid, in_words, text
from audit_assets.artifacts.facts import Facts, audit_header
from audit_assets.artifacts.planned import planned, planned_lever
from audit_assets.artifacts.since import since_section

CONDITION = "The gates of all four documents are met."
TRIGGERS = ("readiness.AUD-05", "readiness.AUD-06", "readiness.AUD-07", "readiness.AUD-08", "readiness.AUD-09")
MOST = 5  # findings of reliability, and as many of money: the two are never weighed against each other
TITLES = {
    "cost_model": "Cost model",
    "risk_register": "Reliability risk register",
    "slo_proposal": "SLO proposal",
    "roadmap": "90-day roadmap",
}


@dataclass(frozen=True)
class Files:
    """What lies beside the index: the gates by document, and the names of the other files."""

    gates: Mapping[str, Any]
    names: tuple[str, ...]

    @classmethod
    def of(cls, folder: Path) -> "Files":
        """Read the folder of the documents."""
        path = folder / "gates.json"
        gates = orjson.loads(path.read_bytes()) if path.exists() else {}
        named = (*(f"{slug}.html" for slug in TITLES), "slo/", "claims.json")
        return cls(gates, tuple(name for name in named if (folder / name).exists()))


def build_index(facts: Facts, files: Files) -> Document:
    """The page to begin with, from the published marts and the gates of the documents."""
    audit, window, _ = audit_header(facts, "roadmap")
    sections = (_matters(facts), _gates(files), _triggers(facts), since_section(facts), _files(files))
    stakeholder = facts.rows("select stakeholder from meta_audit")[0]["stakeholder"] or "nobody is named in audit.stakeholder"
    missing = tuple(f"the gate of {title}" for slug, title in TITLES.items() if not files.gates.get(slug, {}).get("met"))
    question = "Where do we stand, and where does one begin on Monday?"
    gate, cited = Gate(CONDITION, missing), cited_claims(sections)
    return Document("index", "Audit overview", question, audit, window, str(stakeholder), gate, sections, cited)


def _matters(facts: Facts) -> Section:
    return Section(
        "What matters most",
        (
            text("Reliability and money are ranked apart: nobody can say how many dollars an outage weighs."),
            grid(("rank", "for reliability", "because", "planned"), _numbered(_reliability(facts)), empty="Nothing was found to fix."),
            grid(("rank", "for money", "at stake in the window", "planned"), _numbered(_money(facts)), empty="No lever is measured."),
        ),
    )


def _numbered(rows: Iterable[tuple[Cell, ...]]) -> Iterable[tuple[Cell, ...]]:
    return ((str(rank), *row) for rank, row in enumerate(list(rows)[:MOST], 1))


def _reliability(facts: Facts) -> Iterable[tuple[Cell, ...]]:
    folklore = {f"slo.{row['service']}.{row['sli']}" for row in facts.rows("select service, sli from fct_slo_proposal where folklore")}
    spent = [claim for claim in facts.family("slo.") if claim.claim_id.endswith(".spend") and (claim.value or 0) >= 1]
    for claim in sorted(spent, key=lambda claim: (-(claim.value or 0), claim.claim_id)):
        yield _spent(facts, claim, folklore)
    for row in facts.rows("select item, mode_or_spof, evidence, claim_id from fct_fix_first order by place, rank, item"):
        yield row["item"], facts.cite_if(row["claim_id"]) or row["evidence"], planned(facts, f"fix.{row['mode_or_spof']}")


def _spent(facts: Facts, claim: Claim, folklore: Collection[str]) -> tuple[Cell, ...]:
    """A budget that is gone; of a target that nothing supports it is the target that is wrong."""
    _, service, indicator, _ = claim.claim_id.split(".")
    of_what, because = f"{in_words(indicator)} of {service}", ("spent ", Cited(claim), " of its error budget")
    if claim.claim_id.removesuffix(".spend") in folklore:
        return f"Replace the target for {of_what}: nothing supports it", because, planned(facts, f"target.{service}.{indicator}")
    return f"Stop what spends the error budget of {of_what}", because, planned(facts, f"budget.{service}.{indicator}")


def _money(facts: Facts) -> Iterable[tuple[Cell, ...]]:
    for row in facts.rows("select lever, title, problem, is_tuning from fct_cost_levers order by rank"):
        yield f"{row['title']}: {row['problem']}", facts.cite_if(f"cost.lever.{row['lever']}"), planned_lever(facts, row)


def _gates(files: Files) -> Section:
    rows = []
    for slug, title in TITLES.items():
        gate = files.gates.get(slug)
        missing = list(gate["missing"]) if gate else ["the document was not written"]
        state = "met" if gate and gate["met"] else "open"
        rows.append((Link(title, f"{slug}.html"), state, "; ".join(missing)))
    return Section("The gates", (grid(("document", "gate", "missing"), rows, empty=""),))


def _triggers(facts: Facts) -> Section:
    """The playbook's four reasons for an audit, and whether one holds."""
    claims = [facts.claims[claim_id] for claim_id in TRIGGERS if claim_id in facts.claims]
    rows = ((claim.statement, Cited(claim)) for claim in claims)
    return Section("Was an audit needed?", (grid(("reason", "answer"), rows, empty="The scorecard has no answer."),))


def _files(files: Files) -> Section:
    rows = ((Link(name, name), _meaning(name)) for name in files.names)
    return Section("Everything that was written", (grid(("file", "what it is"), rows, empty="Nothing yet."),))


def _meaning(name: str) -> str:
    slug = name.removesuffix(".html")
    if slug in TITLES:
        return f"{TITLES[slug]}; the same as Markdown in {slug}.md"
    return "every claim with its query, for assay diff" if name == "claims.json" else "objectives, rules and policies for your monitoring"
