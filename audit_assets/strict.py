"""What every part of audit.yaml is made of: models that refuse unknown keys, names, and references to secrets."""

import difflib
import os
import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from audit_assets.errors import BadInput

SECRET = re.compile(r"^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$")
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")


def _named(value: str) -> str:
    if not NAME.match(value):
        raise ValueError(f"{value!r} is not a usable name: letters, digits, '.', '_' and '-' only")
    return value


def _secret_reference(value: str) -> str:
    if not SECRET.match(value):
        raise ValueError("a secret must be a reference like ${PAGERDUTY_TOKEN}, never the secret itself")
    return value


Name = Annotated[str, AfterValidator(_named)]
SecretReference = Annotated[str, AfterValidator(_secret_reference)]


def require_known(what: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        near = difflib.get_close_matches(given, known, 1, 0.3)
        raise ValueError(f"unknown {what} {given!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def resolve_secret(reference: str) -> str:
    """The value behind `${NAME}`. Raises BadInput when the variable is not set."""
    match = SECRET.match(reference)
    name = match.group(1) if match else reference
    if not os.environ.get(name):
        raise BadInput(f"environment variable {name} is not set; audit.yaml refers to it as {reference}")
    return os.environ[name]


class Strict(BaseModel):
    """A model that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)
