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


def seeded(name: str, key: str) -> dict[str, str]:
    """Mode by code of a seed."""
    with (PROJECT / "seeds" / f"{name}.csv").open() as file:
        return {row[key]: row["mode"] for row in csv.DictReader(file)}


def test_xid_codes_speak_for_hardware_where_the_published_action_is_on_hardware() -> None:
    modes = seeded("xid_codes", "xid")
    with (FIXTURES / "nvsentinel" / "xid_action_map.csv").open() as file:
        actions = {row["xid"]: row["action"] for row in csv.DictReader(file)}
    on_hardware = re.compile("RESET_GPU|RESTART_BM|NVLINK|WORKFLOW_XID_48")
    assert [code for code, action in actions.items() if on_hardware.search(action) and modes.get(code) != "hardware_fault"] == []
    contained_memory_errors = {"63", "92", "94"}
    others = {code for code, mode in modes.items() if mode == "hardware_fault" and not on_hardware.search(actions[code])}
    assert others == contained_memory_errors
    assert modes.keys() <= actions.keys()


def test_dcgm_health_codes_speak_for_heat_where_the_published_action_is_on_heat() -> None:
    modes = seeded("dcgm_health", "code")
    with (FIXTURES / "nvsentinel" / "dcgm_error_action_map_excerpt.csv").open() as file:
        actions = {row["code"].lower(): row["action"] for row in csv.DictReader(file)}
    assert actions.keys() - modes.keys() == {"dcgm_fr_xid_error"}  # it says that there is an XID, which says the rest
    expected = {"CHECK_THERMALS": "thermal_throttling", "RUN_FIELDDIAG": "hardware_fault", "NODE_REBOOT": "hardware_fault"}
    assert [code for code, action in actions.items() if action in expected and modes[code] != expected[action]] == []
