"""What a stream processor has found, in the form in which Rekognition writes it to a Kinesis data stream."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from sightline.gateway.rekognition.matched_face import box_of, face_match

if TYPE_CHECKING:
    from sightline.gateway.rekognition.processor import Processor
    from sightline.v1.alert_service_pb2 import Alert

_PERCENT = 100.0


def stream_record(processor: Processor, alert: Alert, sequence: int) -> dict[str, Any] | None:
    """The record of an alert.

    Args:
        processor: whose camera the alert is of.
        alert: one revision of it.
        sequence: where it lies in the stream of alerts; it stands for the fragment.

    Returns:
        JSON's types. None: nobody in it is as similar as the processor wants, or its person was erased.
    """
    sighting = alert.sighting
    matches = [face_match(each) for each in sighting.candidates if each.similarity >= processor.threshold]
    if alert.HasField("redact_time") or not matches:
        return None
    quality = sighting.quality
    face = {
        "BoundingBox": box_of(sighting.bounding_box),
        "Quality": {"Brightness": quality.brightness * _PERCENT, "Sharpness": quality.sharpness * _PERCENT},
    }
    video = {
        "StreamArn": processor.input_arn,
        "FragmentNumber": str(sequence),
        "ProducerTimestamp": sighting.event_time.ToDatetime(UTC).timestamp(),
        "ServerTimestamp": sighting.frame_time.ToDatetime(UTC).timestamp(),
        "FrameOffsetInSeconds": 0.0,
    }
    return {
        "InputInformation": {"KinesisVideo": video},
        "StreamProcessorInformation": {"Status": "RUNNING"},
        "FaceSearchResponse": [{"DetectedFace": face, "MatchedFaces": matches}],
    }
