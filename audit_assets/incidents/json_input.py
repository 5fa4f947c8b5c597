"""Reading a JSON input whole, and the times in it. Refusals name the place and the fix; nothing of the content is quoted.

UTF-8 with or without a mark, and UTF-16 or UTF-32 by its mark. What does not belong here: what the JSON means.
"""

import codecs
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson

from audit_assets.errors import SourceRejected

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def parse_json(content: bytes, uri: str) -> object:
    """The parsed content. Raises SourceRejected with line and column when it is no JSON text."""
    text = _as_utf8(content, uri)
    try:
        parsed: object = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise SourceRejected(uri, f"not valid JSON at {where}: {problem.msg}", "export the file again; it may be cut") from problem
    return parsed


def _as_utf8(content: bytes, uri: str) -> bytes:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding).encode()
            except UnicodeError as problem:
                raise SourceRejected(uri, f"starts as {encoding} but is not", "export the file again as UTF-8") from problem
    return content


def utc_moment(value: object) -> datetime | None:
    """An ISO 8601 time with an offset as aware UTC; None when it is absent, unreadable or without an offset."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def text_or_none(value: object) -> str | None:
    """A string that says something, else None; numbers as text."""
    if isinstance(value, str):
        return value if value.strip() else None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def objects_of(value: object) -> Iterator[dict[str, object]]:
    """Every JSON object inside a value, at any depth."""
    pending = [value]
    while pending:
        found = pending.pop()
        if isinstance(found, dict):
            yield found
            pending.extend(found.values())
        elif isinstance(found, list):
            pending.extend(found)


def member(value: object, *path: str) -> object:
    """value[path[0]][path[1]]…; None where a step is missing or not an object."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
