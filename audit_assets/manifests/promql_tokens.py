"""PromQL as tokens. What does not belong here: whether they make sense together (promql.py)."""

import re
from dataclasses import dataclass

KEYWORDS = frozenset({"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool", "atan2"})
AGGREGATORS = frozenset(
    {
        "sum",
        "avg",
        "count",
        "min",
        "max",
        "group",
        "stddev",
        "stdvar",
        "topk",
        "bottomk",
        "count_values",
        "quantile",
        "limitk",
        "limit_ratio",
    }
)
_TOKEN = re.compile(
    r"""
    (?P<space>\s+|\#[^\n]*)
  | (?P<duration>\d+(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*(?![\w.]))
  | (?P<number>0[xX][0-9a-fA-F]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])|(?i:inf|nan)(?![\w:]))
  | (?P<name>[A-Za-z_][A-Za-z0-9_:]*)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
  | (?P<operator>==|!=|=~|!~|>=|<=|[-+*/%^<>=@(){}\[\],:])
    """,
    re.VERBOSE,
)


class PromqlError(ValueError):
    """Why an expression cannot be evaluated."""


@dataclass(frozen=True)
class Token:
    """`kind` is duration, number, name, string, operator, keyword, aggregator or end; words of the language are lower case."""

    kind: str
    text: str
    at: int


def tokens(expression: str) -> list[Token]:
    """The tokens of an expression, ended by one of kind `end`. Raises PromqlError on a character of no token."""
    found, position = [], 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None:
            raise PromqlError(f"unexpected {expression[position]!r} at character {position + 1}")
        if match.lastgroup != "space":
            found.append(_token(str(match.lastgroup), match.group(), position))
        position = match.end()
    return [*found, Token("end", "end of expression", len(expression))]


def _token(kind: str, text: str, at: int) -> Token:
    lower = text.lower()
    if kind == "name" and lower in KEYWORDS:
        return Token("keyword", lower, at)
    if kind == "name" and lower in AGGREGATORS:
        return Token("aggregator", lower, at)
    return Token(kind, text, at)
