"""Which of several files of one workspace counts: its newest plan, else its newest state.

Files are of one workspace when they share a lineage, or a resource of the same address and id, where the id exists once in the world.
"""

from collections.abc import Sequence

from audit_assets.manifests.terraform_documents import TerraformDocument


def superseded(documents: Sequence[TerraformDocument]) -> dict[str, str]:
    """The files that do not count, each with the file that counts instead."""
    replaced: dict[str, str] = {}
    for workspace in _workspaces(documents):
        newest = max(workspace, key=lambda document: document.age)
        replaced |= {document.uri: newest.uri for document in workspace if document is not newest}
    return replaced


def _workspaces(documents: Sequence[TerraformDocument]) -> list[list[TerraformDocument]]:
    """Groups of documents that share marks, also by way of a third."""
    groups: list[list[TerraformDocument]] = []
    for document in documents:
        kin = [group for group in groups if any(document.marks & other.marks for other in group)]
        groups = [group for group in groups if group not in kin] + [[document, *(other for group in kin for other in group)]]
    return groups
