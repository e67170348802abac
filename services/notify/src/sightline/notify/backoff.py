"""When a failed delivery is tried again, and when no more."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

LONGEST_SECONDS = 3600.0
_MOST_DOUBLINGS = 20
_SPREAD = 0.25


@dataclass(frozen=True)
class Backoff:
    """Pauses that double from `first` up to an hour, each up to a quarter longer or shorter by chance.

    Attributes:
        first: seconds.
        give_up: how long after the first failure an alert is given up.
        disable: how long nothing but failures disable a subscription.
        chance: from 0 to 1, so that many who failed together do not come back together.
    """

    first: float = 5.0
    give_up: timedelta = timedelta(hours=12)
    disable: timedelta = timedelta(hours=24)
    chance: Callable[[], float] = random.random

    def pause(self, attempts: int, retry_after: float = 0.0) -> float:
        """Seconds until the next attempt after so many; never less than the receiver asked for."""
        plain = min(self.first * 2.0 ** min(attempts - 1, _MOST_DOUBLINGS), LONGEST_SECONDS)
        return max(plain * (1 - _SPREAD + 2 * _SPREAD * self.chance()), retry_after)

    def is_over(self, first_failure: datetime, now: datetime) -> bool:
        """Whether an alert that failed first at that time is to be given up."""
        return now - first_failure >= self.give_up

    def disables(self, failing_since: datetime, now: datetime) -> bool:
        """Whether a subscription that has only failed since then is to be disabled."""
        return now - failing_since >= self.disable
