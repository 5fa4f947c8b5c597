"""What Terraform marks as sensitive, taken out of a resource's values before anything else reads them.

Only Terraform's own marks are known here; secrets that it does not know of are kept out because few attributes are read at all.
"""

from typing import Any


def without_sensitive(node: Any, mask: Any) -> Any:
    """The values without what `mask` marks: True for all of it, or a mapping or list of masks in the shape of the values."""
    if mask is True:
        return None
    masks = dict(enumerate(mask)) if isinstance(mask, list) else mask
    if not isinstance(masks, dict) or not masks:
        return node
    if isinstance(node, dict):
        return {key: without_sensitive(value, masks.get(key)) for key, value in node.items() if masks.get(key) is not True}
    if isinstance(node, list):
        return [without_sensitive(value, masks.get(place)) for place, value in enumerate(node)]
    return None  # marked inside, and nothing that has an inside


def mask_of(paths: list[Any]) -> Any:
    """The mask of a state's `sensitive_attributes`: lists of steps, of which one that is not understood marks all that is above it."""
    mask: dict[Any, Any] = {}
    for path in paths:
        steps = [_step(step) for step in path] if isinstance(path, list) else [None]
        known = steps[: steps.index(None)] if None in steps else steps
        if not known:
            return True
        _mark(mask, known)
    return mask


def _mark(mask: dict[Any, Any], steps: list[str | int | None]) -> None:
    *above, last = steps
    for step in above:
        mask = mask.setdefault(step, {})
        if not isinstance(mask, dict):
            return  # all of it is marked already
    mask[last] = True


def _step(step: Any) -> str | int | None:
    if not isinstance(step, dict):
        return None
    value = step.get("value")
    value = value.get("value") if isinstance(value, dict) else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None
