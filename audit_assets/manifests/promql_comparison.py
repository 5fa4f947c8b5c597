"""What an alert compares: one metric, or its increase, with a constant. Such a condition can be counted in what a lake keeps of a metric.

What does not belong here: whether an expression can be loaded (promql.py) and how often a condition held (the warehouse).
"""

import re
from dataclasses import dataclass

from audit_assets.manifests.promql_functions import FUNCTIONS
from audit_assets.manifests.promql_tokens import PromqlError, Token, tokens
from audit_assets.manifests.promql_types import COMPARISONS, SETS

USED, FREE = "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE"
_FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_OPENS, _CLOSES = frozenset("({["), frozenset(")}]")
_PLAIN_PATTERN = re.compile(r"(?:[^\\(]|\\[.\-+*?()\[\]{}|\\dws]|\((?!\?))*")  # what RE2 and Python read alike


class NotComparedError(ValueError):
    """Why an expression is no comparison of one metric with a constant, in words."""


@dataclass(frozen=True)
class Quantity:
    """What is compared. `kind`: value (of a gauge), increase (rate or increase over `range_seconds`) or memory_share (used ÷ all GPU
    memory). `matchers` as `label operator value` without spaces."""

    kind: str
    metric: str
    matchers: tuple[str, ...] = ()
    range_seconds: float | None = None


@dataclass(frozen=True)
class Comparison:
    """`quantity operator threshold`."""

    quantity: Quantity
    operator: str
    threshold: float


def comparison(expression: str) -> Comparison:
    """What an expression that Prometheus loads compares. Raises NotComparedError with the reason when it is anything else."""
    try:
        stream = tokens(expression)[:-1]
    except PromqlError as problem:
        raise NotComparedError(str(problem)) from problem
    stream = _bare(stream)
    place = _comparison_in(stream)
    left, operator, right = stream[:place], stream[place].text, stream[place + 1 :]
    if right[0].text == "bool":
        raise NotComparedError("with `bool` it yields a number at any value")
    threshold = _constant(right)
    if threshold is None:
        left, operator, threshold = right, _FLIPPED.get(operator, operator), _constant(left)
    if threshold is None:
        raise NotComparedError("it compares with something that is no constant")
    scale, measured = _unscaled(_bare(left))
    return Comparison(_quantity(measured), operator, threshold / scale)


def _comparison_in(stream: list[Token]) -> int:
    outer = _outer(stream)
    joined = next((stream[at].text for at in outer if stream[at].kind == "keyword" and stream[at].text in SETS), None)
    if joined:
        raise NotComparedError(f"it joins several conditions by `{joined}`")
    found = [at for at in outer if stream[at].kind == "operator" and stream[at].text in COMPARISONS]
    if len(found) != 1:
        raise NotComparedError("it compares more than once" if found else "it compares nothing with a constant")
    return found[0]


def _outer(stream: list[Token]) -> list[int]:
    """Places outside of all brackets."""
    depth, places = 0, []
    for at, token in enumerate(stream):
        is_operator = token.kind == "operator"
        depth -= is_operator and token.text in _CLOSES
        if depth == 0:
            places.append(at)
        depth += is_operator and token.text in _OPENS
    return places


def _bare(stream: list[Token]) -> list[Token]:
    """Without parentheses around the whole."""
    while len(stream) > 1 and stream[0].text == "(" and _outer(stream) == [0, len(stream) - 1]:
        stream = stream[1:-1]
    return stream


def _constant(stream: list[Token]) -> float | None:
    """A number with or without a sign, or a product or quotient of numbers; None for anything else."""
    stream = _bare(stream)
    sign = -1.0 if stream and stream[0].text == "-" else 1.0
    stream = stream[1:] if stream and stream[0].text in ("-", "+") else stream
    if not stream or len(stream) % 2 == 0 or any(token.text not in ("*", "/") for token in stream[1::2]):
        return None
    numbers = [_number(token) for token in stream[::2]]
    if any(number is None for number in numbers):
        return None
    value = sign * (numbers[0] or 0.0)
    for operator, number in zip(stream[1::2], numbers[1:], strict=True):
        if operator.text == "/" and not number:
            return None
        value = value * (number or 0.0) if operator.text == "*" else value / (number or 1.0)
    return value


def _number(token: Token) -> float | None:
    if token.kind != "number":
        return None
    text = token.text.replace("_", "")
    return float(int(text, 16)) if text.lower().startswith("0x") else float(text)


def _unscaled(stream: list[Token]) -> tuple[float, list[Token]]:
    """A quantity in percent is one hundred times the share."""
    outer = set(_outer(stream))
    for number, star, rest in ((-1, -2, slice(0, -2)), (0, 1, slice(2, None))):
        if len(stream) > 2 and stream[star].text == "*" and (star % len(stream)) in outer:
            factor = _number(stream[number])
            if factor is not None and factor > 0:
                return factor, _bare(stream[rest])
    return 1.0, stream


def _quantity(stream: list[Token]) -> Quantity:
    if _is_memory_share(stream):
        return Quantity("memory_share", USED)
    words = [token.text for token in stream]
    if words[0] in ("rate", "increase") and words[1:2] == ["("] and words[-1:] == [")"] and words[-2:-1] == ["]"] and words[-4:-3] == ["["]:
        metric, matchers = _selector(stream[2:-4])
        return Quantity("increase", metric, matchers, _seconds(stream[-3]))
    if len(words) > 1 and (stream[0].kind == "aggregator" or (words[0] in FUNCTIONS and words[1] == "(")):
        raise NotComparedError(f"it computes {words[0]}() first")
    return Quantity("value", *_selector(stream))


def _is_memory_share(stream: list[Token]) -> bool:
    words = [token.text for token in stream]
    return words in ([USED, "/", "(", *one, ")"] for one in ([USED, "+", FREE], [FREE, "+", USED]))


def _seconds(token: Token) -> float:
    if token.kind == "number":
        return _number(token) or 0.0
    return sum(float(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)(ms|[smhdwy])", token.text))


def _selector(stream: list[Token]) -> tuple[str, tuple[str, ...]]:
    """Metric and matchers of `metric{…}`."""
    words = [token.text for token in stream]
    if stream and stream[0].kind == "name" and len(stream) == 1:
        return words[0], ()
    if not stream or stream[0].kind != "name" or words[1] != "{" or words[-1] != "}" or "}" in words[2:-1]:
        raise NotComparedError("it computes with several metrics, or with a metric of another time, first")
    return words[0], tuple(_matchers(stream[2:-1]))


def _matchers(stream: list[Token]) -> list[str]:
    found = []
    while stream:
        label, operator, value = stream[:3]
        given = _unquoted(value.text)
        if label.kind == "string" or given is None or (operator.text in ("=~", "!~") and not _is_plain_pattern(given)):
            raise NotComparedError(f"the matcher of its label {label.text} is read differently by different engines")
        found.append(f"{label.text}{operator.text}{given}")
        stream = stream[4:]  # and the comma
    return found


def _unquoted(text: str) -> str | None:
    """What a string literal stands for; None with an escape other than of a backslash or a quote."""
    if text.startswith("`"):
        return text[1:-1]
    plain = re.fullmatch(r"""(?:[^\\]|\\[\\"'])*""", text[1:-1])
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if plain else None


def _is_plain_pattern(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return _PLAIN_PATTERN.fullmatch(pattern) is not None
