"""How many watchlists raise no alerts, for want of a threshold or of their model: what people have to see at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import structlog
from prometheus_client import Gauge

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.rounds import Rounds

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from prometheus_client import CollectorRegistry

    from sightline.match.projection import GalleryProjection
    from sightline.match.thresholds import Thresholds

log = structlog.get_logger()

LOOK_EVERY = 10.0


class AlertsOff:
    """A gauge by reason, which is not there while all watchlists raise alerts; a change is logged."""

    def __init__(self, registry: CollectorRegistry, projection: GalleryProjection, thresholds: Thresholds) -> None:
        text = "Watchlists that raise no alerts: no threshold for their target, or another model's."
        self._gauge = Gauge("sightline_match_alerts_off", text, ["reason"], registry=registry)
        self._projection = projection
        self._thresholds = thresholds
        self._said: Counter[str] = Counter()

    def look(self) -> None:
        """Counts them."""
        found: Counter[str] = Counter()
        message = ""
        for watchlist in self._projection.watchlists():
            try:
                self._thresholds.of(watchlist)
            except FailedPrecondition as error:
                found[error.reason] += 1
                message = error.message
        self._gauge.clear()
        for reason, count in found.items():
            self._gauge.labels(reason).set(count)
        if found != self._said:
            self._say(found, message)
        self._said = found

    def watching(self) -> AbstractAsyncContextManager[None]:
        """Counts them again and again while the block runs."""
        return Rounds("alerts off", self._look, LOOK_EVERY).running()

    async def _look(self) -> None:
        self.look()

    def _say(self, found: Counter[str], message: str) -> None:
        if found:
            log.error("watchlists_without_alerts", counts=dict(found), detail=message)
        else:
            log.info("alerts_on")
