"""People of the demonstration, cut out of sample pictures that Python packages carry."""

import importlib.util
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sightline.chassis.errors import FailedPrecondition
from sightline.cli.demo.walks import ENROLLED

# Centre of the face in its source picture, in pixels; the outlines beside this file use the same pixels.
# The sixth person of the group photo stays out: the starter pack's cosine to the enrolled person is 0.90
# to 0.91, at the pack's threshold. What the demonstration shows must not hang on a coin toss.
_FACES = {
    "astronaut": (223, 118),
    "guest-1": (335, 195),
    "guest-2": (535, 315),
    "guest-3": (810, 390),
    "guest-4": (955, 130),
    "guest-5": (1180, 335),
}
# Turned heads, for which MTCNN places the landmarks more steadily this way round.
_MIRRORED = {"guest-1", "guest-5"}


@dataclass(frozen=True)
class Person:
    """One person as a cut-out with soft edges.

    Attributes:
        name: what the demonstration calls this person.
        cutout: (h, w, 4) float32, RGB 0..255 premultiplied by the alpha 0..1 in the fourth channel.
        face: centre of the face in the cut-out, (x, y) in pixels.
    """

    name: str
    cutout: NDArray[np.float32]
    face: tuple[float, float]


def load_people() -> list[Person]:
    """Cut everybody out; the enrolled person comes first.

    Raises:
        FailedPrecondition: DEMO_PICTURES_MISSING where the demo's packages are not installed.
    """
    outlines: dict[str, list[list[int]]] = json.loads(
        (files("sightline.cli.demo") / "outlines.json").read_text(encoding="utf-8"),
    )
    return [_cut(name, np.array(points, dtype=np.int32)) for name, points in outlines.items()]


@cache
def portrait() -> NDArray[np.uint8]:
    """Give scikit-image's portrait of an astronaut (NASA, public domain), (512, 512, 3) RGB."""
    try:
        from skimage import data  # noqa: PLC0415 - an extra: only the demonstration needs it
    except ImportError as error:
        raise _missing("scikit-image") from error
    return np.asarray(data.astronaut(), dtype=np.uint8)  # type: ignore[no-untyped-call]  # untyped library


@cache
def _group() -> NDArray[np.uint8]:
    """Read insightface's sample group photo, (886, 1280, 3) RGB, without importing insightface."""
    spec = importlib.util.find_spec("insightface")
    if spec is None or not spec.submodule_search_locations:
        raise _missing("insightface")
    path = Path(spec.submodule_search_locations[0]) / "data" / "images" / "t1.jpg"
    picture = cv2.imread(str(path))
    if picture is None:
        raise _missing("insightface")
    return np.asarray(picture[:, :, ::-1], dtype=np.uint8)


def _missing(package: str) -> FailedPrecondition:
    return FailedPrecondition(
        "DEMO_PICTURES_MISSING",
        f"the sample pictures of {package} are not installed; run `uv sync --all-packages --extra cpu --extra demo`",
    )


def _cut(name: str, outline: NDArray[np.int32]) -> Person:
    source = portrait() if name == ENROLLED else _group()
    filled = cv2.fillPoly(np.zeros(source.shape[:2], np.uint8), [outline], (255,))
    inner = cv2.erode(filled, np.ones((3, 3), np.uint8))
    # A soft edge: hair against a new background shows a hard one at once.
    alpha = cv2.GaussianBlur(inner, (0, 0), 1.4).astype(np.float32)[..., None] / 255
    x, y, width, height = cv2.boundingRect(outline)
    box = np.s_[y : y + height, x : x + width]
    cutout = np.concatenate([source[box] * alpha[box], alpha[box]], axis=2).astype(np.float32)
    face_x, face_y = _FACES[name][0] - x, _FACES[name][1] - y
    if name in _MIRRORED:
        cutout, face_x = np.ascontiguousarray(cutout[:, ::-1]), width - face_x
    return Person(name, cutout, (face_x, face_y))
