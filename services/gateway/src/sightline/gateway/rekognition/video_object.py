"""Where the video of a request lies: in the object store, or in a folder that ingest may read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from sightline.gateway.rekognition.errors import AwsError

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Parameters

FOLDERS = "file"
"""The bucket that stands for the folders of SIGHTLINE_VIDEO_ROOTS; names in it are absolute paths."""


def url_of(video: Parameters) -> str:
    """The URL that ingest reads.

    Raises:
        AwsError: InvalidParameterException; InvalidS3ObjectException, a version is asked for.
    """
    place = video.get("S3Object") or {}
    bucket, name = place.get("Bucket"), place.get("Name")
    if not (bucket and name):
        raise AwsError(
            "InvalidParameterException", "Request has invalid parameters: Video.S3Object needs Bucket and Name."
        )
    if "Version" in place:
        raise invalid_object("Versions of objects are not served: leave Version out, for the newest.")
    if bucket == FOLDERS:
        return f"file:///{quote(name.lstrip('/'))}"
    return f"s3://{bucket}/{name}"


def video_of(url: str, name: str) -> Parameters:
    """The video of a request that would have that URL; of an upload, which has none, its name alone."""
    scheme, _, rest = url.partition("://")
    if scheme == "s3":
        bucket, _, key = rest.partition("/")
        return {"S3Object": {"Bucket": bucket, "Name": key}}
    if scheme == "file":
        return {"S3Object": {"Bucket": FOLDERS, "Name": unquote(rest)}}
    return {"S3Object": {"Name": name}} if name else {}


def invalid_object(why: str) -> AwsError:
    """The error of a video that cannot be had."""
    return AwsError("InvalidS3ObjectException", why)
