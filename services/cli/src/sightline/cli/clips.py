"""Videos as pictures: the frames that a camera would look at, as files that are there while they are measured."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.cli.datasets import Dataset
from sightline.cli.labelled import Labelled, is_video, without_repeats

FPS = 3.0
"""Frames a second that are looked at; of cameras it is the same unless they say otherwise."""
_QUALITY = 95
# Timestamps are rounded to the container's clock.
_ROUNDING_S = 0.0005


@contextmanager
def frames_for_videos(dataset: Dataset, folder: Path, fps: float = FPS) -> Iterator[Dataset]:
    """Give the data set with the frames of its videos instead of them; they lie in the folder until the block ends.

    Args:
        dataset: where it has no videos it is given as it is.
        folder: for this user's eyes alone; what is in it is deleted before and after.
        fps: frames of a second of video.

    Raises:
        InvalidInput: VIDEO_UNREADABLE, TIME_INVALID; LABELS_CONTRADICT, two people are said to be the one face.
        FailedPrecondition: VIDEO_UNAVAILABLE, PyAV is not installed.
    """
    videos: dict[Path, list[Labelled]] = {}
    for picture in dataset.pictures:
        if is_video(picture.path):
            videos.setdefault(picture.path, []).append(picture)
    if not videos:
        yield dataset
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        stills = [picture for picture in dataset.pictures if not is_video(picture.path)]
        with Console(stderr=True).status("taking frames from videos"):
            frames = [frame for path, rows in videos.items() for frame in _frames(path, rows, folder, fps)]
        yield replace(dataset, pictures=without_repeats([*stills, *frames]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Wanted:
    """What is wanted of a video for one row: from `due` on, each `period`."""

    row: Labelled
    due: float
    end: float
    period: float
    taken: int = 0

    def takes(self, now: float) -> bool:
        """Say whether the frame at that second is wanted; of one moment it is the first one from then on."""
        is_moment = self.period == 0
        if now < self.due - _ROUNDING_S or (self.taken if is_moment else now > self.end + _ROUNDING_S):
            return False
        self.taken += 1
        while self.period and self.due <= now + _ROUNDING_S:
            self.due += self.period
        return True


def _frames(path: Path, rows: Sequence[Labelled], folder: Path, fps: float) -> Iterator[Labelled]:
    wanted = [_wanted(row, fps) for row in rows]
    for now, picture in _decoded(path):
        chosen = [each.row for each in wanted if each.takes(now)]
        if not chosen:
            continue
        # What a decoder of another release makes of it is still the same frame of the same video.
        sha256 = hashlib.sha256(f"{chosen[0].sha256} {now:.3f}".encode()).hexdigest()
        file = folder / f"{sha256}.jpg"
        file.write_bytes(_jpeg(picture))
        yield from (replace(row, path=file, sha256=sha256, span=None) for row in chosen)
    for each in wanted:
        if not each.taken:
            message = f"{path} has no frame from second {each.due:g} on where its row wants one; correct the list"
            raise InvalidInput("TIME_INVALID", message)


def _wanted(row: Labelled, fps: float) -> _Wanted:
    begin, end = row.span or (0.0, float("inf"))
    return _Wanted(row, begin, end, 0 if begin == end else 1 / fps)


def _decoded(path: Path) -> Iterator[tuple[float, Any]]:
    """Give the frames with their seconds since the first one; of a video that breaks off what there is of it."""
    av = _reader()
    first: float | None = None
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                if frame.time is not None:
                    first = frame.time if first is None else first
                    yield frame.time - first, frame
    except (av.FFmpegError, IndexError) as error:
        if first is None:
            raise InvalidInput("VIDEO_UNREADABLE", f"{path} cannot be read as a video: correct the list") from error
    if first is None:
        raise InvalidInput("VIDEO_UNREADABLE", f"{path} has no frames: correct the list")


def _jpeg(frame: Any) -> bytes:
    # OpenCV takes a fifth of a second, which other commands need not pay.
    encode_jpeg = import_module("sightline.chassis.picture").encode_jpeg
    # Telephones record lying pictures with a rotation (degrees, counter-clockwise) beside them.
    upright = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90) % 4)
    return bytes(encode_jpeg(np.ascontiguousarray(upright), _QUALITY))


def _reader() -> Any:
    try:
        # An extra, and large.
        return import_module("av")
    except ImportError as error:
        message = "Videos need PyAV: install `sightline-cli[video]`, or give their frames as pictures with a track"
        raise FailedPrecondition("VIDEO_UNAVAILABLE", message) from error
