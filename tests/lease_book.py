"""What the broker says of who reads which camera."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nats.js.errors import NotFoundError

from sightline.chassis.topology import CAMERAS, LEASES
from sightline.v1 import events_pb2, records_pb2

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus


class LeaseBook:
    """Leases, records and events as they lie on the broker."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def lease(self, camera_id: str) -> records_pb2.Lease | None:
        """The lease of a camera, if anybody has it."""
        try:
            return records_pb2.Lease.FromString((await (await self._bus.bucket(LEASES)).get(camera_id)).value or b"")
        except NotFoundError:
            return None

    async def record(self, camera_id: str) -> records_pb2.CameraRecord:
        """The record of a camera."""
        return records_pb2.CameraRecord.FromString(
            (await (await self._bus.bucket(CAMERAS)).get(camera_id)).value or b""
        )

    async def shares(self, camera_ids: list[str]) -> Counter[str]:
        """How many of these cameras each process holds, by its address; "" for those that nobody holds."""
        leases = [await self.lease(camera_id) for camera_id in camera_ids]
        return Counter(lease.address if lease else "" for lease in leases)

    async def faces(self) -> list[events_pb2.FaceEvent]:
        """The face events of cameras, in the order in which they came to the broker."""
        return [events_pb2.FaceEvent.FromString(data) for _, data in await self._messages("FACES_LIVE")]

    async def changes(self, camera_id: str) -> list[tuple[str, events_pb2.CameraEvent]]:
        """The changes of a camera's state that were announced, with their subjects."""
        messages = await self._messages("EVENTS")
        return [
            (subject, events_pb2.CameraEvent.FromString(data))
            for subject, data in messages
            if subject.startswith("sightline.events.camera.") and subject.endswith(camera_id)
        ]

    async def _messages(self, stream: str) -> list[tuple[str, bytes]]:
        state = (await self._bus.js.stream_info(stream)).state
        found = []
        for sequence in range(state.first_seq, state.last_seq + 1):
            try:
                message = await self._bus.js.get_msg(stream, sequence)
            except NotFoundError:
                continue
            found.append((message.subject or "", message.data or b""))
        return found
