"""How often people dismissed what was alerted about."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

LEAST_TOLD = 20
"""Of fewer settled alerts no share is told: its interval would leave everything open."""
_Z = 1.959963984540054
"""95 % of a normal distribution lie within so many standard deviations."""


class Share(NamedTuple):
    """A share that was counted, and the interval in which the true one lies with 95 % confidence."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Decided:
    """How many alerts people confirmed and dismissed; of a source, a watchlist and a threshold where they are named.

    `threshold` is in thousandths of a cosine.
    """

    confirmed: int
    dismissed: int
    source: str = ""
    watchlist: str = ""
    threshold: int = 0

    @property
    def settled(self) -> int:
        """How many they decided about."""
        return self.confirmed + self.dismissed

    @property
    def dismissed_share(self) -> Share | None:
        """The share of false alarms; None where too few were settled to tell."""
        return wilson(self.dismissed, self.settled) if self.settled >= LEAST_TOLD else None


def wilson(part: int, whole: int) -> Share:
    """The share of `part` in `whole` (not 0) with its score interval.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927): it holds also
    for few cases and for shares near 0 and 1.
    """
    share, z2 = part / whole, _Z * _Z
    scale = 1 + z2 / whole
    middle = (share + z2 / (2 * whole)) / scale
    half = _Z / scale * math.sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole))
    return Share(share, max(0.0, middle - half), min(1.0, middle + half))
