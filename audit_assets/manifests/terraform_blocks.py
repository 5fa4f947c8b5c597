"""Ways into a Terraform resource's values: nested blocks are lists, single ones too, and absent things are null, "" or [].

What does not belong here: what a resource type means.
"""

from typing import Any

from audit_assets.manifests.kubernetes_objects import listing, mapping, scalar_text


class LacksError(ValueError):
    """A resource without an attribute that it cannot be judged without; the text is the attribute."""


def block(values: Any, *path: str) -> dict[str, Any]:
    """The only (or first) block at a path of blocks; {} when there is none."""
    for name in path:
        inner = mapping(values).get(name)
        values = next(iter(listing(inner)), None) if isinstance(inner, list) else inner
    return mapping(values)


def blocks(values: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """All blocks of a name."""
    return [one for one in listing(values.get(name)) if isinstance(one, dict)]


def text_of(values: dict[str, Any], *names: str) -> str | None:
    """The first of some attributes that is set; scalars only."""
    for name in names:
        if not isinstance(values.get(name), dict | list) and scalar_text(values.get(name)):
            return scalar_text(values[name])
    return None


def texts_of(values: dict[str, Any], name: str) -> list[str]:
    """A list of scalars as texts."""
    return [scalar_text(one) for one in listing(values.get(name)) if one and not isinstance(one, dict | list)]


def needed(found: Any, attribute: str) -> Any:
    """`found`, which must be there. Raises LacksError."""
    if not found:
        raise LacksError(attribute)
    return found


def written(code: dict[str, Any] | None, *path: str) -> str | None:
    """How the code gives an attribute: literal, computed or absent; None when the code is unknown (a state does not hold it)."""
    if code is None:
        return None
    node: Any = code
    for name in path:
        node = node[0] if isinstance(node, list) and node else node
        node = mapping(node).get(name)
    if not isinstance(node, dict):
        return "absent"
    return "literal" if node.get("constant_value") is not None else "computed"
