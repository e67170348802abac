"""AuditService: the trail itself; whoever reads it is in it."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from sightline.chassis.audit import Audited
from sightline.chassis.streams import until_stopped
from sightline.chassis.tail import tail
from sightline.v1 import audit_service_pb2 as pb
from sightline.v1 import audit_service_pb2_grpc as grpc_pb
from sightline.v1.events_pb2 import AuditEvent

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    from sightline.chassis.audit import Auditor
    from sightline.chassis.bus import Bus

STREAM = "AUDIT"


class AuditServicer(grpc_pb.AuditServiceServicer):
    """Serves AuditService; see the contract."""

    def __init__(self, bus: Bus, auditor: Auditor, stop: asyncio.Event) -> None:
        self._bus = bus
        self._auditor = auditor
        self._stop = stop

    async def WatchAudit(self, request: pb.WatchAuditRequest, _: Any) -> AsyncIterator[pb.WatchAuditResponse]:
        """See the contract."""
        what = Audited("audit.read", "subject", request.subject_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            what.detail = f"after {request.after_sequence}, action '{request.action}'"
            # Looked up before this reading is recorded: an answer that does not go on shows what was there before.
            last = await self._last()
        if not request.follow and request.after_sequence >= last:
            return
        records = until_stopped(tail(self._bus, STREAM, after=request.after_sequence), self._stop)
        async with aclosing(records):
            async for record in records:
                event = AuditEvent.FromString(record.data)
                if _is_asked_for(event, request):
                    yield pb.WatchAuditResponse(event=event, sequence=record.sequence)
                if not request.follow and record.sequence >= last:
                    return

    async def _last(self) -> int:
        """The sequence of the last entry; 0 where there is none, also where there was and it is too old."""
        state = (await self._bus.js.stream_info(STREAM)).state
        return state.last_seq if state.messages else 0


def _is_asked_for(event: AuditEvent, request: pb.WatchAuditRequest) -> bool:
    return request.subject_id in {"", event.principal} and event.action.startswith(request.action)
