"""The picture that shows why: fetched from the ingest replica that saw it, and kept as long as the alert."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
import structlog
from nats.js.errors import ObjectDeletedError, ObjectNotFoundError

from sightline.chassis.bus import broker_errors
from sightline.chassis.errors import NotFound, SightlineError, Unavailable
from sightline.chassis.rpc import from_rpc_error, open_channel
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import evidence_service_pb2
from sightline.v1.evidence_service_pb2_grpc import EvidenceServiceStub

if TYPE_CHECKING:
    from nats.js.object_store import ObjectStore

    from sightline.chassis.rpc import Credentials
    from sightline.v1 import events_pb2

log = structlog.get_logger()

READ_TIMEOUT = 10.0


class Evidence:
    """An EvidenceKeeper (of sightline.notify.evidence_lane) on the `evidence` object store."""

    def __init__(self, store: ObjectStore, credentials: Credentials, timeout: float) -> None:
        self._store = store
        self._credentials = credentials
        self._timeout = timeout

    async def keep(self, alert_id: str, sighting: events_pb2.Sighting) -> pb.EvidenceKind:
        """See EvidenceKeeper."""
        try:
            picture, kind = await self._snapshot(sighting), pb.EVIDENCE_KIND_SNAPSHOT
        except SightlineError as error:
            log.info("evidence_unavailable", alert=alert_id, reason=error.reason)
            picture, kind = sighting.crop, pb.EVIDENCE_KIND_CROP
        await self._store.put(alert_id, picture)
        return kind

    async def get(self, alert_id: str) -> bytes:
        """The picture (JPEG) of an alert. Raises NotFound EVIDENCE_NOT_FOUND, Unavailable EVIDENCE_UNREADABLE."""
        try:
            # nats-py waits for ever for a piece that has aged out before its description.
            found = await asyncio.wait_for(self._store.get(alert_id), READ_TIMEOUT)
        except ObjectNotFoundError as error:
            raise NotFound("EVIDENCE_NOT_FOUND", "There is no picture of this alert, or not any more.") from error
        except TimeoutError as error:
            raise Unavailable("EVIDENCE_UNREADABLE", "The picture does not come: try again soon.") from error
        return found.data or b""

    async def forget(self, alert_id: str) -> None:
        """Deletes an alert's picture, if there is one. Raises Unavailable BROKER_UNAVAILABLE."""
        with broker_errors():
            try:
                await self._store.delete(alert_id)
            except (ObjectNotFoundError, ObjectDeletedError):
                return

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
