"""How the index is, for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Gauge

from sightline.chassis.rounds import Rounds

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from prometheus_client import CollectorRegistry

    from sightline.match.index import FaceIndex
    from sightline.match.index_status import IndexStatus

LOOK_EVERY = 10.0


class IndexMetrics:
    """Gauges; a share that was never measured is not there."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._faces = Gauge("sightline_index_faces", "Faces in the index.", registry=registry)
        self._slow = Gauge("sightline_index_unindexed", "Faces that came after the last build.", registry=registry)
        self._pending = Gauge(
            "sightline_index_pending_deletions", "Deleted faces whose vectors are still on the disk.", registry=registry
        )
        self._failing = Gauge("sightline_index_build_failing", "1 while the last build failed.", registry=registry)
        self._seconds: Gauge | None = None
        self._recall: Gauge | None = None

    def show(self, status: IndexStatus) -> None:
        """Sets them."""
        self._faces.set(status.size)
        self._slow.set(status.size - status.indexed)
        self._pending.set(status.pending_deletions)
        self._failing.set(bool(status.last_error))
        if status.built is not None:
            self._seconds = self._seconds or Gauge(
                "sightline_index_build_seconds", "Duration of the last build.", registry=self._registry
            )
            self._seconds.set(status.built.seconds)
            if status.built.mate_recall is not None:
                self._recall = self._recall or Gauge(
                    "sightline_index_mate_recall",
                    "Share of enrolled people's probes for which the index gives first what exact search does.",
                    registry=self._registry,
                )
                self._recall.set(status.built.mate_recall)

    def watching(self, index: FaceIndex) -> AbstractAsyncContextManager[None]:
        """Sets them again and again while the block runs."""

        async def look() -> None:
            self.show(await index.status())

        return Rounds("index metrics", look, LOOK_EVERY).running()
