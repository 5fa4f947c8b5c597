"""The types of PromQL and which operators join them.

Source: the type checks of Prometheus' parser (promql/parser/parse.go).
"""

from enum import Enum

from audit_assets.manifests.promql_tokens import PromqlError

COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
SETS = frozenset({"and", "or", "unless"})


class Type(Enum):
    """The type of an expression."""

    SCALAR = "scalar"
    VECTOR = "instant vector"
    MATRIX = "range vector"
    STRING = "string"


def require(name: str, expected: Type, found: Type) -> None:
    """Refuse an argument of another type."""
    if expected is not found:
        raise PromqlError(f"{name}() needs type {expected.value}, found {found.value}")


def combined(operator: str, left: Type, right: Type, is_bool: bool, matched: bool, grouped: bool) -> Type:
    """The type of `left operator right`. Raises PromqlError when the server would not load it."""
    if {left, right} & {Type.MATRIX, Type.STRING}:
        raise PromqlError(f"the operator {operator!r} needs scalars or instant vectors, found {left.value} and {right.value}")
    both_vectors = left is right is Type.VECTOR
    if is_bool and operator not in COMPARISONS:
        raise PromqlError(f"'bool' goes with comparisons only, not with {operator!r}")
    if operator in COMPARISONS and left is right is Type.SCALAR and not is_bool:
        raise PromqlError(f"a comparison of two scalars needs 'bool': {operator} bool")
    if operator in SETS and not both_vectors:
        raise PromqlError(f"the set operator {operator!r} is not allowed with a scalar")
    if operator in SETS and grouped:
        raise PromqlError(f"no grouping is allowed with the set operator {operator!r}")
    if matched and not both_vectors:
        raise PromqlError("vector matching is only allowed between instant vectors")
    return Type.SCALAR if left is right is Type.SCALAR else Type.VECTOR
