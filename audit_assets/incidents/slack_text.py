"""What a Slack message says: its text, else its blocks, and what its attachments add, as plain text. Not redacted yet.

Slack's own markup becomes plain: `<#C1|ops>` → #ops, `<https://…|label>` → label (https://…), `&lt;` → <. User mentions `<@U1>`
stay for the redactor, which knows the pseudonyms. What does not belong here: rows and files.
"""

import re
from collections import defaultdict

from audit_assets.incidents.json_input import member, text_or_none

_CHANNEL = re.compile(r"<#([A-Z0-9]+)(?:\|([^>]*))?>")
_SPECIAL = re.compile(r"<!(?:subteam\^)?([^|>]+)(?:\|([^>]*))?>")
_LINK = re.compile(r"<((?:https?|mailto|tel|ftp|slack):[^|>]+)(?:\|([^>]*))?>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_MARKUP = {
    "user": "<@{user_id}>",
    "link": "<{url}|{text}>",
    "emoji": ":{name}:",
    "channel": "<#{channel_id}>",
    "broadcast": "@{range}",
}
_DEEPEST = 12  # rich text nests lists in quotes in blocks; anything deeper is no message


def message_text(message: object) -> str | None:
    """The text of a message; None when it says nothing."""
    spoken = text_or_none(member(message, "text"))
    if spoken is None:
        spoken = _joined(_spoken(member(message, "blocks"), 0))
    attached = [text for text in _attachments(message) if not spoken or text not in spoken]
    whole = "\n".join([*([spoken] if spoken else []), *attached])
    return plain(whole) if whole.strip() else None


def plain(markup: str) -> str:
    """Slack's markup as plain text; user mentions stay as they are."""
    text = _CHANNEL.sub(lambda found: f"#{found[2] or found[1]}", markup)
    text = _SPECIAL.sub(lambda found: found[2] or f"@{found[1].split('^')[0]}", text)
    text = _LINK.sub(_shown_link, text)
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def _shown_link(found: re.Match[str]) -> str:
    target, label = found[1], found[2]
    return target if not label or label == target or label in target else f"{label} ({target})"


def _attachments(message: object) -> list[str]:
    listed = member(message, "attachments")
    texts = [_attachment(attached) for attached in listed] if isinstance(listed, list) else []
    return [text for text in texts if text]


def _attachment(attached: object) -> str | None:
    if member(attached, "from_url") or member(attached, "is_msg_unfurl"):
        return None  # a preview of what is linked, said elsewhere or by nobody here
    parts = [text_or_none(member(attached, name)) for name in ("pretext", "title", "text")]
    fields = member(attached, "fields")
    for field in fields if isinstance(fields, list) else []:
        name, value = text_or_none(member(field, "title")), text_or_none(member(field, "value"))
        parts.append(f"{name}: {value}" if name and value else name or value)
    parts.append(_joined(_spoken(member(attached, "blocks"), 0)))
    said = "\n".join(part for part in parts if part)
    return said or text_or_none(member(attached, "fallback"))


def _joined(pieces: list[str]) -> str | None:
    text = re.sub(r"\n{2,}", "\n", "".join(pieces)).strip()
    return text or None


def _spoken(block: object, depth: int) -> list[str]:
    """Texts of Block Kit blocks in reading order; a block ends its line."""
    if depth > _DEEPEST:
        return []
    if isinstance(block, list):
        return [piece for inner in block for piece in _spoken(inner, depth + 1)]
    if not isinstance(block, dict):
        return []
    leaf = _leaf(block)
    if leaf is not None:
        return [leaf]
    pieces = [piece for name in ("text", "fields", "elements") for piece in _spoken(block.get(name), depth + 1)]
    return [*pieces, "\n"] if pieces else []


def _leaf(block: dict[str, object]) -> str | None:
    kind, text = block.get("type"), block.get("text")
    if kind in _MARKUP:
        return _MARKUP[str(kind)].format_map(defaultdict(str, block))
    if isinstance(text, str):
        return text if kind == "text" else text + "\n"
    return None
