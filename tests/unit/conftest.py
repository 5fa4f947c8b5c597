from collections.abc import Iterator

import pytest
from dagster._core.storage.defs_state.base import set_defs_state_storage


@pytest.fixture(autouse=True)
def no_instance_of_another_test() -> Iterator[None]:
    """Dagster keeps a weak reference to the last instance that was opened, and fails when that is gone."""
    with set_defs_state_storage(None):  # type: ignore[arg-type]
        yield
