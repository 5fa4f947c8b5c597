"""The claims that a home published last, kept so that the next audit can say what changed since.

Two audits are kept: this one and the last one of other inputs. Publishing the same inputs again replaces the former and leaves the
latter, so a second run says what the first one said. The file is replaced in one step; a run that is killed repeats it.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from audit_assets.artifacts.claims import Claim, claims_as_json, claims_from_json
from audit_assets.errors import BadInput
from audit_assets.lake import write_atomically


def keep_claims(path: Path, claims: Sequence[Claim]) -> tuple[Claim, ...] | None:
    """Keep the claims of this audit; returns those of the last audit of other inputs, None when none is kept."""
    this = {"inputs": inputs_of(claims), "claims": orjson.Fragment(claims_as_json(claims))}
    earlier = [audit for audit in _kept(path) if audit["inputs"] != this["inputs"]][:1]
    content = orjson.dumps({"audits": [this, *earlier]})
    if not path.exists() or path.read_bytes() != content:
        write_atomically(path, content)
    return _claims_of(earlier[0]) if earlier else None


def inputs_of(claims: Sequence[Claim]) -> str:
    """What the claims were made from, their inputs and windows, as hex SHA-256."""
    facts = {f"{claim.inputs_digest} {claim.window_start} {claim.window_end}" for claim in claims}
    return hashlib.sha256("\n".join(sorted(facts)).encode()).hexdigest()


def _kept(path: Path) -> list[dict[str, Any]]:
    """The audits in the file, the newest first; none when there is no file that this version reads."""
    try:
        listed = orjson.loads(path.read_bytes())["audits"]
        return [audit for audit in listed if isinstance(audit["inputs"], str) and _claims_of(audit) is not None]
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        return []


def _claims_of(audit: dict[str, Any]) -> tuple[Claim, ...] | None:
    try:
        return tuple(claims_from_json(orjson.dumps(audit["claims"])))
    except BadInput:
        return None
