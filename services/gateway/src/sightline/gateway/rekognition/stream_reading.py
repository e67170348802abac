"""Reads what stream processors have found, for whoever asks: from a place in the stream of alerts on, for a while."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sightline.chassis.errors import InvalidInput
from sightline.gateway.rekognition.stream_record import stream_record
from sightline.v1.alert_service_pb2 import WatchAlertsRequest
from sightline.v1.alert_service_pb2_grpc import AlertServiceStub

if TYPE_CHECKING:
    from sightline.gateway.rekognition.processor import Processor
    from sightline.gateway.upstream import Upstream

SERVICE = "sightline.v1.AlertService"
MOST_RECORDS = 100
LONGEST_WAIT = 20.0
# What comes at once belongs in one answer.
_GATHERING_SECONDS = 0.2
_TIME = "t"
_SEQUENCE = "s"


@dataclass
class Reading:
    """Records, and where the next reading goes on.

    Attributes:
        records: in their order, with their sequences.
        after: a place: `s` and a sequence, or `t` and milliseconds since 1970, where nothing has come yet.
    """

    after: str
    records: list[dict[str, Any]] = field(default_factory=list)


async def read_records(
    upstream: Upstream, processor: Processor, after: str, wait: float, purpose: str, case_reference: str
) -> Reading:
    """What there is behind that place, or the first that comes within `wait` seconds.

    Args:
        upstream: whose alerts; the call is the caller's own.
        processor: whose records.
        after: a place of an earlier reading; empty: from now on.
        wait: seconds; at most LONGEST_WAIT.
        purpose: why; part of the audit trail.
        case_reference: the case it belongs to.

    Raises:
        InvalidInput: AFTER_INVALID.
        grpc.aio.AioRpcError: what notify answers.
    """
    request = WatchAlertsRequest(watchlist_id=processor.watchlist_id, purpose=purpose, case_reference=case_reference)
    reading = Reading(after or f"{_TIME}{round(datetime.now(UTC).timestamp() * 1000)}")
    _begin(request, reading.after)
    alerts = upstream.stub(SERVICE, AlertServiceStub).WatchAlerts(request)
    try:
        async with asyncio.timeout(min(wait, LONGEST_WAIT)) as limit:
            async for answer in alerts:
                _take(reading, processor, answer.alert, answer.sequence)
                if len(reading.records) >= MOST_RECORDS:
                    break
                if reading.records:
                    soon = asyncio.get_running_loop().time() + _GATHERING_SECONDS
                    limit.reschedule(min(soon, limit.when() or soon))
    except TimeoutError:
        pass
    finally:
        alerts.cancel()
    return reading


def _take(reading: Reading, processor: Processor, alert: Any, sequence: int) -> None:
    reading.after = f"{_SEQUENCE}{sequence}"
    record = stream_record(processor, alert, sequence) if alert.source == processor.camera_id else None
    if record is not None:
        reading.records.append({"SequenceNumber": str(sequence), "Data": record})


def _begin(request: WatchAlertsRequest, after: str) -> None:
    kind, number = after[:1], after[1:]
    if kind not in {_TIME, _SEQUENCE} or not (number.isascii() and number.isdigit()) or len(number) > 15:  # noqa: PLR2004
        raise InvalidInput(
            "AFTER_INVALID", "`after` is a place that an earlier answer gave: leave it out, for from now on."
        )
    if kind == _SEQUENCE:
        request.after_sequence = int(number)
    else:
        request.since.FromDatetime(datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(number)))
