"""The picture that the demonstration's camera sees: an entrance hall with people behind a counter."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.cli.demo.people import Person
from sightline.cli.demo.walks import HEIGHT, WALKS, WIDTH

# The counter hides where the cut-outs end.
_COUNTER_Y = 352
_BASE_Y = _COUNTER_Y + 12


class Scene:
    """Draws the hall at any moment of the video."""

    def __init__(self, people: Sequence[Person], seed: int = 7) -> None:
        self._people = {person.name: person for person in people}
        noise = np.random.default_rng(seed)
        grain = noise.normal(0, 1.6, (HEIGHT, WIDTH, 1)).astype(np.float32)
        self._hall: NDArray[np.uint8] = np.clip((_hall() + grain) * _vignette(), 0, 255).astype(np.uint8)

    def draw(self, time_s: float) -> NDArray[np.uint8]:
        """Give the picture at `time_s` seconds of the video, (480, 640, 3) RGB."""
        picture = self._hall.copy()
        for walk in WALKS:
            place = walk.at(time_s)
            if place is not None:
                _paste(picture, self._people[walk.person], place, walk.scale)
        _stamp(picture, time_s)
        return picture


def _paste(picture: NDArray[np.uint8], person: Person, place: tuple[float, float, float], scale: float) -> None:
    """Put a person into the part of the picture that they cover, above the counter."""
    x, bob, sway = place
    height, width = person.cutout.shape[:2]
    margin = 0.05 * height
    left, right = x - (person.face[0] + margin) * scale, x + (width - person.face[0] + margin) * scale
    columns = slice(max(0, int(left)), min(WIDTH, max(0, int(right))))
    rows = slice(max(0, int(_BASE_Y - height * scale - margin)), _COUNTER_Y)
    if columns.stop <= columns.start:
        return
    matrix = cv2.getRotationMatrix2D((person.face[0], float(height)), sway, scale)
    matrix[0, 2] += x - person.face[0] - columns.start
    matrix[1, 2] += _BASE_Y + bob - height - rows.start
    size = (columns.stop - columns.start, rows.stop - rows.start)
    layer = cv2.warpAffine(person.cutout, matrix, size, flags=cv2.INTER_LINEAR)
    part = picture[rows, columns]
    through = cv2.merge([1 - layer[..., 3]] * 3)  # what the person lets through of the hall
    part[:] = cv2.add(cv2.multiply(part, through, dtype=cv2.CV_32F), layer[..., :3])


def _hall() -> NDArray[np.float32]:
    """Draw the empty hall, (480, 640, 3) RGB."""
    rows = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None, None]
    top, bottom = np.array([196, 203, 208], np.float32), np.array([150, 158, 164], np.float32)
    hall = np.ascontiguousarray(np.broadcast_to(top + (bottom - top) * rows, (HEIGHT, WIDTH, 3)))
    for left in (34, 214, 394):
        _window(hall, left, 40, 146, 218)
    _door(hall, 560, 70, 70)
    cv2.rectangle(hall, (0, 296), (WIDTH, 302), (120, 128, 134), -1, cv2.LINE_AA)
    hall = np.asarray(cv2.GaussianBlur(hall, (0, 0), 1.6), np.float32)  # behind the plane of focus
    _counter(hall)
    return hall


def _window(hall: NDArray[np.float32], x: int, y: int, width: int, height: int) -> None:
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    sky, street = np.array([214, 229, 240], np.float32), np.array([176, 190, 186], np.float32)
    hall[y : y + height, x : x + width] = sky + (street - sky) * rows**2
    skyline = [
        (0, 150),
        (24, 150),
        (24, 118),
        (52, 118),
        (52, 140),
        (84, 140),
        (84, 96),
        (112, 96),
        (112, 146),
    ]
    shape = [*((x + dx, y + dy) for dx, dy in skyline), (x + width, y + 146), (x + width, y + height)]
    cv2.fillPoly(hall, [np.array([*shape, (x, y + height)], np.int32)], (168, 184, 190))
    for bar in (x, x + width // 2, x + width):
        cv2.line(hall, (bar, y), (bar, y + height), (104, 112, 118), 5, cv2.LINE_AA)
    for bar in (y, y + height):
        cv2.line(hall, (x - 3, bar), (x + width + 3, bar), (104, 112, 118), 6, cv2.LINE_AA)


def _door(hall: NDArray[np.float32], x: int, y: int, width: int) -> None:
    cv2.rectangle(hall, (x - 6, y - 6), (x + width + 6, _COUNTER_Y), (108, 100, 92), -1)
    cv2.rectangle(hall, (x, y), (x + width, _COUNTER_Y), (146, 134, 120), -1)
    cv2.rectangle(hall, (x + 12, y + 16), (x + width - 12, y + 120), (190, 206, 212), -1)


def _counter(hall: NDArray[np.float32]) -> None:
    """Draw the counter in front: a light top, and a front of boards."""
    front = np.linspace(1.0, 0.72, HEIGHT - _COUNTER_Y, dtype=np.float32)[:, None, None]
    hall[_COUNTER_Y:] = np.array([134, 98, 68], np.float32) * front
    for board in range(0, WIDTH, 64):
        cv2.line(hall, (board, _COUNTER_Y + 16), (board, HEIGHT), (88, 62, 42), 2, cv2.LINE_AA)
    cv2.rectangle(hall, (0, _COUNTER_Y), (WIDTH, _COUNTER_Y + 15), (214, 198, 176), -1)
    cv2.line(hall, (0, _COUNTER_Y + 1), (WIDTH, _COUNTER_Y + 1), (236, 224, 206), 2)
    shadow = hall[_COUNTER_Y + 16 : _COUNTER_Y + 34]
    shadow *= np.linspace(0.55, 1, len(shadow), dtype=np.float32)[:, None, None]


def _vignette() -> NDArray[np.float32]:
    """Give the fall-off of light towards the corners as factors, (480, 640, 1)."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    return np.asarray(1.02 - 0.08 * (x**2 + y**2), np.float32)[..., None]


def _stamp(picture: NDArray[np.uint8], time_s: float) -> None:
    text = f"SIGHTLINE DEMO   ENTRANCE   00:{time_s:05.2f}"
    picture[448:474, 8:320] //= 3
    cv2.putText(picture, text, (16, 466), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (240, 240, 240), 1, cv2.LINE_AA)
