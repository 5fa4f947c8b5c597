"""Objects of a real S3 server copied beside the home, against plain boto3, which checks nothing and takes one after another.

Run as a module by `bench`, while the server runs: `python -m bench.s3 copies ENDPOINT FOLDER`, `… boto3 ENDPOINT FOLDER`. Each prints CPU
seconds, wall seconds and peak MiB of its own process, not of the server and not of imports.
"""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.measure import measured

BUCKET, OBJECTS, OBJECT_MEGABYTES = "bench", 12, 16
MEGABYTES = OBJECTS * OBJECT_MEGABYTES
KEYS = tuple(f"bills/{number:02d}.csv" for number in range(OBJECTS))
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "OWNER", "AWS_SECRET_ACCESS_KEY": "owner-secret", "AWS_DEFAULT_REGION": "us-east-1"}


def main() -> None:
    """Measure and print."""
    os.environ |= CREDENTIALS
    for name in ("boto3", "audit_assets.s3"):
        import_module(name)
    match sys.argv[1:]:
        case ["copies", endpoint, folder]:
            print(*measured(lambda: copies(endpoint, Path(folder))))
        case ["boto3", endpoint, folder]:
            print(*measured(lambda: plain(endpoint, Path(folder))))
        case _:
            raise SystemExit(__doc__)


def fill(client: Any) -> None:
    """Put the objects; random, so that nothing on the way can make them smaller."""
    client.create_bucket(Bucket=BUCKET)
    for key in KEYS:
        client.put_object(Bucket=BUCKET, Key=key, Body=os.urandom(OBJECT_MEGABYTES * 1_000_000))


def copies(endpoint: str, folder: Path) -> None:
    """As a run does it."""
    from audit_assets.audit_sources import S3Access
    from audit_assets.s3 import list_s3

    listing = list_s3(f"s3://{BUCKET}/bills/", S3Access(endpoint=endpoint, path_style=True), folder, ((".csv",), ()))
    _require_all([item.path for item in listing.objects])


def plain(endpoint: str, folder: Path) -> None:
    """download_file, object by object."""
    import boto3
    from botocore.config import Config

    folder.mkdir()
    client = boto3.client("s3", endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"}))
    paths = [folder / Path(key).name for key in KEYS]
    for key, path in zip(KEYS, paths, strict=True):
        client.download_file(BUCKET, key, str(path))
    _require_all(paths)


def _require_all(paths: list[Path]) -> None:
    found = sum(path.stat().st_size for path in paths)
    if found != MEGABYTES * 1_000_000:
        raise SystemExit(f"{found} bytes instead of {MEGABYTES} MB")


if __name__ == "__main__":
    main()
