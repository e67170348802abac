"""The demonstration's video in the form in which cameras send pictures."""

from fractions import Fraction
from pathlib import Path

import av

from sightline.chassis.errors import FailedPrecondition

# No pictures out of order, each begun by a delimiter, a key picture every second with the parameters before it.
_X264 = "aud=1:repeat-headers=1:bframes=0:log=none"


def write_camera_clip(video: Path, clip: Path, fps: int) -> None:
    """Write the pictures of `video` as H.264 in Annex B form.

    Raises:
        FailedPrecondition: VIDEO_ENCODER_MISSING.
    """
    if "libx264" not in av.codecs_available:
        raise FailedPrecondition("VIDEO_ENCODER_MISSING", "PyAV has no libx264; install its wheel from PyPI")
    encoder = av.CodecContext.create("libx264", "w")
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "x264-params": f"keyint={fps}:{_X264}"}
    encoder.time_base, encoder.framerate, encoder.pix_fmt = Fraction(1, fps), Fraction(fps), "yuv420p"
    with av.open(str(video)) as source, clip.open("wb") as out:
        for number, frame in enumerate(source.decode(video=0)):
            if not number:
                encoder.width, encoder.height = frame.width, frame.height
            # Times and kinds of pictures are the camera's own, not the file's.
            frame.pts, frame.time_base, frame.pict_type = number, encoder.time_base, 0
            out.writelines(bytes(packet) for packet in encoder.encode(frame))
        out.writelines(bytes(packet) for packet in encoder.encode(None))
