"""Failures in our own words, each as a page, through the models: the mode is right, or the rules abstain, which is rare. Everyday talk is
no incident."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from tests.incident_estate import END, Estate, at

PHRASES = Path(__file__).parents[1] / "incident_phrases.yaml"
CHATTER = Path(__file__).parents[1] / "incident_chatter.yaml"
BROKEN = "Users are getting 500s from chat since 09:50 UTC, CUDA out of memory on all replicas"
MOST_ABSTENTIONS, MOST_WRONG = 0.12, 0.02


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str]]:
    """Mode as read, mode as found, text."""
    told = [(mode, text) for mode, texts in yaml.safe_load(PHRASES.read_text()).items() for text in texts]
    estate = Estate(days=200)
    for place, (_, text) in enumerate(told):
        # Half a day apart, so that no two are near enough to be one incident.
        moment = at(f"{END}") - timedelta(hours=12 * (place + 1))
        estate.page(f"P{place:05}", moment.isoformat()[:19], text)
    found = estate.read(tmp_path_factory.mktemp("phrases"), "fct_incidents").incidents()
    return [(mode, found[f"pd:P{place:05}"]["mode"], text) for place, (mode, text) in enumerate(told)]


def test_the_mode_is_right_or_the_rules_abstain(judged: list[tuple[str, str, str]]) -> None:
    wrong = [one for one in judged if one[1] not in (one[0], "unknown_other")]
    assert len(wrong) <= MOST_WRONG * len(judged), wrong


def test_the_rules_rarely_abstain(judged: list[tuple[str, str, str]]) -> None:
    known = [one for one in judged if one[0] != "unknown_other"]
    abstained = [one for one in known if one[1] == "unknown_other"]
    assert len(abstained) <= MOST_ABSTENTIONS * len(known), abstained


def test_everyday_talk_is_no_incident(tmp_path: Path) -> None:
    talks = yaml.safe_load(CHATTER.read_text())
    estate = Estate(days=200)
    said = {}
    for place, talk in enumerate(talks):
        moment = at(f"{END}") - timedelta(hours=12 * (place + 1))
        lines = [talk] if isinstance(talk, str) else talk
        spoken = [((moment + timedelta(minutes=3 * minute)).isoformat()[:19], line) for minute, line in enumerate(lines)]
        said[estate.thread(("general", "chat-oncall", "incidents")[place % 3], *spoken)] = lines
    broken = estate.thread("chat-oncall", (f"{END - timedelta(days=60)} 10:00", BROKEN))
    found = estate.read(tmp_path, "fct_incidents").incidents()
    assert {identity: said.get(identity) for identity in found} == {broken: None}


REPORTS = [
    "chat returns 500s to customers, CUDA out of memory on all replicas",
    "chat-llm is returning 503 for most requests, replicas keep restarting with OOMKilled",
    "prod inference is down, all pods CrashLoopBackOff after the driver upgrade",
    "Xid 79 on gpu-node-12, pod evicted, customers saw errors for 10 min",
    "hub is rate limiting us, new pods can't pull the weights and chat can't scale up",
    "training job killed: NCCL timeout, rank 3 unreachable, lost 6h of progress",
    "half of our requests fail with context length errors after the tokenizer update",
    "chat is down",
    "GPU 3 on a100-07 is thermal throttling, throughput halved for an hour",
    "paying customers got empty completions for 20 minutes, no alert fired",
    "node gpu-07 NotReady, 8 GPUs gone, batch jobs are stuck",
]


def test_a_plain_report_of_harm_needs_no_answer(tmp_path: Path) -> None:
    estate = Estate(days=200)
    heard, joked = {}, []
    for place, line in enumerate(REPORTS):
        moment = (at(f"{END}") - timedelta(hours=14 * (place + 1))).isoformat()[:19]
        heard[estate.thread("chat-oncall", (moment, line))] = line
        joked.append(estate.thread("random", (moment, f"lol, my weekend: {line}")))
    found = estate.read(tmp_path, "fct_incidents").incidents()
    assert [line for identity, line in heard.items() if identity not in found] == []
    assert not set(joked) & set(found)
