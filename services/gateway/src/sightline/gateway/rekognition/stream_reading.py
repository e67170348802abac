"""Reads what stream processors have found, for whoever asks: from a place in the stream of alerts on, for a while."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sightline.chassis.errors import InvalidInput
from sightline.gateway.rekognition.matched_faces import MatchedFaces
from sightline.gateway.rekognition.services import reasons
from sightline.gateway.rekognition.stream_record import alike, fragment_of, stream_record
from sightline.v1.alert_service_pb2 import WatchAlertsRequest
from sightline.v1.alert_service_pb2_grpc import AlertServiceStub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.gateway.rekognition.call import Call
    from sightline.gateway.rekognition.processor import Processor
    from sightline.v1.alert_service_pb2 import Alert, WatchAlertsResponse

SERVICE = "sightline.v1.AlertService"
MOST_RECORDS = 100
LEAST_WAIT = 0.5
"""For what is there already."""
LONGEST_WAIT = 20.0
# What comes at once belongs in one answer.
_GATHERING_SECONDS = 0.2
PLACE = re.compile(r"t(?P<time>\d{1,13})|s(?P<sequence>\d{1,18})", re.ASCII)
_MILLISECONDS = 1000


@dataclass
class Reading:
    """Records, and where the next reading goes on.

    Attributes:
        after: a place: `s` and a sequence, or `t` and milliseconds since 1970, where nothing has come yet.
        records: in their order, as JSON has them.
    """

    after: str
    records: list[dict[str, Any]]


async def read_records(call: Call, processor: Processor, after: str, wait: float, stop: asyncio.Event) -> Reading:
    """What there is behind that place, or the first that comes within `wait` seconds (0.5 to 20).

    Args:
        call: of whoever asks; they get the alerts that they may see.
        processor: whose records.
        after: a place of an earlier reading; empty: from now on.
        wait: seconds.
        stop: once it is set, there is what has come until then.

    Raises:
        InvalidInput: AFTER_INVALID.
        grpc.aio.AioRpcError: what notify answers.
        SightlineError: what match answers.
    """
    after = after or f"t{round(datetime.now(UTC).timestamp() * _MILLISECONDS)}"
    request = _request(call, processor, after)
    taken: dict[str, tuple[Alert, int]] = {}
    answers = call.upstream.stub(SERVICE, AlertServiceStub).WatchAlerts(request)
    try:
        async with asyncio.timeout(min(max(wait, LEAST_WAIT), LONGEST_WAIT)) as limit, _hurrying(limit, stop):
            async for answer in answers:
                after = f"s{answer.sequence}"
                if not _concerns(processor, answer):
                    continue
                fragment = fragment_of(answer.alert)
                taken.pop(fragment, None)
                taken[fragment] = answer.alert, answer.sequence
                if len(taken) == MOST_RECORDS:
                    break
                if len(taken) == 1:
                    limit.reschedule(asyncio.get_running_loop().time() + _GATHERING_SECONDS)
    except TimeoutError:
        pass
    finally:
        answers.cancel()
    ids = (each.face_id for alert, _ in taken.values() for each in alike(processor, alert))
    faces = await MatchedFaces.of(call, processor.watchlist_id, ids)
    return Reading(after, [_record(processor, alert, sequence, faces) for alert, sequence in taken.values()])


@asynccontextmanager
async def _hurrying(limit: asyncio.Timeout, stop: asyncio.Event) -> AsyncIterator[None]:
    """Time is up as soon as the event is set."""

    async def hurry() -> None:
        await stop.wait()
        with suppress(RuntimeError):  # it is up already
            limit.reschedule(asyncio.get_running_loop().time())

    task = asyncio.create_task(hurry())
    try:
        yield
    finally:
        task.cancel()


def _concerns(processor: Processor, answer: WatchAlertsResponse) -> bool:
    return bool(answer.alert.source == processor.camera_id and alike(processor, answer.alert))


def _record(processor: Processor, alert: Alert, sequence: int, faces: MatchedFaces) -> dict[str, Any]:
    return {"SequenceNumber": str(sequence), "Data": stream_record(processor, alert, faces)}


def _request(call: Call, processor: Processor, after: str) -> WatchAlertsRequest:
    place = PLACE.fullmatch(after)
    if place is None:
        raise InvalidInput(
            "AFTER_INVALID", "`after` is a place that an earlier answer gave; without it one reads from now on."
        )
    request = WatchAlertsRequest(watchlist_id=processor.watchlist_id, **reasons(call))
    if place["sequence"]:
        request.after_sequence = int(place["sequence"])
    else:
        request.since.FromDatetime(datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(place["time"])))
    return request
