"""Fixtures of the integration tests."""

from tests.shared_lake import asked, at, lake_owner, top

__all__ = ["asked", "at", "lake_owner", "top"]
