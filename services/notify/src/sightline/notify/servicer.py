from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.audit import Audited
from sightline.chassis.pages import from_token, page_size, refused_token, to_token
from sightline.chassis.principal import current_reach
from sightline.chassis.streams import until_stopped
from sightline.chassis.tail import last_sequence, tail
from sightline.chassis.topology import ALERTS
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import alert_service_pb2_grpc as grpc_pb

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    from sightline.chassis.audit import Auditor
    from sightline.chassis.bus import Bus
    from sightline.notify.evidence import Evidence
    from sightline.notify.projection import AlertProjection

# The largest number of nanoseconds that SQLite can hold.
LAST_MOMENT = 2**63 - 1


class AlertServicer(grpc_pb.AlertServiceServicer):
    """AlertService: protobuf in and out, every look audited."""

    def __init__(
        self, bus: Bus, projection: AlertProjection, evidence: Evidence, auditor: Auditor, stop: asyncio.Event
    ) -> None:
        self._bus = bus
        self._projection = projection
        self._evidence = evidence
        self._auditor = auditor
        self._stop = stop

    async def ListAlerts(self, request: pb.ListAlertsRequest, _: Any) -> pb.ListAlertsResponse:
        """See the contract."""
        what = Audited("alerts.list", "watchlist", request.watchlist_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            size = page_size(request.page_size)
            before = _from_token(request.page_token)
            found = self._projection.page(request.watchlist_id, request.source, before, size + 1, current_reach())
        token = _to_token(found[size - 1]) if len(found) > size else ""
        return pb.ListAlertsResponse(alerts=found[:size], next_page_token=token)

    async def WatchAlerts(self, request: pb.WatchAlertsRequest, _: Any) -> AsyncIterator[pb.WatchAlertsResponse]:
        """See the contract."""
        reach = current_reach()
        what = Audited("alerts.watch", "watchlist", request.watchlist_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            after = request.after_sequence or await last_sequence(self._bus, ALERTS)
        async for record in until_stopped(tail(self._bus, ALERTS, after=after), self._stop):
            alert = pb.AlertEvent.FromString(record.data).alert
            within = alert.watchlist_id in reach.watchlists and alert.source in reach.cameras
            if within and request.watchlist_id in {"", alert.watchlist_id}:
                yield pb.WatchAlertsResponse(alert=alert, sequence=record.sequence)

    async def GetAlertEvidence(self, request: pb.GetAlertEvidenceRequest, _: Any) -> pb.GetAlertEvidenceResponse:
        """See the contract."""
        what = Audited("alerts.get_evidence", "alert", request.alert_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            alert = await self._projection.find(request.alert_id)
            if alert is None:
                raise self._projection.missing(request.alert_id)
            picture = await self._evidence.get(alert.id)
        return pb.GetAlertEvidenceResponse(picture=picture, kind=alert.evidence)


def _to_token(alert: pb.Alert) -> str:
    return to_token(f"{alert.create_time.ToNanoseconds()}/{alert.id}")


def _from_token(token: str) -> tuple[int, str] | None:
    if not token:
        return None
    try:
        created, alert_id = from_token(token).split("/")
        return max(0, min(int(created), LAST_MOMENT)), alert_id
    except ValueError as error:
        raise refused_token() from error
