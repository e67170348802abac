"""What a stream processor watches: its input's ARN names a camera, or says where one is."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from sightline.chassis.ids import is_id
from sightline.gateway.rekognition.errors import AwsError

_BEFORE_RESOURCE = 5
_KIND = "stream/"
_SCHEMES = ("rtsp://", "rtsps://", "http://", "https://")


class StreamInput(NamedTuple):
    """A camera by its id, or the URL of one that is to be made; one of the two is empty."""

    camera_id: str
    url: str


def read_input(arn: str) -> StreamInput:
    """Takes the ARN of a Kinesis video stream apart: `…:stream/<camera id>/<whatever>`, or `…:stream/rtsp://host/path`.

    A URL may stand there as it is or percent-encoded. User and password do not belong in it: ARNs are shown.

    Raises:
        AwsError: InvalidParameterException.
    """
    name = arn.split(":", _BEFORE_RESOURCE)[-1].removeprefix(_KIND)
    first = name.partition("/")[0]
    if is_id(first):
        return StreamInput(first, "")
    url = name if name.startswith(_SCHEMES) else unquote(name)
    if url.startswith(_SCHEMES):
        return StreamInput("", url)
    raise AwsError(
        "InvalidParameterException",
        "Request has invalid parameters: there is no Kinesis. The name of the input's stream has to be a camera's id "
        "(`sightline cameras list`), or a URL, as in arn:aws:kinesisvideo:us-east-1:000000000000:stream/rtsp://host/path.",
    )
