"""One picture of a source, for setting up a camera."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from sightline.chassis.errors import Unavailable
from sightline.chassis.picture import encode_jpeg
from sightline.ingest.camera_source import admit_camera
from sightline.ingest.camera_viewing import viewing_of
from sightline.ingest.frames import open_frames

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sightline.ingest.credentials import Credentials
    from sightline.ingest.source import Source, SourceRules
    from sightline.ingest.viewing import Viewing
    from sightline.v1 import camera_service_pb2 as pb

WITHIN_S = 15.0
_JPEG_QUALITY = 90


async def take_snapshot(
    camera: pb.Camera, rules: SourceRules, credentials: Credentials, within_s: float = WITHIN_S
) -> bytes:
    """The first frame that the source gives, as JPEG, its privacy masks painted over.

    Raises:
        InvalidInput: as `admit_camera`; VIDEO_UNREADABLE, DECODER_MEMORY.
        Unavailable: CAMERA_UNREACHABLE, CAMERA_REFUSED, CAMERA_CERTIFICATE, CAMERA_REDIRECTED, CAMERA_SILENT,
            DECODER_DIED.
    """
    source = await admit_camera(camera, rules, credentials)
    viewing = replace(viewing_of(camera, live=source.live), motion_gate=False)
    try:
        async with asyncio.timeout(within_s):
            picture = await _first_picture(source, viewing)
    except TimeoutError as error:
        raise _silent(source, within_s) from error
    return await asyncio.to_thread(encode_jpeg, picture, _JPEG_QUALITY)


async def _first_picture(source: Source, viewing: Viewing) -> NDArray[np.uint8]:
    async with open_frames(source, viewing) as stream, aclosing(aiter(stream)) as frames:
        return (await anext(frames)).picture


def _silent(source: Source, within_s: float) -> Unavailable:
    return Unavailable(
        "CAMERA_SILENT", f"{source.shown} gave no picture within {within_s:.0f} s; check the camera and its network"
    )
