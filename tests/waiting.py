"""Waiting without an event loop for what comes in somebody else's time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_SECONDS = 60.0


def until(holds: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Returns once that holds; fails the test without it: late, for the machine may be busy."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0.1)
