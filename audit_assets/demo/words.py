"""How people write about the planted events (words.yaml, as typed stories).

What does not belong here: chatter that means nothing (chatter.py), and when things happen (trouble.py).
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

DUPLICATE_OF_PAGE = "upstream-page-1"  # this page is told in Slack too, as the story `duplicate`
SHARED_THREAD = ("driver-slack", "data-slack")  # one thread, two incidents


@dataclass(frozen=True)
class Reply:
    """An answer, or a note in PagerDuty. `after`: minutes after detection; None at the time of mitigation."""

    after: int | None
    text: str


@dataclass(frozen=True)
class Story:
    """What is said about one event. `channel` is the Slack channel, or the PagerDuty service for a page."""

    channel: str
    first: str
    detail: str
    replies: tuple[Reply, ...]


@cache
def stories() -> dict[str, Story]:
    """Stories by event key."""
    told = yaml.safe_load(files("audit_assets.demo").joinpath("words.yaml").read_text(encoding="utf-8"))
    return {key: _story(**story) for key, story in told.items()}


def _story(channel: str, first: str, replies: list[dict[str, int | str]], detail: str = "") -> Story:
    return Story(channel, first, detail, tuple(_reply(reply["after"], str(reply["text"])) for reply in replies))


def _reply(after: int | str, text: str) -> Reply:
    return Reply(None if after == "mitigation" else int(after), text)
