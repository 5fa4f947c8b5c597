"""dbt as a run of Assay calls it: the project that was parsed once, on a warehouse of a test's own."""

import subprocess

from audit_assets.home import Home
from audit_assets.warehouse.dbt import ASSAY_DBT, PROJECT, ensure_manifest, environment


def run_dbt(home: Home, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a dbt command on the home's warehouse."""
    ensure_manifest()
    paths = ["--project-dir", PROJECT, "--profiles-dir", PROJECT, "--target-path", home.dbt / "target", "--log-path", home.dbt / "logs"]
    command = [ASSAY_DBT, *arguments, *map(str, paths)]
    done = subprocess.run(command, env=environment(home), capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, done.stdout[-6000:] + done.stderr
    return done
