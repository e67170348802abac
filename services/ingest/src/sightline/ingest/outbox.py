"""Changes of cameras' states on their way out: written down with the state itself, and sent until EVENTS has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from sightline.chassis import topology
from sightline.chassis.enum_names import enum_word
from sightline.chassis.errors import NotFound, SightlineError
from sightline.chassis.rounds import Rounds
from sightline.v1 import camera_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from sightline.chassis.lease import Publish
    from sightline.ingest.cameras import CameraBook
    from sightline.v1 import events_pb2, records_pb2

log = structlog.get_logger()

PAUSE_S = 0.1
"""Until what was sent is out of the records that are looked at."""
AGAIN_S = 2.0
MOST_UNSENT = 64
"""A camera that comes and goes faster than its changes are sent loses the oldest ones."""


def note_change(record: records_pb2.CameraRecord, before: pb.CameraStatus) -> None:
    """Write down that the state, or its reason, is another one than before; whoever stores the record sends it."""
    status = record.status
    if (status.state, status.reason.reason) == (before.state, before.reason.reason) or not status.state:
        return
    record.changes += 1
    event = record.unsent.add(
        camera_id=record.camera.id,
        name=record.camera.name,
        state=status.state,
        previous_state=before.state,
        change=record.changes,
    )
    if status.HasField("reason"):
        event.reason.CopyFrom(status.reason)
    event.time.GetCurrentTime()
    del record.unsent[:-MOST_UNSENT]


class Outbox:
    """Sends what the records carry. The same change has the same id, however often and by whomever it is sent.

    Args:
        book: the camera records.
        publish: to the broker.
        pending: the records, by camera, whose changes this process is to send now.
    """

    def __init__(
        self, book: CameraBook, publish: Publish, pending: Callable[[], dict[str, records_pb2.CameraRecord]]
    ) -> None:
        self._book = book
        self._publish = publish
        self._pending = pending
        self._rounds = Rounds("outbox", self._look, AGAIN_S, rest=PAUSE_S)

    def wake(self) -> None:
        """Look for changes now."""
        self._rounds.wake()

    def running(self) -> AbstractAsyncContextManager[None]:
        """Sends while the block runs."""
        return self._rounds.running()

    async def _look(self) -> None:
        for camera_id, record in self._pending().items():
            try:
                await self._send(camera_id, record.unsent)
            except NotFound:  # another process was faster
                continue
            except SightlineError as error:
                log.warning("state_not_announced", camera=camera_id, reason=error.reason)
            except Exception:
                log.exception("state_not_announced", camera=camera_id)

    async def _send(self, camera_id: str, unsent: Sequence[events_pb2.CameraEvent]) -> None:
        """Send changes in their order, then take them out of the record."""
        for event in unsent:
            subject = topology.camera_events(enum_word(pb.CameraState, event.state), camera_id)
            await self._publish(subject, event, dedup_id=f"{camera_id}.{event.change}")
        await self._book.forget_changes(camera_id, unsent[-1].change)
