"""The demonstration's enrolment photo and video, written to files."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.chassis.errors import FailedPrecondition
from sightline.cli.demo.people import load_people, portrait
from sightline.cli.demo.scene import Scene
from sightline.cli.demo.walks import DURATION_S, HEIGHT, WIDTH, appearances

if TYPE_CHECKING:
    from av.video.stream import VideoStream

FPS = 10


@dataclass(frozen=True)
class DemoMedia:
    """What the demonstration plays.

    Attributes:
        photo: JPEG of the person to enrol.
        video: MP4 of people walking by.
        appearances: when the enrolled person is in the picture, (from, to) in seconds, in order.
        people: names of everybody in the video, the enrolled person first.
    """

    photo: Path
    video: Path
    appearances: list[tuple[float, float]]
    people: list[str]


def make_demo_media(folder: Path) -> DemoMedia:
    """Write photo and video into `folder`; the same each time.

    Raises:
        FailedPrecondition: DEMO_PICTURES_MISSING or VIDEO_ENCODER_MISSING.
    """
    folder.mkdir(parents=True, exist_ok=True)
    people = load_people()
    photo, video = folder / "enrol.jpg", folder / "walk-by.mp4"
    _write_photo(photo)
    _write_video(video, Scene(people))
    return DemoMedia(photo, video, appearances(), [person.name for person in people])


def _write_photo(path: Path) -> None:
    """Write the enrolment photo: another crop, scale, tilt, light and compression than in the video."""
    turn = cv2.getRotationMatrix2D((223.0, 118.0), 5.0, 1.35)
    turn[:, 2] += np.array([200 - 223, 158 - 118])
    picture = cv2.warpAffine(portrait(), turn, (400, 400), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    light = (255 * (np.arange(256) / 255) ** 1.35).astype(np.uint8)  # a darker room
    cv2.imwrite(str(path), _bgr(light[picture]), [cv2.IMWRITE_JPEG_QUALITY, 72])


def _bgr(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(picture[:, :, ::-1])


def _write_video(path: Path, scene: Scene) -> None:
    import av  # noqa: PLC0415 - an extra: only the demonstration needs it

    codec, options = _encoder()
    with av.open(str(path), "w") as container:
        stream = cast("VideoStream", container.add_stream(codec, rate=FPS, options=options))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.thread_count = 1  # the same bytes each time
        for index in range(int(DURATION_S * FPS)):
            frame = av.VideoFrame.from_ndarray(scene.draw(index / FPS), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _encoder() -> tuple[str, dict[str, str]]:
    """Choose H.264, or MPEG-4 part 2 where PyAV was built without x264."""
    import av  # noqa: PLC0415 - an extra: only the demonstration needs it

    for name, options in (("libx264", {"preset": "ultrafast", "crf": "23"}), ("mpeg4", {"qscale": "3"})):
        if name in av.codecs_available:
            return name, options
    raise FailedPrecondition("VIDEO_ENCODER_MISSING", "PyAV has neither libx264 nor mpeg4; install its wheel from PyPI")
