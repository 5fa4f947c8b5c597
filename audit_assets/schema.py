"""Writes docs/audit.schema.json, the JSON Schema of audit.yaml: `make schema`. A unit test fails when it is out of date."""

import json
from pathlib import Path

from audit_assets.audit import Audit

PATH = Path(__file__).parents[1] / "docs" / "audit.schema.json"


def schema_text() -> str:
    """The JSON Schema as it belongs in docs/."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "audit.yaml",
        **Audit.model_json_schema(),
    }
    for definition in schema["$defs"].values():
        for described in definition.get("properties", {}).values():
            if described.get("format") == "date":
                described.pop("default", None)  # yesterday, not the day the schema was written
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(schema_text(), encoding="utf-8")
