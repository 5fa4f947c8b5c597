"""Secret values taken out of a manifest before anything else reads it; what refers to a secret stays.

The rule goes by the name of the key, flag or environment variable, and by the shape of the value.
"""

import re
from functools import lru_cache
from typing import Any

REMOVED = "[removed]"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"  # a copy of the whole object, secrets included

_WORDS = "passw(or)?d|passphrase|pwd|secret|token|(api|access|private|secret)_?key|credentials?|auth"
_SECRET_NAME = re.compile(rf"(^|_)({_WORDS}|key_data)$")
_SECRET_FLAG = re.compile(rf"^--?([a-z0-9_]*_)?({_WORDS})$")
_SECRET_VALUE = re.compile(
    r"""
    -----BEGIN\ [A-Z ]*PRIVATE\ KEY
    | ://[^/\s:@]+:[^/\s@]+@                  # user:password@host
    | \b(hf_|sk-|ghp_|gho_|ghs_|github_pat_|glpat-|xox[abprs]-|nvapi-|dop_v1_|AIza)[A-Za-z0-9_-]{12,}
    | \b(AKIA|ASIA)[A-Z0-9]{16}\b
    | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+  # a JSON web token
    """,
    re.VERBOSE,
)
_INLINE = re.compile(
    r"""((?:--[\w-]*(?:password|passwd|secret|token|api[-_]key|access[-_]key)(?:=|\s+)
    |\b\w*(?:password|passwd|secret|token|api_?key|access_?key)(?:\s*=\s*|["']?:[ \t]+)))
    (["']?)(?!\$)([^\s"'-][^\s"']*)""",
    re.VERBOSE | re.IGNORECASE,
)
_REFERENCE = re.compile(r"^(\$\([A-Za-z_]\w*\)|\$\{?[A-Za-z_]\w*\}?|)$")


def without_secrets(document: dict[str, Any]) -> dict[str, Any]:
    """A copy of an object: data of Secrets gone, other secret-looking values replaced by `[removed]`."""
    kept = dict(document)
    if kept.get("kind") in ("Secret", "SealedSecret"):
        for key in ("data", "stringData", "spec"):
            kept.pop(key, None)
    metadata = kept.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict):
        annotations = {key: value for key, value in metadata["annotations"].items() if key != LAST_APPLIED}
        kept["metadata"] = {**metadata, "annotations": annotations}
    cleaned: dict[str, Any] = _cleaned(kept)
    return cleaned


def looks_secret(name: str, value: str) -> bool:
    """Whether a variable, flag or key named `name` holds a secret itself, and not a reference to one."""
    if _REFERENCE.match(value):
        return False
    return bool(_SECRET_NAME.search(_plain(name)) or _SECRET_VALUE.search(value))


def _cleaned(node: Any) -> Any:
    if isinstance(node, dict):
        return _cleaned_mapping(node)
    if isinstance(node, list):
        return _cleaned_list(node)
    return _without_inline_secrets(node) if isinstance(node, str) else node


def _cleaned_mapping(node: dict[Any, Any]) -> dict[str, Any]:
    named = node.get("name")
    if isinstance(named, str) and isinstance(node.get("value"), str) and looks_secret(named, node["value"]):
        node = {**node, "value": REMOVED}
    in_reference = "name" in node and "key" in node  # a secretKeyRef names a key, which may well be called "token"
    cleaned = {}
    for key, value in node.items():
        secret = isinstance(value, str) and not in_reference and looks_secret(str(key), value)
        cleaned[str(key)] = REMOVED if secret else _cleaned(value)
    return cleaned


def _cleaned_list(node: list[Any]) -> list[Any]:
    """Also flags: `--api-key=…`, and `--api-key` followed by its value."""
    cleaned: list[Any] = []
    after_flag = False
    for item in node:
        if not isinstance(item, str):
            cleaned.append(_cleaned(item))
            after_flag = False
            continue
        flag, equals, value = item.partition("=")
        is_secret_flag = bool(_SECRET_FLAG.match(_plain(flag, flag=True)))
        if is_secret_flag and equals and not _REFERENCE.match(value):
            cleaned.append(f"{flag}={REMOVED}")
        elif after_flag and not item.startswith("-") and not _REFERENCE.match(item):
            cleaned.append(REMOVED)
        else:
            cleaned.append(_without_inline_secrets(item))
        after_flag = is_secret_flag and not equals
    return cleaned


def _without_inline_secrets(item: str) -> str:
    """Text holds flags, assignments and settings of its own: shell lines, configuration files in ConfigMaps."""
    item = _INLINE.sub(lambda found: found.group(1) + found.group(2) + REMOVED, item)
    return REMOVED if _SECRET_VALUE.search(item) else item


@lru_cache(maxsize=4096)  # manifests repeat a few hundred keys
def _plain(name: str, flag: bool = False) -> str:
    """`apiKey`, `API-KEY`, `api.key` → `api_key`; a flag keeps its leading hyphens."""
    hyphens = len(name) - len(name.lstrip("-")) if flag else 0
    snake = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name[hyphens:])
    return "-" * hyphens + re.sub(r"[-.\s]", "_", snake).lower()
