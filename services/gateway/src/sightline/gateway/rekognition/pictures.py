"""Pictures of requests: bytes of a JPEG or PNG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.gateway.rekognition.errors import AwsError
from sightline.v1 import face_pb2

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Parameters

NO_PICTURE = "Request has invalid image format: send a JPEG or PNG file, whose header is not damaged."
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


def picture(image: Parameters) -> face_pb2.Image:
    """Ours of an Image with Bytes, which were sent or fetched. Raises AwsError InvalidImageFormatException."""
    if not image["Bytes"].startswith(_BEGINNINGS):
        raise AwsError("InvalidImageFormatException", NO_PICTURE)
    return face_pb2.Image(encoded=image["Bytes"])
