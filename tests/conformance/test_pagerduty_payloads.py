"""Real PagerDuty payloads that others published, and NVIDIA's XID table against our signatures."""

import csv
import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from audit_assets.incidents.pagerduty import PagerDutySource
from audit_assets.warehouse.dbt import PROJECT

FIXTURES = Path(__file__).parents[2].parent / "shared" / "fixtures"

pytestmark = pytest.mark.skipif(not FIXTURES.exists(), reason="needs ../shared/fixtures beside the checkout")


def test_published_payloads_are_read_or_say_what_they_lack(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "pagerduty", tmp_path / "pd")
    source = PagerDutySource("pd", "pd", tmp_path, tmp_path / "index", "salt")
    assert source.rejections() == ()
    days = [date(2017, 4, 7), date(2024, 7, 7)]
    rows, refused = {}, []
    for partition in source.extract(source.inputs(days), tmp_path):
        rows[partition.table.name, partition.day] = partition.rows.to_pylist()  # type: ignore[union-attr]
        refused += partition.quarantined.to_pylist()
    assert {row["incident_id"] for row in rows["pagerduty_incidents", days[0]]} == {"INCIDENT1", "INCIDENT2"}
    assert [row["priority"] for row in rows["pagerduty_incidents", days[1]]] == ["P3"]
    # 23:41 at -04:00 is the next day in UTC.
    assert {row["alert_id"] for row in rows["pagerduty_alerts", days[0]]} == {"ALERT1", "ALERT2"}
    assert [(one["column"], one["reason"]) for one in refused] == [("created_at", "no creation time")]
    assert not re.search("Gharbi|Amimo", json.dumps([*rows.values(), refused], default=str))


def test_xid_codes_speak_for_hardware_where_the_published_action_is_on_hardware() -> None:
    with (PROJECT / "seeds" / "incident_signatures.csv").open() as file:
        patterns = {(row["mode"], row["detail"]): row["pattern"] for row in csv.DictReader(file)}
    hardware = re.compile(patterns["hardware_fault", "xid"])
    with (FIXTURES / "nvsentinel" / "xid_action_map.csv").open() as file:
        actions = {int(row["xid"]): row["action"] for row in csv.DictReader(file)}
    on_hardware = re.compile("RESET_GPU|RESTART_BM|NVLINK|WORKFLOW_XID_48")
    missed = [code for code, action in actions.items() if on_hardware.search(action) and not hardware.search(f"xid {code}")]
    assert missed == []
    contained_memory_errors = {63, 92, 94}
    wrong = [code for code, action in actions.items() if not on_hardware.search(action) and hardware.search(f"xid {code}")]
    assert set(wrong) == contained_memory_errors
