"""The pictures that show why: the frame, the face, and the one that it resembles, kept as long as the alert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import grpc
import structlog

from sightline.chassis.errors import NotFound, SightlineError
from sightline.chassis.rpc import from_rpc_error, open_channel
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import evidence_service_pb2
from sightline.v1.evidence_service_pb2_grpc import EvidenceServiceStub

if TYPE_CHECKING:
    from sightline.chassis.rpc import Credentials
    from sightline.notify.sealed_pictures import SealedPictures
    from sightline.v1 import events_pb2

log = structlog.get_logger()


class EnrolledPictures(Protocol):
    """Who has the pictures of enrolled faces."""

    async def picture(self, watchlist_id: str, face_id: str) -> bytes:
        """What was kept of a face's picture (JPEG). Raises SightlineError where it cannot be had."""


class Evidence:
    """An EvidenceKeeper (of sightline.notify.evidence_lane), and a ReferenceKeeper."""

    def __init__(
        self, pictures: SealedPictures, enrolled: EnrolledPictures, credentials: Credentials, timeout: float
    ) -> None:
        """`credentials` are shown to replicas of ingest, who have `timeout` seconds to answer."""
        self._pictures = pictures
        self._enrolled = enrolled
        self._credentials = credentials
        self._timeout = timeout

    async def keep(self, alert_id: str, sighting: events_pb2.Sighting) -> pb.EvidenceKind:
        """See EvidenceKeeper."""
        try:
            picture, kind = await self._snapshot(sighting), pb.EVIDENCE_KIND_SNAPSHOT
        except SightlineError as error:
            log.info("evidence_unavailable", alert=alert_id, reason=error.reason)
            picture, kind = sighting.crop, pb.EVIDENCE_KIND_CROP
        person_id = sighting.candidates[0].person_id
        await self._pictures.put(alert_id, person_id, picture)
        await self._pictures.put(_probe(alert_id), person_id, sighting.crop)
        return kind

    async def keep_reference(self, alert_id: str, watchlist_id: str, best: events_pb2.Candidate) -> None:
        """See ReferenceKeeper (of sightline.notify.reference_lane)."""
        try:
            picture = await self._enrolled.picture(watchlist_id, best.face_id)
        except SightlineError as error:
            log.info("reference_unavailable", alert=alert_id, reason=error.reason)
            # That of an earlier sighting would be of another face.
            await self._pictures.delete(_reference(alert_id))
            return
        await self._pictures.put(_reference(alert_id), best.person_id, picture)

    async def get(self, alert_id: str) -> bytes:
        """The picture (JPEG) of an alert. Raises NotFound EVIDENCE_NOT_FOUND, Unavailable EVIDENCE_UNREADABLE."""
        return await self._pictures.get(alert_id)

    async def probe(self, alert_id: str) -> bytes:
        """The face that was matched (JPEG); empty where there is none. Raises Unavailable EVIDENCE_UNREADABLE."""
        return await self._pictures.find(_probe(alert_id))

    async def reference(self, alert_id: str) -> bytes:
        """The enrolled face (JPEG); empty where there is none. Raises Unavailable EVIDENCE_UNREADABLE."""
        return await self._pictures.find(_reference(alert_id))

    async def discard(self, alert_id: str, person_id: str) -> None:
        """See EvidenceKeeper."""
        await self.forget(person_id)
        await self.delete(alert_id)

    async def delete(self, alert_id: str) -> int:
        """Removes all pictures of an alert, and returns how many there were."""
        names = (alert_id, _probe(alert_id), _reference(alert_id))
        return sum([await self._pictures.delete(name) for name in names])

    async def forget(self, person_id: str) -> None:
        """Makes all pictures of alerts on a person unreadable, for good."""
        await self._pictures.forget(person_id)

    async def _snapshot(self, sighting: events_pb2.Sighting) -> bytes:
        if not sighting.evidence_address:
            raise NotFound("EVIDENCE_NOT_KEPT", "The source keeps no frames.")
        request = evidence_service_pb2.GetEvidenceRequest(track_id=sighting.track_id, purpose="alert")
        async with open_channel(sighting.evidence_address, self._credentials) as channel:
            try:
                response = await EvidenceServiceStub(channel).GetEvidence(request, timeout=self._timeout)
            except grpc.aio.AioRpcError as error:
                raise from_rpc_error(error, "ingest") from error
        return bytes(response.snapshot)


def _probe(alert_id: str) -> str:
    return f"{alert_id}.probe"


def _reference(alert_id: str) -> str:
    return f"{alert_id}.reference"
