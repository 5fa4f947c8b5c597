"""Canaries: what must never reach the lake, and what must survive."""

import pytest

from audit_assets.incidents.redaction import RAW_LIMIT, Redactor

REDACTOR = Redactor("salt")
PLANTED = {
    "aws key id": "AKIA" + "IOSFODNN7CANARY1",
    "aws secret": "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYCANARYKEYz",
    "github": "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a",
    "github fine": "github_pat_" + "11AAAAAAA0aaaaaaaaaaaa_bbbbbbbbbbbb",
    "slack": "xoxb" + "-123456789012-abcdefABCDEF",
    "slack webhook": "hooks.slack.com/services/" + "T00AAAAAA/B00AAAAAA/canarycanary",
    "pagerduty rest": "u+" + "abcdefghij_lmnopqr",
    "pagerduty routing": "R0" + "CANARYCANARYCANARYCANARYCANAR1",
    "pagerduty integration": "routing_key: " + "0123456789abcdef0123456789abcdef",
    "jwt": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
    "bearer": "Authorization: Bearer " + "canary.token/value==",
    "hugging face": "hf_" + "abcdefghijklmnopqrstuvwxyzABCD",
    "password": "password=hunter2canary",
    "spoken password": "the password is Tr0ub4dor&3",
    "email": "dana.whitfield+oncall@mail.example.co.uk",
    "email, accents": "zoë.müller@beispiel.de",
    "phone": "+44 20 7946 0958",
    "phone us": "(415) 555-0132",
    "ipv4 public": "203.0.113.77",
    "ipv4 private": "10.1.2.3",
    "ipv6": "2001:db8::ff00:42:8329",
    "card": "4111 1111 1111 1111",
    "card, dashes": "5500-0000-0000-0004",
}


def core(planted: str) -> str:
    return (
        planted.rsplit(": ", maxsplit=1)[-1].split("=", 1)[-1].rsplit(" is ", maxsplit=1)[-1].removeprefix("Bearer ").split("services/")[-1]
    )


@pytest.mark.parametrize("kind", PLANTED)
@pytest.mark.parametrize("around", ["{}", "see ({}) now", "key `{}`, thanks", "Ошибка: {} 🔥", '{{"x": "{}"}}', "{}\nnext line"])
def test_no_canary_survives(kind: str, around: str) -> None:
    shown = REDACTOR.redacted(around.format(PLANTED[kind]))
    assert core(PLANTED[kind]) not in shown
    assert "[" in shown


def test_a_key_block_goes_even_when_it_is_cut() -> None:
    whole = "-----BEGIN RSA PRIVATE KEY-----\nMIIEcanary\n-----END RSA PRIVATE KEY----- after"
    assert REDACTOR.redacted(whole) == "[secret] after"
    assert "MIIEcanary" not in REDACTOR.redacted(whole[:45])


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("postgres://svc:p@ss/w#rd@db.internal:5432/x", "db.internal:5432"),
        ("https://oauth2:tok@git.example.com/x.git", "git.example.com"),
        ("https://canarytoken@host.example/x", "host.example/x"),
    ],
)
def test_credentials_leave_an_url_and_the_host_stays(url: str, host: str) -> None:
    shown = REDACTOR.redacted(url)
    assert host in shown
    assert not any(secret in shown for secret in ("p@ss", "ss/w", "tok@", "canarytoken"))


def test_a_secret_split_by_invisible_characters_is_found() -> None:
    assert "IOSFODNN7CANARY1" not in REDACTOR.redacted("AKIA\u200bIOSFODNN7CANARY1")


@pytest.mark.parametrize(
    "kept",
    [
        "a100-05",
        "ip-10-1-2-3",
        "ip-10-1-2-3.eu-west-1.compute.internal",
        "chat-llm-7d9f8c6b5-x2x4z",
        "driver 535.104.05, torch 2.4.0",
        "since 14:05 UTC, fixed at 2026-07-14 14:40",
        "c10::Error in at::cuda, std::bad_alloc",
        "Xid (PCI:0000:02:00): 79, pid=1234",
        "https://acme.slack.com/archives/C0123ABCD/p1690000000123456",
        "PD #4711",
        "time to first token: 4.2s, max_tokens=65536",
        "job 20260714 0905 1130",
        "undefined symbol: _ZN2at4_ops15sum_IntList_out4callERNS_6TensorE",
        "nvidia.com/gpu: 8",
    ],
)
def test_what_an_audit_needs_survives(kept: str) -> None:
    assert REDACTOR.redacted(kept) == kept


def test_people_are_pseudonyms_stable_within_a_home() -> None:
    knowing = REDACTOR.knowing({"Dana Whitfield": "U1", "dana.w": "U1", "Nizar Gharbi": "U2"})
    dana = REDACTOR.person("U1")
    assert knowing.redacted("dana.w, DANA WHITFIELD's node, Dana says <@U1|dana>") == f"{dana}, {dana}'s node, {dana} says @{dana}"
    assert dana != REDACTOR.person("U2")
    assert dana != Redactor("other home").person("U1")
    assert dana == Redactor("salt").person("U1")


def test_first_names_that_are_words_of_the_field_stay() -> None:
    knowing = REDACTOR.knowing({"Max Power": "U1", "Ray Li": "U2", "April May": "U3"})
    assert knowing.redacted("Max batch on Ray in April") == "Max batch on Ray in April"
    assert "Power" not in knowing.redacted("ask Max Power")


def test_json_is_redacted_at_every_depth() -> None:
    shown = REDACTOR.json_text({"password": "x", "deep": [{"api_key": "zz", "note": "mail a@b.example", "card": 4111111111111111}], "n": 7})
    assert shown == '{"deep":[{"api_key":"[secret]","card":"[card]","note":"mail [email]"}],"n":7,"password":"[secret]"}'


def test_a_quarantined_row_is_redacted_before_it_is_cut() -> None:
    raw = REDACTOR.raw({"text": "x" * (RAW_LIMIT - 20) + " dana@mail.example"})
    assert len(raw) <= RAW_LIMIT
    assert "dana" not in raw


def test_nothing_stays_nothing() -> None:
    assert REDACTOR.text(None) is None
    assert REDACTOR.text("") == ""
    assert REDACTOR.redacted("lone \ud83d surrogate") == "lone ? surrogate"
