"""A Slack export: a ZIP with channels.json, users.json and one file a channel and day. Answers lie in the file of their own day.

The ZIP carries one fixed time stamp. The planted threads are in words.yaml, everything else in chatter.py.
"""

import json
import random
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from audit_assets.demo import chatter
from audit_assets.demo.clock import DAYS, moment
from audit_assets.demo.pagerduty import PagerDuty, said_at, told
from audit_assets.demo.trouble import NEAR_MISS, SLACK_ONLY, Occurrence, occurrences
from audit_assets.demo.words import DUPLICATE_OF_PAGE, SHARED_THREAD, Story, stories

CHANNELS = ("general", "random", "platform-ops", "ml-training", "chat-oncall", "search", "deploys")
PEOPLE = (
    "Marta Lind",
    "Tom Okafor",
    "Priya Nair",
    "Jonas Weber",
    "Aiko Mori",
    "Lena Brandt",
    "Sam Reyes",
    "Diego Ruiz",
    "Noor Aziz",
    "Wei Chen",
)
ZIP_TIME = (2026, 11, 16, 0, 0, 0)
Message = dict[str, Any]


@dataclass
class SlackExport:
    """The messages of an estate, collected channel by channel."""

    seed: int
    messages: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    written: int = 0

    @property
    def _users(self) -> dict[str, str]:
        rng = random.Random(f"slack-users-{self.seed}")
        return {name: "U" + "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(9)) for name in PEOPLE}

    def post(self, channel: str, who: str, when: datetime, text: str, root: Message | None = None) -> Message:
        """Add a message; with `root`, as an answer in its thread."""
        self.written += 1
        message: Message = {
            "client_msg_id": f"{self.seed:08x}-{self.written:04x}-4000-8000-{self.written:012x}",
            "type": "message",
            "user": self._users[who],
            "text": text,
            "ts": f"{int(when.timestamp())}.{self.written:06d}",
            "team": "T0ACME001",
        }
        if root is not None:
            root["thread_ts"] = root["ts"]
            root.setdefault("replies", []).append({"user": message["user"], "ts": message["ts"]})
            root["reply_count"] = len(root["replies"])
            message |= {"thread_ts": root["ts"], "parent_user_id": root["user"]}
        self.messages[channel].append(message)
        return message

    def tell(self, story: Story, occurrence: Occurrence, root: Message | None = None, number: int = 0) -> Message:
        """The thread of an event; with `root`, as part of that thread."""
        rng = random.Random(f"{story.first}-{self.seed}")
        people = rng.sample(PEOPLE, 3)
        text = told(story.first, occurrence).replace("{number}", f"#{number}")
        first = self.post(story.channel, people[0], occurrence.detected, text, root)
        for position, reply in enumerate(story.replies):
            answer = told(reply.text, occurrence).replace("{number}", f"#{number}")
            self.post(story.channel, people[(position + 1) % 3], said_at(reply, occurrence), answer, root or first)
        return first

    def write(self, path: Path) -> None:
        """Write the ZIP."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            _add(archive, "channels.json", [self._channel(name) for name in CHANNELS])
            _add(archive, "users.json", [_user(name, user) for name, user in self._users.items()])
            for channel in CHANNELS:
                by_day: dict[str, list[Message]] = defaultdict(list)
                for message in sorted(self.messages[channel], key=lambda each: float(each["ts"])):
                    second = int(message["ts"].split(".")[0])
                    day = (moment(1) + timedelta(seconds=second - int(moment(1).timestamp()))).date()
                    by_day[day.isoformat()].append(message)
                for day_name, found in sorted(by_day.items()):
                    _add(archive, f"{channel}/{day_name}.json", found)

    def _channel(self, name: str) -> Message:
        members = sorted(self._users.values())
        return {
            "id": f"C{CHANNELS.index(name):09}",
            "name": name,
            "created": int(moment(1).timestamp()) - 86_400 * 400,
            "creator": members[0],
            "is_archived": False,
            "is_general": name == "general",
            "members": members,
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": name, "creator": "", "last_set": 0},
        }


def write_slack(path: Path, seed: int, control: bool) -> None:
    """The export of an estate: noise, and in a planted one the threads about what went wrong."""
    export = SlackExport(seed)
    if not control:
        _tell_all(export)
    before = export.written
    _chat(export)
    assert export.written - before == chatter.NOISE_MESSAGES
    export.write(path)


def _tell_all(export: SlackExport) -> None:
    found = occurrences(export.seed)
    for key, occurrence in found.items():
        if occurrence.event.kind in (SLACK_ONLY, NEAR_MISS) and key != SHARED_THREAD[1]:
            root = export.tell(stories()[key], occurrence)
            if key == SHARED_THREAD[0]:
                export.tell(stories()[SHARED_THREAD[1]], found[SHARED_THREAD[1]], root)
    page = found[DUPLICATE_OF_PAGE]
    later = Occurrence(page.event, page.started, page.detected + timedelta(minutes=4), page.mitigated)
    export.tell(stories()["duplicate"], later, number=PagerDuty(export.seed).number(DUPLICATE_OF_PAGE))


def _chat(export: SlackExport) -> None:
    """Exactly NOISE_MESSAGES messages, at working hours."""
    rng = random.Random(f"chatter-{export.seed}")
    left = chatter.NOISE_MESSAGES
    while left:
        kind = rng.random()
        texts: tuple[str, ...]
        if kind < 0.10 and left >= 3:
            texts = rng.choice(chatter.RETRACTED + chatter.ANSWERED)
        elif kind < 0.18:
            texts = (rng.choice(chatter.SARCASM),)
        else:
            texts = (rng.choice(chatter.PLAIN),)
        left -= _say(export, rng, texts)


def _say(export: SlackExport, rng: random.Random, texts: tuple[str, ...]) -> int:
    channel = rng.choice(CHANNELS)
    when = moment(rng.randrange(1, DAYS + 1), f"{rng.randrange(6, 18):02}:{rng.randrange(60):02}")
    filled = {
        "service": rng.choice(chatter.SERVICES),
        "name": rng.choice(chatter.NAMES),
        "version": f"v{rng.randrange(1, 4)}.{rng.randrange(20)}.{rng.randrange(10)}",
        "number": rng.randrange(100, 4000),
        "floor": rng.randrange(1, 6),
    }
    root = None
    for text in texts:
        message = export.post(channel, rng.choice(PEOPLE), when, text.format(**filled), root)
        root = root or message
        when += timedelta(minutes=rng.randrange(2, 25))
    return len(texts)


def _user(name: str, user: str) -> Message:
    handle = name.lower().replace(" ", ".")
    return {
        "id": user,
        "team_id": "T0ACME001",
        "name": handle,
        "deleted": False,
        "real_name": name,
        "profile": {"real_name": name, "display_name": name.partition(" ")[0], "email": f"{handle}@acme.example"},
        "is_bot": False,
    }


def _add(archive: zipfile.ZipFile, name: str, content: object) -> None:
    entry = zipfile.ZipInfo(name, date_time=ZIP_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
