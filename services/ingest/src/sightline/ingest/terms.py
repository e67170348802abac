"""What of a camera's record decides how it is read: where that changes, its reading begins anew."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.v1 import records_pb2

# Everything else counts, so that a new field cannot be forgotten.
_BESIDES = ("wanted", "status", "epoch", "changes", "unsent", "suspension", "resume_time")
_BESIDES_OF_CAMERA = (
    "name",
    "location",
    "coordinates",
    "schedule",
    "create_time",
    "update_time",
    "etag",
    "enabled",
    "has_credentials",
)


def reading_terms(record: records_pb2.CameraRecord) -> bytes:
    """Equal for two records that are read in the same way, in the same run."""
    terms = records_pb2.CameraRecord()
    terms.CopyFrom(record)
    for name in _BESIDES:
        terms.ClearField(name)
    for name in _BESIDES_OF_CAMERA:
        terms.camera.ClearField(name)
    return terms.SerializeToString(deterministic=True)


@dataclass(frozen=True, slots=True)
class KnownCamera:
    """A camera's record as it was last heard of, with its terms; to be read, never to be changed."""

    record: records_pb2.CameraRecord
    terms: bytes

    @classmethod
    def read(cls, data: bytes) -> KnownCamera:
        """Out of the entry of bucket `cameras`."""
        record = records_pb2.CameraRecord.FromString(data)
        return cls(record, reading_terms(record))
