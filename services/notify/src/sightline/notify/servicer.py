from __future__ import annotations

from contextlib import aclosing
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sightline.chassis.audit import Audited
from sightline.chassis.enum_names import enum_name
from sightline.chassis.errors import Unavailable
from sightline.chassis.pages import from_token, page_size, refused_token, to_token
from sightline.chassis.principal import current_principal, current_reach
from sightline.chassis.streams import until_stopped
from sightline.notify.alert_filter import LAST_MOMENT, AlertFilter
from sightline.notify.alert_states import is_redacted, shown
from sightline.notify.decision_rows import DecidedFilter
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import alert_service_pb2_grpc as grpc_pb

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    from sightline.chassis.audit import Auditor
    from sightline.notify.evidence import Evidence
    from sightline.notify.false_alarms import Decided
    from sightline.notify.feed import AlertFeed
    from sightline.notify.presence import Presence
    from sightline.notify.projection import AlertProjection
    from sightline.notify.reviewing import Reviewing

MOST_RATES = 1000


class AlertServicer(grpc_pb.AlertServiceServicer):
    """AlertService: protobuf in and out, every look audited."""

    def __init__(
        self,
        projection: AlertProjection,
        feed: AlertFeed,
        reviewing: Reviewing,
        evidence: Evidence,
        presence: Presence,
        auditor: Auditor,
        stop: asyncio.Event,
    ) -> None:
        self._projection = projection
        self._feed = feed
        self._reviewing = reviewing
        self._evidence = evidence
        self._presence = presence
        self._auditor = auditor
        self._stop = stop

    async def ListAlerts(self, request: pb.ListAlertsRequest, _: Any) -> pb.ListAlertsResponse:
        """See the contract."""
        what = Audited("alerts.list", "watchlist", request.watchlist_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            size, wanted = page_size(request.page_size), _filter(request)
            if request.collapse_storms:
                found = self._projection.collapsed(wanted, size + 1)
            else:
                found = [(alert, 1) for alert in self._projection.page(wanted, size + 1)]
        token = _to_token(found[size - 1][0]) if len(found) > size else ""
        alerts = [shown(alert) for alert, _ in found[:size]]
        sizes = {alert.storm_id: size for alert, size in found[:size] if alert.storm_id and request.collapse_storms}
        return pb.ListAlertsResponse(alerts=alerts, next_page_token=token, storm_sizes=sizes)

    async def GetAlert(self, request: pb.GetAlertRequest, _: Any) -> pb.GetAlertResponse:
        """See the contract."""
        what = Audited("alerts.get", "alert", request.alert_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            return pb.GetAlertResponse(alert=shown(await self._found(request.alert_id)))

    async def WatchAlerts(self, request: pb.WatchAlertsRequest, _: Any) -> AsyncIterator[pb.WatchAlertsResponse]:
        """See the contract."""
        reach = current_reach()
        what = Audited("alerts.watch", "watchlist", request.watchlist_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            since = request.since.ToDatetime(UTC) if request.HasField("since") else None
            after = await self._feed.start(request.after_sequence, since)
            await self._projection.caught_up()
        async with aclosing(until_stopped(self._feed.watch(after), self._stop)) as answers:
            async for answer in answers:
                alert = answer.alert
                if reach.has(alert.watchlist_id, alert.source) and request.watchlist_id in {"", alert.watchlist_id}:
                    # Whoever was erased since it was said is not named any more.
                    yield pb.WatchAlertsResponse(alert=await self._presence.of(alert), sequence=answer.sequence)

    async def GetAlertEvidence(self, request: pb.GetAlertEvidenceRequest, _: Any) -> pb.GetAlertEvidenceResponse:
        """See the contract."""
        what = Audited("alerts.get_evidence", "alert", request.alert_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            alert = await self._found(request.alert_id)
            if not alert.evidence and not is_redacted(alert):
                raise Unavailable("EVIDENCE_NOT_YET", "Its picture is being fetched: ask again in a moment.")
            return pb.GetAlertEvidenceResponse(
                picture=await self._evidence.get(alert.id),
                kind=alert.evidence,
                probe=await self._evidence.probe(alert.id),
                reference=await self._evidence.reference(alert.id),
            )

    async def ReviewAlert(self, request: pb.ReviewAlertRequest, _: Any) -> pb.ReviewAlertResponse:
        """See the contract."""
        what = Audited("alerts.review", "alert", request.alert_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            what.detail = enum_name(pb.ReviewDecision, request.decision)
            review = pb.Review(
                reviewer=current_principal().subject,
                decision=request.decision,
                reason=request.reason,
                confidence=request.confidence,
            )
            alert = await self._reviewing.review(request.alert_id, review, request.etag)
        return pb.ReviewAlertResponse(alert=alert)

    async def GetFalseAlarmRates(self, request: pb.GetFalseAlarmRatesRequest, _: Any) -> pb.GetFalseAlarmRatesResponse:
        """See the contract."""
        what = Audited("alerts.rates", "watchlist", request.watchlist_id, request.purpose, request.case_reference)
        async with self._auditor.audit(what):
            wanted = DecidedFilter(current_reach(), request.watchlist_id, request.source, *_period(request))
            rates = [_rate(each) for each in self._projection.decided(wanted, MOST_RATES)]
            total = _rate(self._projection.decided_in_all(wanted))
        return pb.GetFalseAlarmRatesResponse(rates=rates, total=total)

    async def _found(self, alert_id: str) -> pb.Alert:
        alert = await self._projection.find(alert_id)
        if alert is None:
            raise self._projection.missing(alert_id)
        return alert


def _filter(request: pb.ListAlertsRequest) -> AlertFilter:
    return AlertFilter(
        current_reach(),
        request.watchlist_id,
        request.source,
        request.person_id,
        request.storm_id,
        request.states,
        *_period(request),
        _from_token(request.page_token),
    )


def _period(request: pb.ListAlertsRequest | pb.GetFalseAlarmRatesRequest) -> tuple[int, int]:
    since = request.since.ToNanoseconds() if request.HasField("since") else 0
    until = request.until.ToNanoseconds() if request.HasField("until") else LAST_MOMENT
    return min(max(0, since), LAST_MOMENT), min(max(0, until), LAST_MOMENT)


def _rate(decided: Decided) -> pb.FalseAlarmRate:
    share = decided.dismissed_share
    return pb.FalseAlarmRate(
        source=decided.source,
        watchlist_id=decided.watchlist,
        threshold=decided.threshold / 1000,
        confirmed=decided.confirmed,
        dismissed=decided.dismissed,
        dismissed_share=pb.ShareEstimate(**share._asdict()) if share else None,
    )


def _to_token(alert: pb.Alert) -> str:
    return to_token(f"{alert.create_time.ToNanoseconds()}/{alert.id}")


def _from_token(token: str) -> tuple[int, str]:
    if not token:
        return LAST_MOMENT, ""
    try:
        created, alert_id = from_token(token).split("/")
        return max(0, min(int(created), LAST_MOMENT)), alert_id
    except ValueError as error:
        raise refused_token() from error
