"""Compiled loops work where nothing can be cached, such as a read-only install."""

import numba
import pytest

from audit_assets.metrics.compiled import compiled


def _double(number: int) -> int:
    return 2 * number


@pytest.mark.parametrize("writable", [True, False])
def test_compiles_with_and_without_a_cache(monkeypatch, writable):
    njit = numba.njit

    def refusing(**options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function '_double': no locator available for file")
        return njit(**options)

    if not writable:
        monkeypatch.setattr("audit_assets.metrics.compiled.numba.njit", refusing)
    assert compiled(_double)(21) == 42
