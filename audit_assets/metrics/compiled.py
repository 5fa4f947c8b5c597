"""Compiling numeric loops with numba, cached on disk, and usable from a read-only install.

Importing this module costs about 0.3 s: import it where it is used, not where code is loaded.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile without the GIL; the machine code is kept in `NUMBA_CACHE_DIR`, `__pycache__` or the user's cache folder.

    Where none of them can be written, each process compiles anew (some seconds) instead of failing.
    """
    try:
        return cast(Function, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # "cannot cache function: no locator available"
        return cast(Function, numba.njit(nogil=True)(function))
