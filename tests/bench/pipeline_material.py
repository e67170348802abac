"""What the pipeline is measured with: people who walk through a picture, made of the shared portraits.

One lane always has somebody in it, the other one half of the time: 1.5 faces a frame. A walk takes four seconds.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
from inference_material import SHARED
from rtsp import write_stream

from sightline.chassis.picture import decode_picture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

RATE = 15
SAMPLE_FPS = 5.0
WALK_S = 4.0
PORTRAITS_EACH = 6
"""Of every person: the first is enrolled, the others walk."""
PEOPLE = 8
_LANES = ((0.06, 0.05, 0.70, 1), (0.52, 0.72, 0.08, 2))
"""Top, first left and last left edge as ratios; of how many walks one takes place."""


@dataclass(frozen=True)
class Person:
    """Somebody with the picture that is enrolled, as a file, and the pictures that walk."""

    name: str
    enrolled: bytes
    walking: list[Picture]


def cast() -> list[Person]:
    """The first people of the shared list of whom there are enough large portraits."""
    files: dict[str, list[str]] = {}
    with (SHARED / "media" / "manifest.csv").open() as file:
        for row in csv.DictReader(file):
            if row["path"].startswith("portraits/") and row["n_faces"] == "1" and int(row["width"]) >= 200:
                files.setdefault(row["identity"], []).append(row["path"])
    chosen = [name for name, paths in files.items() if len(paths) >= PORTRAITS_EACH][:PEOPLE]
    return [_person(name, files[name][:PORTRAITS_EACH]) for name in chosen]


def scene(people: list[Person], size: tuple[int, int], seconds: float, rate: int = RATE) -> Iterator[Picture]:
    """The pictures of a clip, each (height, width, 3) RGB; without people nothing moves but the sensor's noise."""
    width, height = size
    random = np.random.default_rng(7)
    rough = random.integers(70, 150, (6, 10, 3)).astype(np.uint8)
    wall = cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)
    noises = [random.integers(0, 6, (height, width, 1), np.uint8) for _ in range(4)]
    for number in range(round(seconds * rate)):
        picture = wall.copy()
        for lane in range(len(_LANES) if people else 0):
            _walk(picture, people, lane, number / rate)
        yield cv2.add(picture, np.broadcast_to(noises[number % len(noises)], picture.shape))


def write_file(path: Path, people: list[Person], seconds: float) -> Path:
    """The scene in 720p as an MP4 file."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for picture in scene(people, (1280, 720), seconds):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def write_live(path: Path, people: list[Person], size: tuple[int, int], seconds: float = 16.0) -> Path:
    """The scene as a camera plays it, over and over."""
    return write_stream(path, scene(people, size, seconds), RATE)


def _person(name: str, paths: list[str]) -> Person:
    data = [(SHARED / "media" / path).read_bytes() for path in paths]
    return Person(name, data[0], [decode_picture(each) for each in data[1:]])


def _walk(picture: Picture, people: list[Person], lane: int, time_s: float) -> None:
    top, first, last, every = _LANES[lane]
    turn, part = divmod(time_s / WALK_S, 1.0)
    if int(turn) % every:
        return
    person = people[(int(turn) + lane * len(people) // 2) % len(people)]
    portrait = person.walking[int(turn) // len(people) % len(person.walking)]
    height, width = picture.shape[:2]
    side = round(height * (0.36 + 0.06 * part))
    shown = cv2.resize(
        portrait, (round(side * portrait.shape[1] / portrait.shape[0]), side), interpolation=cv2.INTER_AREA
    )
    left, upper = round((first + (last - first) * part) * width), round(top * height)
    shown = shown[: height - upper, : width - left]
    picture[upper : upper + shown.shape[0], left : left + shown.shape[1]] = shown
