"""An estate whose sources are all live: bills in S3, PagerDuty, Slack and Kubernetes spoken by emulators, metrics in a real Prometheus.

Every source asks for a secret of its own, and each of them is a canary.
"""

import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from tests.emulated_services import cluster_of, kubeconfig, pagerduty_of, slack_of
from tests.emulators import Emulator, running
from tests.servers import S3Server

PASSWORD = "prom-passw0rd-that-nobody-may-see"
BCRYPT = "$2b$04$1L6KzrPOPw.2/Mvz/cEBaeoFKauBM0AjGF50K0vNEJkSEvhKjmCam"  # of PASSWORD
SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "owner-secret",
    "LIVE_PAGERDUTY": "pd-t0ken-that-nobody-may-see",
    "LIVE_SLACK": "xoxb-t0ken-that-nobody-may-see",
    "LIVE_KUBERNETES": "k8s-t0ken-that-nobody-may-see",
    "LIVE_PROMETHEUS": f"assay:{PASSWORD}",
}
CANARIES = (*SECRETS.values(), PASSWORD, b64encode(SECRETS["LIVE_PROMETHEUS"].encode()).decode())
DAYS = 3


@dataclass
class LiveEstate:
    """A declaration that names only running servers, and the emulators among them."""

    audit: Path
    emulators: dict[str, Emulator] = field(default_factory=dict)

    def asked(self) -> dict[str, int]:
        """How many requests each emulator had."""
        return {name: len(emulator.asked) for name, emulator in self.emulators.items()}


def last_incident_day(incidents: Path) -> date:
    """The day of the newest page of an estate."""
    return max(date.fromisoformat(one["created_at"][:10]) for one in pagerduty_of(incidents).held["incidents"])


@contextmanager
def running_incidents(estate: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveEstate]:
    """PagerDuty and Slack alone, over the days around the newest page."""
    with ExitStack() as servers:
        live = LiveEstate(folder / "audit.yaml")
        workspace = slack_of(estate / "incidents")[1]
        answers = {"pagerduty": pagerduty_of(estate / "incidents"), "slack": workspace}
        live.emulators = {name: servers.enter_context(running(Emulator(answer))) for name, answer in answers.items()}
        declared = yaml.safe_load((estate / "audit.yaml").read_text())
        declared["audit"]["window"] = {"days": DAYS, "end": last_incident_day(estate / "incidents") + timedelta(days=1)}
        declared["sources"] = {"incidents": _incidents(live, sorted(workspace.ids))}
        for name, secret in SECRETS.items():
            monkeypatch.setenv(name, secret)
        live.audit.write_text(yaml.safe_dump(declared))
        yield live


@contextmanager
def running_estate(
    estate: Path, folder: Path, s3: S3Server, prometheus: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[LiveEstate]:
    """All five kinds of source, of one cluster of the estate."""
    with running_incidents(estate, folder, monkeypatch) as live, running(Emulator(cluster_of(estate / "manifests" / "prod-eu"))) as cluster:
        live.emulators["kubernetes"] = cluster
        declared = yaml.safe_load(live.audit.read_text())
        end = declared["audit"]["window"]["end"]
        days = [end - timedelta(days=back) for back in range(DAYS)]
        url = prometheus([estate / "metrics" / "prod-eu" / f"{day}.om.gz" for day in days], _web_config(folder), auth=("assay", PASSWORD))
        declared["sources"] |= {
            "billing": _bills(estate, s3),
            "metrics": [{"name": "prom", "kind": "prometheus", "url": url, "cluster": "prod-eu", "token": "${LIVE_PROMETHEUS}"}],
            "manifests": [{"name": "cluster", "kind": "kubernetes", "cluster": "prod-eu", "context": "here"}],
        }
        live.audit.write_text(yaml.safe_dump(declared))
        config = kubeconfig(folder / "kubeconfig", cluster.url, SECRETS["LIVE_KUBERNETES"])
        credentials = {"AWS_ACCESS_KEY_ID": "OWNER", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
        absent = {name: os.devnull for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
        for name, value in (credentials | absent | {"KUBECONFIG": str(config)}).items():
            monkeypatch.setenv(name, value)
        yield live


def _incidents(live: LiveEstate, channels: list[str]) -> list[dict[str, object]]:
    named = {name: {"name": name, "kind": name, "url": one.url} for name, one in live.emulators.items()}
    return [
        {**named["pagerduty"], "token": "${LIVE_PAGERDUTY}"},
        {**named["slack"], "token": "${LIVE_SLACK}", "channels": channels},
    ]


def _bills(estate: Path, s3: S3Server) -> list[dict[str, object]]:
    s3.client.create_bucket(Bucket="live-estate")
    access = {"endpoint": s3.endpoint, "path_style": True}
    declared = yaml.safe_load((estate / "audit.yaml").read_text())["sources"]["billing"]
    moved = []
    for entry in declared:
        location = s3.upload(estate / entry["uri"], "live-estate", entry["uri"])
        moved.append({**entry, "uri": location, "s3": dict(access)})
    return moved


def _web_config(folder: Path) -> str:
    path = folder / "web.yml"
    path.write_text(yaml.safe_dump({"basic_auth_users": {"assay": BCRYPT}}))
    return f"--web.config.file={path}"
