"""A PromQL checker: whether Prometheus would load an expression, and which metrics it reads.

It parses and types the language as Prometheus' own parser does (scalar, instant vector, range vector, string), because rules that
no server can load are published and copied: `X and 128 != bool 0` joins a vector with a scalar by a set operator.
What does not belong here: evaluation.
"""

import re
from dataclasses import dataclass, field

from audit_assets.manifests.promql_functions import FUNCTIONS
from audit_assets.manifests.promql_tokens import PromqlError, Token, tokens
from audit_assets.manifests.promql_types import COMPARISONS, Type, combined, require

MAX_DEPTH = 100


@dataclass(frozen=True)
class Checked:
    """The verdict on an expression: why it cannot be evaluated (None when it can), and the metric names found in it."""

    error: str | None
    metrics: tuple[str, ...]


def check(expression: str) -> Checked:
    """Check an alerting rule's expression, which must yield an instant vector or a scalar."""
    try:
        parser = _Parser(tokens(expression))
        found = parser.whole()
    except PromqlError as problem:
        return Checked(str(problem), metric_names(expression))
    error = f"an alert needs an instant vector or a scalar, this is a {found.value}" if found in (Type.MATRIX, Type.STRING) else None
    return Checked(error, tuple(sorted(parser.metrics)))


def metric_names(expression: str) -> tuple[str, ...]:
    """A best guess at the metric names of an expression that does not parse."""
    bare = re.sub(r"\"[^\"]*\"|'[^']*'|\{[^}]*\}|\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", expression)
    try:
        words = [token for token in tokens(bare) if token.kind == "name"]
    except PromqlError:
        return ()
    names = {word.text for word in words if word.text not in FUNCTIONS and len(word.text) > 2}
    return tuple(sorted(names))


