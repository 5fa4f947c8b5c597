"""What secrets and personal data look like in text: one table of patterns, in the order in which they are applied.

Published prefixes are taken from the issuers' own documentation of their token formats. What does not belong here: who people are
(redaction.py), and anything that needs more than the text itself.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address

SECRET, EMAIL, PHONE, ADDRESS, CARD = "[secret]", "[email]", "[phone]", "[ip]", "[card]"
Replacement = str | Callable[[re.Match[str]], str]


@dataclass(frozen=True)
class Shape:
    """A pattern and what takes its place. `hints`: the text is searched only when it holds one of them (lower case); empty = always."""

    name: str
    pattern: re.Pattern[str]
    replacement: Replacement
    hints: tuple[str, ...] = ()


def _shape(name: str, pattern: str, replacement: Replacement = SECRET, hints: str = "", flags: int = 0) -> Shape:
    return Shape(name, re.compile(pattern, flags), replacement, tuple(hints.split()))


def _card(match: re.Match[str]) -> str:
    digits = [int(character) for character in match[0] if character.isdigit()]
    return CARD if 13 <= len(digits) <= 19 and _luhn(digits) else match[0]


def _luhn(digits: list[int]) -> bool:
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _ipv6(match: re.Match[str]) -> str:
    if match[0].count(":") < 2:
        return match[0]
    try:
        IPv6Address(match[0].split("%")[0])
    except AddressValueError:
        return match[0]
    return ADDRESS


def _international(match: re.Match[str]) -> str:
    return PHONE if 8 <= sum(character.isdigit() for character in match[0]) <= 15 else match[0]


def _mixed_only(match: re.Match[str]) -> str:
    found = match[0]
    mixed = re.search(r"[a-z]", found) and re.search(r"[A-Z]", found) and re.search(r"\d", found)
    return SECRET if mixed else found


_PASSWORDS = r"pass(?:word|wd|phrase|code)|pwd"
_KEY_NAMES = (
    r"secret|token|credentials?|auth|"
    r"api[_-]?key|access[_-]?key(?:[_-]?id)?|account[_-]?key|private[_-]?key|signing[_-]?key|encryption[_-]?key|"
    r"routing[_-]?key|integration[_-]?key|service[_-]?key|license[_-]?key|client[_-]?secret|sig(?:nature)?|session[_-]?id|cookie"
)
KEY_NAME = re.compile(rf"(?i)^(?:.*[_\-.])?(?:{_KEY_NAMES}|{_PASSWORDS}|pass)$")
_ASSIGNED = r"[\"'`*]*\s*(?:=|:(?!//))\s*[\"'`*]*"
_MEASURED = r"\d{1,7}(?:\.\d+)?(?:ms|s|m|h|k|%)?(?!\w)"  # `first token: 240ms` is a measurement, not a secret
_VENDOR_PREFIXED = (
    r"(?<![A-Za-z0-9])(?:"
    r"gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|"  # GitHub, GitLab
    r"xox[a-z](?:\.xox[a-z])?-[\w-]{8,}|xapp-[\w-]{8,}|"  # Slack
    r"sk-[\w-]{16,}|[sr]k_(?:live|test)_\w{10,}|hf_[A-Za-z0-9]{16,}|nvapi-[\w-]{20,}|"  # OpenAI, Anthropic, Stripe, Hugging Face, NVIDIA
    r"AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}|"  # Google
    r"dckr_pat_[\w-]{16,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|dapi[0-9a-f]{32}|"  # Docker, npm, PyPI, Databricks
    r"hv[sbr]\.[\w-]{20,}|gl(?:sa|c)_[\w=-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|"  # Vault, Grafana, SendGrid
    r"SK[0-9a-f]{32}|u\+[\w-]{18}|R[0-9A-Z]{31}"  # Twilio; PagerDuty REST key and Events v2 routing key
    r")(?![A-Za-z0-9])"
)

# ISO/IEC 7812 numbers of payment networks begin with 2 to 6; written in fours, American Express as 4-6-5.
_CARD_GROUPS = r"[2-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{1,7}|3\d{3}([ -]?)\d{6}\2\d{5}"
_KEY_HINTS = "secret token cred auth key sig session cookie"

SHAPES: tuple[Shape, ...] = (
    _shape("pem", r"-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|\Z)", hints="-----begin"),
    _shape("jwt", r"\beyJ[\w-]{4,}\.[\w-]{4,}(?:\.[\w-]*)*", hints="eyj"),
    _shape("slack webhook", r"(hooks\.slack(?:-gov)?\.com/)[\w/-]+", r"\1[secret]", hints="hooks.slack"),
    _shape("pagerduty endpoint", r"(events\.pagerduty\.com/[\w/]*?)[0-9a-zA-Z]{20,}", r"\1[secret]", hints="events.pagerduty"),
    _shape("url credentials", r"(?i)\b([a-z][a-z0-9+.-]*://)(?:[^\s/@<>]*:[^\s<>]*|[^\s/?#@<>]+)@", r"\1[secret]@", hints="://"),
    _shape(
        "aws key id",
        r"\b(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA|AGPA|ANPA|ANVA)[A-Z0-9]{16}\b",
        hints="akia asia aroa aida abia acca agpa anpa anva",
    ),
    _shape("vendor token", _VENDOR_PREFIXED),
    _shape("authorization", r"(?i)\b(bearer|basic|token token=?)(\s+|=)\"?[\w.~+/=-]{8,}", r"\1 [secret]", hints="bearer basic token"),
    _shape(
        "assignment",
        rf"(?i)((?<![a-z])(?:{_KEY_NAMES}){_ASSIGNED})(?!\[secret\]|{_MEASURED})[^\s\"'`,;&<>)\]}}]{{4,}}",
        r"\1[secret]",
        hints=_KEY_HINTS,
    ),
    _shape(
        "password",
        rf"(?i)((?<![a-z])(?:{_PASSWORDS})(?:{_ASSIGNED}|\s+(?:is|was)\s+[\"'`]?))(?!\[secret\])[^\s\"'`]{{3,}}",
        r"\1[secret]",
        hints="pass pwd",
    ),
    _shape("query secret", r"(?i)([?&](?:x-amz-[a-z-]+|code|key|sig|sv)=)[^\s&#<>\"']{4,}", r"\1[secret]", hints="= ?"),
    _shape("40-character key", r"(?<![A-Za-z0-9/+=_.-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])", _mixed_only),
    _shape("email", r"(?i)[\w.+%'’-]+@[\w-]+(?:\.[\w-]+)+", EMAIL, hints="@"),
    _shape("ipv6", r"(?<![\w:.])[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*[0-9A-Fa-f:](?:%\w+)?(?![\w:])", _ipv6, hints=":"),
    _shape("ipv4", r"(?<![\w.-])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w-]|\.\d)", ADDRESS, hints="."),
    _shape("card", rf"(?<![\w.+-])(?:{_CARD_GROUPS})(?![\w-]|\.\d)", _card),
    _shape("phone +", r"(?<![\w+])(?:\+|00(?=[1-9]))\d[\d ().\-/]{6,18}\d(?!\w)", _international, hints="+ 00"),
    _shape("phone us", r"(?<![\w.\-/])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-]|\.\d)", PHONE),
    _shape("phone national", r"(?<![\w.:\-/])0\d{1,4}(?:[ -]\d{2,4}){2,4}(?![\w:-]|\.\d)", _international, hints="0"),
    _shape(
        "phone spoken",
        r"(?i)\b((?:phone|mobile|cell|tel|call me (?:on|at)|ring me (?:on|at)|whatsapp)\W{1,3})\d[\d ().-]{5,16}\d(?!\w)",
        rf"\1{PHONE}",
        hints="phone mobile cell tel me whatsapp",
    ),
)
