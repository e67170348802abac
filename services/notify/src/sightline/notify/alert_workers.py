"""Who work on alerts: makers of alerts, fetchers of pictures, and those who forget the erased."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from sightline.chassis.handling import one_by_one, per_subject, reading, reading_delivered, side_by_side
from sightline.chassis.receipts import Receipts
from sightline.chassis.topology import (
    NOTIFY,
    NOTIFY_ERASED,
    NOTIFY_EVIDENCE,
    NOTIFY_REFERENCES,
)
from sightline.chassis.worker import Worker
from sightline.notify.alert_erasure import AlertErasure, PersonErasure
from sightline.notify.erasure_lane import ErasureLane
from sightline.notify.evidence_lane import EvidenceLane
from sightline.notify.outbox import BusAlerts, Outbox
from sightline.notify.reference_lane import ReferenceLane
from sightline.notify.sightings import BusSightings
from sightline.notify.tombstones import Tombstones
from sightline.v1.alert_service_pb2 import AlertEvent
from sightline.v1.erasure_service_pb2 import ReceiptEntry
from sightline.v1.events_pb2 import Sighting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from sightline.chassis.bus import Bus
    from sightline.chassis.rounds import Rounds
    from sightline.chassis.worker import WorkerMetrics
    from sightline.notify.alert_book import AlertBook
    from sightline.notify.evidence import Evidence
    from sightline.notify.handler import Alerting
    from sightline.notify.projection import AlertProjection

MAX_BATCH = 16


def alert_workers(
    bus: Bus,
    metrics: WorkerMetrics,
    book: AlertBook,
    alerting: Alerting,
    evidence: Evidence,
    projection: AlertProjection,
) -> tuple[dict[str, Worker], ErasureLane]:
    """By what health calls them; and who hears of erasures."""
    sink, sightings, graveyard = BusAlerts(bus), BusSightings(bus), Tombstones(bus)
    erasure = AlertErasure(book, Outbox(book, sink), evidence, sightings, graveyard)
    lane = EvidenceLane(book, sightings, evidence, sink, erasure)
    references = ReferenceLane(book, evidence, erasure)
    forgetting = ErasureLane(PersonErasure(projection, erasure, Receipts(bus, "notify")), graveyard)
    stages = {
        "sightings": (NOTIFY, per_subject(reading_delivered(Sighting, alerting.handle))),
        "evidence": (NOTIFY_EVIDENCE, side_by_side(reading_delivered(AlertEvent, lane.handle))),
        "references": (NOTIFY_REFERENCES, side_by_side(reading_delivered(AlertEvent, references.handle))),
        "erased": (NOTIFY_ERASED, one_by_one(reading(ReceiptEntry, forgetting.handle))),
    }
    workers = {name: Worker(bus, *stage, metrics, max_batch=MAX_BATCH) for name, stage in stages.items()}
    return workers, forgetting


@asynccontextmanager
async def all_running(workers: Iterable[Worker | Rounds]) -> AsyncIterator[None]:
    """All of them work while the block runs."""
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker.running())
        yield
