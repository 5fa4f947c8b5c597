"""`assay-dbt`: dbt as the command that dagster-dbt starts and reads. It tells events from `info` up, one JSON object a line,
and ends with the process that started it, so that a killed run leaves nobody in the warehouse.

dbt's own loggers write each of thousands of debug events as JSON before they drop it, which is a quarter of the work of a pass. And dbt
parses the whole project anew when the warehouse lies elsewhere than at the last parse; Assay parses it once a version (dbt.py).
"""

import json
import os
import sys
from threading import Lock
from typing import Any

from audit_assets.processes import exit_with_parent
from audit_assets.warehouse.dbt import PARSED

TOLD = frozenset({"info", "warn", "error"})
SILENT = ("--log-level", "none", "--log-level-file", "none", "--no-use-colors")
FAILED, CRASHED = 1, 2  # the exit codes of dbt
_telling = Lock()  # models are built side by side, and a line is one event


def main() -> int:
    """Run dbt with the arguments of this process; returns what dbt would exit with."""
    exit_with_parent(os.getppid())
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - seconds in which the parent may go
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415
    from dbt.parser.manifest import extended_mashumuro_decoder  # noqa: PLC0415

    parsed = Manifest.from_msgpack(PARSED.read_bytes(), extended_mashumuro_decoder)
    done = dbtRunner(parsed, [_tell]).invoke([*sys.argv[1:], *SILENT])
    if done.exception is not None:
        print(done.exception, file=sys.stderr)
        return CRASHED
    return 0 if done.success else FAILED


def _tell(event: Any) -> None:
    if event.info.level in TOLD:
        from dbt_common.events.functions import msg_to_dict  # noqa: PLC0415

        line = json.dumps(msg_to_dict(event), default=str)
        with _telling:
            print(line, flush=True)
