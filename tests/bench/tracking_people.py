"""People cut out of portraits, and scenes painted with them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from inference_material import SHARED
from tracking_walks import HEIGHT, WIDTH

from sightline.chassis.picture import decode_picture

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tracking_walks import Scene

    from sightline.detect.detector import FaceDetector

_FACE = 120
"""Side of a cut-out's face, in pixels."""
_COLOURFUL = 25
_COATS = ((40, 42, 48), (60, 60, 66), (70, 52, 40), (52, 68, 52), (120, 40, 40), (150, 150, 146), (44, 60, 96))
"""Muted, as coats are: some people wear the same."""


@dataclass(frozen=True)
class Person:
    """A head with a coat, (h, w, 4) RGBA of floats; the face is `_FACE` pixels wide."""

    front: NDArray[np.float32]
    back: NDArray[np.float32]


def people(detector: FaceDetector) -> list[Person]:
    """One for each colour portrait with one face of some size, in the order of the shared list."""
    with (SHARED / "media" / "manifest.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["path"].startswith("portraits/") and row["n_faces"] == "1"]
    made: dict[str, Person] = {}
    for row in rows:
        if row["identity"] in made or int(row["width"]) < 200:
            continue
        picture = decode_picture((SHARED / "media" / row["path"]).read_bytes())
        if cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)[..., 1].mean() < _COLOURFUL:
            continue
        faces = detector.detect(picture)
        if len(faces) == 1 and faces[0].side >= 70 and faces[0].score > 0.7:
            made[row["identity"]] = _cut_out(picture, faces[0].box, _COATS[len(made) % len(_COATS)])
    return list(made.values())


def paint(
    scene: Scene, cast: list[Person], time_s: float
) -> tuple[NDArray[np.uint8], list[NDArray[np.float32] | None]]:
    """The picture at that time, (HEIGHT, WIDTH, 3) RGB, and of each walk the face's box if half of it can be seen."""
    canvas = _background(scene.pillars).astype(np.float32)
    places = {number: place for number, walk in enumerate(scene.walks) if (place := walk.at(time_s)) is not None}
    owner = np.full((HEIGHT, WIDTH), -1, np.int16)
    for number in sorted(places, key=lambda number: places[number][2]):
        person = cast[number]
        _blend(
            canvas,
            owner,
            person.back if scene.walks[number].is_turned(time_s) else person.front,
            places[number],
            number,
        )
    for left, right in scene.pillars:
        canvas[:, left:right] = (96, 92, 90)
        owner[:, left:right] = -2
    canvas *= np.linspace(0.6, 1.15, WIDTH, dtype=np.float32)[None, :, None]  # people walk out of the shade
    noise = np.random.default_rng(round(time_s * 1000)).normal(0, 5, (HEIGHT // 2, WIDTH // 2, 1)).astype(np.float32)
    canvas += cv2.resize(noise, (WIDTH, HEIGHT))[..., None]
    boxes = [
        _seen_box(owner, places[number], number) if number in places and not walk.is_turned(time_s) else None
        for number, walk in enumerate(scene.walks)
    ]
    return np.clip(canvas, 0, 255).astype(np.uint8), boxes


def _cut_out(picture: NDArray[np.uint8], box: NDArray[np.float32], coat: tuple[int, int, int]) -> Person:
    x, y, side = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, float(max(box[2:] - box[:2]))
    scale = _FACE / side
    width, height, top = int(2.4 * _FACE), int(3.2 * _FACE), 1.0 * _FACE
    matrix = np.array([[scale, 0, width / 2 - x * scale], [0, scale, top - y * scale]], np.float32)
    flat = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    body = np.zeros((height, width), np.uint8)
    cv2.ellipse(body, (width // 2, int(2.9 * _FACE)), (int(1.1 * _FACE), int(1.25 * _FACE)), 0, 0, 360, 1, -1)
    head = np.zeros((height, width), np.uint8)
    cv2.ellipse(head, (width // 2, int(top - 0.1 * _FACE)), (int(0.52 * _FACE), int(0.7 * _FACE)), 0, 0, 360, 1, -1)
    shade = np.linspace(1.15, 0.8, width)[None, :, None]
    colours = np.where(head[..., None] == 1, flat, np.array(coat) * shade).astype(np.float32)
    alpha = cv2.GaussianBlur(np.maximum(head, body).astype(np.float32), (0, 0), 3)
    hair = flat[int(top - 0.75 * _FACE) : int(top - 0.5 * _FACE), width // 2 - 20 : width // 2 + 20].mean(axis=(0, 1))
    behind = np.where(head[..., None] == 1, hair * shade, colours).astype(np.float32)
    return Person(np.dstack([colours, alpha]), np.dstack([behind, alpha]))


def _blend(
    canvas: NDArray[np.float32],
    owner: NDArray[np.int16],
    figure: NDArray[np.float32],
    place: NDArray[np.float64],
    number: int,
) -> None:
    scale = place[2] / _FACE
    corner = place[:2] - np.array([figure.shape[1] / 2, _FACE]) * scale
    matrix = np.array([[scale, 0, corner[0]], [0, scale, corner[1]]])
    low = np.floor(corner).astype(int).clip(0, [WIDTH, HEIGHT])
    high = np.ceil(corner + np.array(figure.shape[1::-1]) * scale).astype(int).clip(0, [WIDTH, HEIGHT])
    size = tuple(int(length) for length in high - low)
    if min(size) <= 0:
        return
    matrix[:, 2] -= low
    shown = cv2.warpAffine(figure, matrix, size, flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    alpha = shown[..., 3:]
    canvas[window] = canvas[window] * (1 - alpha) + shown[..., :3] * alpha
    owner[window][alpha[..., 0] > 0.5] = number


def _seen_box(owner: NDArray[np.int16], place: NDArray[np.float64], number: int) -> NDArray[np.float32] | None:
    x, y, side = place
    box = np.array([x - side / 2, y - side / 2, x + side / 2, y + side / 2], np.float32)
    left, top, right, bottom = box.round().astype(int)
    area = (right - left) * (bottom - top)
    part = owner[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    return box if (part == number).sum() >= 0.5 * area else None


def _background(pillars: tuple[tuple[int, int], ...]) -> NDArray[np.uint8]:
    random = np.random.default_rng(len(pillars))
    rough = random.integers(70, 150, (6, 10, 3)).astype(np.float32)
    return cv2.resize(rough, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)
