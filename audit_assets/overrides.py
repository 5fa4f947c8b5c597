"""What people say of incidents that rules found: `incident_overrides` of audit.yaml, written there or in a CSV file that it names.

What does not belong here: what an override does (the warehouse) and whether its incident exists (only data can tell).
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from audit_assets.errors import BadInput


class IncidentOverride(BaseModel):
    """What a person declares of one incident. It wins over what was found, and is shown as declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    incident: str = Field(min_length=1, description="incident_id in fct_incidents, or a member of it in int_incidents__members")
    mode: str | None = Field(None, description="failure mode")
    service: str | None = Field(None, description="the declared service that was hit")
    severity: str | None = Field(None, description="in the words of the organisation, e.g. SEV-2")
    started: AwareDatetime | None = Field(None, description="with an offset, e.g. 2026-09-01T14:05:00Z; so are the other times")
    detected: AwareDatetime | None = None
    acknowledged: AwareDatetime | None = None
    mitigated: AwareDatetime | None = None
    resolved: AwareDatetime | None = None
    merge_into: str | None = Field(None, description="the incident that this one is the same as")
    is_incident: bool | None = Field(None, description="false: it was none; true: it was one, whatever the rules say")
    reason: str | None = Field(None, description="why, for whoever reviews the register")

    @model_validator(mode="after")
    def _says_something(self) -> "IncidentOverride":
        if not self.model_dump(exclude={"incident", "reason"}, exclude_none=True):
            raise ValueError(f"it changes nothing of {self.incident}; add mode, service, severity, a time, merge_into or is_incident")
        if self.merge_into == self.incident:
            raise ValueError(f"{self.incident} cannot be merged into itself")
        return self


def read_overrides(path: Path) -> list[IncidentOverride]:
    """The rows of a CSV file with the columns of IncidentOverride. Raises BadInput that names file, row, column and the fix."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            _require_columns(path, list(reader.fieldnames or []))
            return list(_overrides(path, reader))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise BadInput(f"{path}: cannot be read ({problem}); `incident_overrides` takes a list, or a CSV file in UTF-8") from problem


def _require_columns(path: Path, columns: list[str]) -> None:
    known = list(IncidentOverride.model_fields)
    unknown = [column for column in columns if column not in known]
    if unknown or "incident" not in columns:
        what = f"unknown column {unknown[0]!r}" if unknown else "no column 'incident'"
        raise BadInput(f"{path}: row 1: {what}; the columns are {', '.join(known)}")


def _overrides(path: Path, reader: "csv.DictReader[str]") -> Iterator[IncidentOverride]:
    for row in reader:
        if None in row:
            raise BadInput(f"{path}: row {reader.line_num}: more fields than columns; quote a field that holds a comma")
        given = {name: value.strip() for name, value in row.items() if value and value.strip()}
        if not given:
            continue
        try:
            yield IncidentOverride.model_validate(given)
        except ValidationError as problem:
            first = problem.errors()[0]
            where = f", column {first['loc'][0]}" if first["loc"] else ""
            raise BadInput(f"{path}: row {reader.line_num}{where}: {first['msg']}") from problem
