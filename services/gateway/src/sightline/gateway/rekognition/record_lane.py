"""What stream processors find, said on the broker: of the alerts that may leave the system, as notify says it.

Those lie on the public topics, once they are confirmed or where nobody is asked for a review. So nothing is said here
that is not said there, and nothing of an alert that waits for its review.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sightline.chassis import topology, tracing
from sightline.chassis.errors import SightlineError
from sightline.gateway.rekognition.matched_faces import MatchedFaces
from sightline.gateway.rekognition.stream_record import alike, stream_record
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.chassis.handling import Outcome
    from sightline.chassis.lease import Publish
    from sightline.gateway.rekognition.processor import Processor, Processors
    from sightline.v1.alert_service_pb2 import Alert, AlertEvent


class RecordLane:
    """Makes records of alerts.

    Args:
        processors: all that there are.
        publish: to the broker.
    """

    def __init__(self, processors: Processors, publish: Publish) -> None:
        self._processors = processors
        self._publish = publish

    async def handle(self, events: Sequence[AlertEvent], spans: Sequence[tracing.Span]) -> list[Outcome]:
        """Handles changes of alerts, each in its span, as often as they come; gives an outcome for each."""
        processors = {each.camera_id: each for each in await self._processors.all()}
        outcomes = []
        for event, span in zip(events, spans, strict=True):
            processor = processors.get(event.alert.source)
            with tracing.within(span):
                outcomes.append(await self._say(processor, event.alert) if processor else None)
        return outcomes

    async def _say(self, processor: Processor, alert: Alert) -> Outcome:
        if not _concerns(processor, alert):
            return None
        record = stream_record(processor, alert, MatchedFaces({}))
        message = events_pb2.StreamProcessorRecord(
            stream_processor=processor.name,
            alert_id=alert.id,
            data=json.dumps(record, separators=(",", ":")),
            time=alert.sighting.event_time,
        )
        subject = topology.stream_records(alert.watchlist_id, alert.source)
        sighting = alert.sighting
        try:
            await self._publish(subject, message, dedup_id=f"{processor.id}.{sighting.id}.{sighting.revision}")
        except SightlineError as error:
            return error
        return None


def _concerns(processor: Processor, alert: Alert) -> bool:
    """Whether it is of the processor's collection, similar enough, and was raised since the processor was made."""
    made = processor.create_time <= alert.create_time.ToNanoseconds() / 1e9
    return made and alert.watchlist_id == processor.watchlist_id and bool(alike(processor, alert))
