"""A Slack export as named JSON files: a ZIP, read in place and never unpacked to disk, or a folder that somebody unpacked.

What does not belong here: what the files say.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from audit_assets.errors import SourceRejected
from audit_assets.objects import ObjectStat

MAX_UNPACKED_BYTES = 8 * 2**30
MAX_MEMBER_BYTES = 512 * 2**20
MAX_MEMBERS = 500_000
# Real exports shrink 5 to 30 times; the ratio is only judged on archives that would become large.
MAX_RATIO, RATIO_FROM_BYTES = 200, 64 * 2**20
_DIRECT = re.compile(r"^D[A-Z0-9]{8,}$")
_FIX = "ask for the export again, and check who made this file"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)


@dataclass(frozen=True)
class ExportFile:
    """One JSON file of an export: `path` inside it, `uri` as shown to people, and its content."""

    path: PurePosixPath
    uri: str
    content: bytes

    @property
    def channel(self) -> str:
        """The folder that it lies in: the channel, for a file of messages."""
        return self.path.parent.name

    @property
    def holds_messages(self) -> bool:
        """Whether it is a channel's file of a day, `<channel>/YYYY-MM-DD.json`."""
        return bool(self.channel) and is_day(self.path.stem)

    @property
    def is_direct(self) -> bool:
        """Whether it belongs to a conversation of two or a few people, not to a channel."""
        return self.channel.startswith("mpdm-") or bool(_DIRECT.match(self.channel))


def is_day(stem: str) -> bool:
    """Whether a file's stem is an ISO date."""
    try:
        return date.fromisoformat(stem).isoformat() == stem
    except ValueError:
        return False


def files_of(item: ObjectStat) -> Iterator[ExportFile]:
    """The JSON files of an object. Raises SourceRejected when an archive is unsafe, broken or far too large."""
    if item.path.suffix.lower() == ".zip":
        yield from _zipped(item)
    else:
        # The last two parts are all that the layout uses, wherever the folder lies.
        path = PurePosixPath(*item.path.parts[-2:])
        yield ExportFile(path, item.uri, item.path.read_bytes())


def _zipped(item: ObjectStat) -> Iterator[ExportFile]:
    with _opened(item) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        for member in members:
            _refuse_name(member, item.uri)
        _refuse_bomb(members, item)
        for member in sorted(members, key=lambda one: one.filename):
            path = PurePosixPath(member.filename)
            if path.suffix == ".json" and not any(part.startswith((".", "__MACOSX")) for part in path.parts):
                yield ExportFile(path, f"{item.uri}!{member.filename}", archive.read(member))


@contextmanager
def _opened(item: ObjectStat) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(item.path) as archive:
            yield archive
    except _BROKEN as problem:
        raise SourceRejected(item.uri, f"not a readable ZIP: {problem}", "export again, or copy it again; it may be cut") from problem


def _refuse_name(member: zipfile.ZipInfo, uri: str) -> None:
    raw = getattr(member, "orig_filename", member.filename)
    parts = PurePosixPath(raw.replace("\\", "/")).parts
    absolute = raw.startswith(("/", "\\")) or (len(raw) > 1 and raw[1] == ":")
    link = (member.external_attr >> 16) & 0o170000 == 0o120000
    if absolute or ".." in parts or "\0" in raw or link:
        raise SourceRejected(uri, f"unsafe name in the ZIP: {raw[:80]!r}", _FIX)
    if member.flag_bits & 0x1:
        raise SourceRejected(uri, "the ZIP is encrypted", "unpack it and name the folder instead")


def _refuse_bomb(members: list[zipfile.ZipInfo], item: ObjectStat) -> None:
    unpacked = sum(member.file_size for member in members)
    largest = max((member.file_size for member in members), default=0)
    packed = max(1, Path(item.path).stat().st_size)
    if len(members) > MAX_MEMBERS:
        raise SourceRejected(item.uri, f"{len(members)} files in the ZIP; at most {MAX_MEMBERS} are read", _FIX)
    if unpacked > MAX_UNPACKED_BYTES or largest > MAX_MEMBER_BYTES:
        raise SourceRejected(item.uri, f"the ZIP unpacks to {unpacked} bytes, its largest file to {largest}", _FIX)
    if unpacked > RATIO_FROM_BYTES and unpacked / packed > MAX_RATIO:
        raise SourceRejected(item.uri, f"the ZIP unpacks to {unpacked / packed:.0f} times its size", _FIX)