_PRECEDENCE = {
    "or": 1,
    **dict.fromkeys(("and", "unless"), 2),
    **dict.fromkeys(COMPARISONS, 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%", "atan2"), 5),
    "^": 6,
}
_WITH_PARAMETER = {"topk", "bottomk", "count_values", "quantile", "limitk", "limit_ratio"}
_ALSO_NAMES = frozenset({"and", "or", "unless", "by", "without", "offset"})  # legal metric names
_MATCHERS = frozenset({"=", "!=", "=~", "!~"})


@dataclass
class _Parser:
    """Recursive descent over the tokens. `metrics` collects names on the way."""

    stream: list[Token]
    position: int = 0
    depth: int = 0
    metrics: set[str] = field(default_factory=set)

    @property
    def next(self) -> Token:
        return self.stream[self.position]

    def take(self, *texts: str) -> Token | None:
        """The next token if it is one of `texts` (and not a string), consumed; else None."""
        token = self.next
        if token.kind in ("operator", "keyword") and token.text in texts:
            self.position += 1
            return token
        return None

    def expect(self, text: str, where: str) -> None:
        if self.take(text) is None:
            raise PromqlError(f"expected {text!r} {where}, found {self.next.text!r} at character {self.next.at + 1}")

    def whole(self) -> Type:
        if self.next.kind == "end":
            raise PromqlError("the expression is empty")
        found = self.binary(1)
        if self.next.kind != "end":
            raise PromqlError(f"unexpected {self.next.text!r} at character {self.next.at + 1}")
        return found

    def binary(self, lowest: int) -> Type:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise PromqlError(f"nested deeper than {MAX_DEPTH} levels")
        left = self.unary()
        while self.next.kind in ("operator", "keyword") and _PRECEDENCE.get(self.next.text, 0) >= lowest:
            operator = self.next.text
            self.position += 1
            is_bool, matched, grouped = self.modifiers()
            above = _PRECEDENCE[operator] + (operator != "^")  # `^` binds to the right
            right = self.binary(above)
            left = combined(operator, left, right, is_bool, matched, grouped)
        self.depth -= 1
        return left

    def modifiers(self) -> tuple[bool, bool, bool]:
        """(bool, on or ignoring, group_left or group_right) after an operator."""
        is_bool = self.take("bool") is not None
        matched = self.take("on", "ignoring") is not None
        if matched:
            self.labels()
        grouped = matched and self.take("group_left", "group_right") is not None
        if grouped and self.next.text == "(" and self.next.kind == "operator":
            self.labels()
        return is_bool, matched, grouped

    def unary(self) -> Type:
        sign = self.take("+", "-")
        if sign is None:
            return self.postfix(self.primary())
        found = self.binary(_PRECEDENCE["^"])
        if found not in (Type.SCALAR, Type.VECTOR):
            raise PromqlError(f"a sign needs a scalar or an instant vector, not a {found.value}")
        return found

    def primary(self) -> Type:
        token = self.next
        self.position += 1
        if token.kind in ("number", "duration"):
            return Type.SCALAR
        if token.kind == "string":
            return Type.STRING
        if token.kind == "aggregator" and self._opens_aggregation():
            return self.aggregation(token.text)
        if token.kind in ("name", "aggregator") or (token.kind == "keyword" and token.text in _ALSO_NAMES):
            return self.named(token)
        if token.kind == "operator" and token.text == "{":
            return self.selector(None)
        if token.kind == "operator" and token.text == "(":
            found = self.binary(1)
            self.expect(")", "to close '('")
            return found
        raise PromqlError(f"unexpected {token.text!r} at character {token.at + 1}")

    def _opens_aggregation(self) -> bool:
        return self.next.text in ("(", "by", "without") and self.next.kind != "string"

    def named(self, token: Token) -> Type:
        if self.next.text == "(" and self.next.kind == "operator":
            return self.call(token.text)
        self.metrics.add(token.text)
        if self.take("{"):
            return self.selector(token.text)
        return Type.VECTOR

    def selector(self, name: str | None) -> Type:
        """The rest of `{…}`. At least one matcher must not match the empty string."""
        selective = name is not None
        while not self.take("}"):
            token = self.next
            self.position += 1
            if token.kind == "string" and self.next.text in (",", "}"):
                selective = self._quoted_name(name, token)
            elif token.kind in ("name", "keyword", "aggregator", "string"):
                selective = self._matcher(token) or selective
            else:
                raise PromqlError(f"expected a label name in '{{…}}', found {token.text!r} at character {token.at + 1}")
            if not self.take(",") and self.next.text != "}":
                raise PromqlError(f"expected ',' or '}}', found {self.next.text!r} at character {self.next.at + 1}")
        if not selective:
            raise PromqlError("a selector needs at least one matcher that does not match the empty string")
        return Type.VECTOR

    def _quoted_name(self, name: str | None, token: Token) -> bool:
        if name is not None:
            raise PromqlError(f"the metric is named twice: {name} and {token.text}")
        self.metrics.add(token.text[1:-1])
        return True

    def _matcher(self, label: Token) -> bool:
        operator = self.take(*_MATCHERS)
        if operator is None or self.next.kind != "string":
            raise PromqlError(f'expected a matcher such as {label.text}="…" at character {label.at + 1}')
        value = self.next.text[1:-1]
        self.position += 1
        if operator.text in ("=~", "!~"):
            return _matches_only_text(operator.text, value)
        if operator.text == "=" and label.text == "__name__":
            self.metrics.add(value)
        return (value != "") == (operator.text == "=")

    def labels(self) -> None:
        self.expect("(", "before label names")
        while not self.take(")"):
            token = self.next
            self.position += 1
            if token.kind not in ("name", "keyword", "aggregator", "string"):
                raise PromqlError(f"expected a label name, found {token.text!r} at character {token.at + 1}")
            if not self.take(",") and self.next.text != ")":
                raise PromqlError(f"expected ',' or ')' in label names, found {self.next.text!r}")

    def arguments(self) -> list[Type]:
        self.expect("(", "before arguments")
        found: list[Type] = []
        while not self.take(")"):
            found.append(self.binary(1))
            if self.take(","):
                if self.next.text == ")" and self.next.kind == "operator":
                    raise PromqlError("a comma without an argument after it")
            elif self.next.text != ")":
                raise PromqlError(f"expected ',' or ')', found {self.next.text!r} at character {self.next.at + 1}")
        return found

    def aggregation(self, name: str) -> Type:
        grouped = self.take("by", "without") is not None
        if grouped:
            self.labels()
        found = self.arguments()
        if not grouped and self.take("by", "without"):
            self.labels()
        wanted = 2 if name in _WITH_PARAMETER else 1
        if len(found) != wanted:
            raise PromqlError(f"{name}() takes {wanted} argument(s), found {len(found)}")
        parameter = Type.STRING if name == "count_values" else Type.SCALAR
        for expected, got in zip([parameter, Type.VECTOR][-wanted:], found, strict=True):
            require(name, expected, got)
        return Type.VECTOR

    def call(self, name: str) -> Type:
        if name not in FUNCTIONS:
            raise PromqlError(f"unknown function {name}()")
        wanted, optional, result = FUNCTIONS[name]
        found = self.arguments()
        most = len(wanted) if optional >= 0 else 10_000
        if not len(wanted) - max(optional, 1 if optional < 0 else 0) <= len(found) <= most:
            raise PromqlError(f"{name}() takes {len(wanted)} argument(s), found {len(found)}")
        for place, got in enumerate(found):
            require(name, Type(wanted[min(place, len(wanted) - 1)]), got)
        return Type(result)

    def postfix(self, found: Type) -> Type:
        """`[5m]`, `[1h:5m]`, `offset 5m` and `@ time` after an expression."""
        last = self.stream[self.position - 1]
        is_selector = last.kind in ("name", "aggregator", "keyword") or (last.kind == "operator" and last.text == "}")
        while True:
            if self.take("["):
                found = self.range_of(found, is_selector)
                is_selector = True
            elif self.next.text in ("offset", "@") and self.next.kind != "string":
                if not is_selector:
                    raise PromqlError(f"{self.next.text!r} goes with a metric or a subquery, not with an expression")
                self.moved()
            else:
                return found

    def range_of(self, found: Type, is_selector: bool) -> Type:
        if found is not Type.VECTOR:
            raise PromqlError(f"a range needs an instant vector, not a {found.value}")
        self.duration("in '[…]'")
        if self.take(":"):
            if self.next.kind in ("duration", "number"):
                self.position += 1
        elif not is_selector:
            raise PromqlError("a range such as [5m] needs a metric; on an expression write a subquery such as [5m:]")
        self.expect("]", "after a range")
        return Type.MATRIX

    def moved(self) -> None:
        if self.take("offset"):
            self.take("+", "-")
            self.duration("after 'offset'")
        elif self.take("@"):
            self.moment()

    def duration(self, where: str) -> None:
        if self.next.kind not in ("duration", "number"):
            raise PromqlError(f"expected a duration {where}, found {self.next.text!r} at character {self.next.at + 1}")
        self.position += 1

    def moment(self) -> None:
        self.take("+", "-")
        token = self.next
        self.position += 1
        if token.kind == "name" and token.text in ("start", "end"):
            self.expect("(", f"after {token.text}")
            self.expect(")", f"after {token.text}(")
        elif token.kind != "number":
            raise PromqlError(f"expected a time after '@', found {token.text!r}")


def _matches_only_text(operator: str, pattern: str) -> bool:
    try:
        matches_nothing = re.fullmatch(pattern, "") is not None
    except re.error:
        return True  # RE2 and Python differ in corners; what Python cannot read is not called wrong
    return matches_nothing != (operator == "=~")
