"""Cameras are suspended that should be: ingest is asked until it has answered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import structlog
from prometheus_client import Counter

from sightline.chassis.enum_names import enum_name
from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound, SightlineError
from sightline.v1 import camera_service_pb2

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp
    from prometheus_client import CollectorRegistry

    from sightline.notify.source_book import SourceBook
    from sightline.v1 import records_pb2

log = structlog.get_logger()

SUSPENDED, RESUMED, NOT_FOUND = "SUSPENDED", "RESUMED", "CAMERA_NOT_FOUND"


@dataclass(frozen=True)
class Answer:
    """What ingest says: whether the camera is suspended now, and when it was resumed last (None: never)."""

    suspended: bool
    resume_time: Timestamp | None = None


class CameraSuspender(Protocol):
    """Suspends cameras."""

    async def suspend(self, camera_id: str, wish: records_pb2.SuspensionWish) -> Answer:
        """Does so, unless it was resumed after the wish's `since`.

        Raises:
            NotFound: CAMERA_NOT_FOUND, it is a job for example.
            Unavailable: INGEST_UNAVAILABLE.
        """


class Suspending:
    """Takes every wish to ingest, and writes down what came of it."""

    def __init__(self, book: SourceBook, cameras: CameraSuspender, registry: CollectorRegistry) -> None:
        self._book = book
        self._cameras = cameras
        self._suspensions = Counter(
            "sightline_notify_suspensions", "Cameras that were suspended, by reason.", ("reason",), registry=registry
        )

    async def look(self) -> None:
        """One look at all wishes. What fails is found again by the next one."""
        for source in self._book.sources():
            record = self._book.known(source)
            if is_pending(record):
                await self._ask(source, record.suspension)

    async def _ask(self, source: str, wish: records_pb2.SuspensionWish) -> None:
        reason = _word(wish.reason)
        try:
            answer = await self._cameras.suspend(source, wish)
        except (NotFound, InvalidInput, FailedPrecondition) as error:
            answer, outcome = Answer(suspended=False), error.reason
        except SightlineError as error:
            log.warning("camera_not_suspended_yet", source=source, why=reason, reason=error.reason)
            return
        else:
            outcome = SUSPENDED if answer.suspended else RESUMED
        await self._book.change(source, partial(_answered, wish, outcome, answer.resume_time))
        log.warning("camera_suspension", source=source, why=reason, outcome=outcome)
        if answer.suspended:
            self._suspensions.labels(reason).inc()


def ask(wish: records_pb2.SuspensionWish, record: records_pb2.SourceRecord) -> bool:
    """Note in its record that a camera is to be suspended, unless that is being asked already."""
    if is_pending(record):
        return False
    record.suspension.CopyFrom(wish)
    return True


def is_pending(record: records_pb2.SourceRecord) -> bool:
    """Whether a suspension was asked for, and ingest has not answered."""
    return record.HasField("suspension") and not record.suspension.outcome


def _answered(
    wish: records_pb2.SuspensionWish, outcome: str, resumed: Timestamp | None, record: records_pb2.SourceRecord
) -> bool:
    if record.suspension != wish:  # another replica has asked as well
        return False
    record.suspension.outcome = outcome
    if resumed is not None:
        record.resume_time.CopyFrom(resumed)
    return True


def _word(reason: camera_service_pb2.SuspensionReason) -> str:
    """Its name; of one that a newer release gave, its number."""
    return enum_name(camera_service_pb2.SuspensionReason, reason).removeprefix("SUSPENSION_REASON_")
