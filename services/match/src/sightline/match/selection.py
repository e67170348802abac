"""Which faces of a picture are meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.errors import InvalidInput
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.v1 import face_pb2

LEAST_OVERLAP = 0.5
"""Intersection over union from which a box means a face: the usual measure of detectors (PASCAL VOC)."""
MOST_FACES = 100


@dataclass(frozen=True, eq=False)
class Wish:
    """What is asked for; `box` belongs to FACE_SELECTION_AT_BOX, `max_faces` (0: 100) to those of several faces."""

    selection: pb.FaceSelection = pb.FACE_SELECTION_UNSPECIFIED
    box: face_pb2.BoundingBox | None = None
    max_faces: int = 0

    @property
    def is_for_the_first(self) -> bool:
        """Whether it can only mean the largest face of a picture."""
        return self.selection not in {pb.FACE_SELECTION_AT_BOX, pb.FACE_SELECTION_ALL, pb.FACE_SELECTION_EACH}

    @property
    def is_for_each(self) -> bool:
        """Whether each face is to have a person of its own."""
        return self.selection == pb.FACE_SELECTION_EACH

    def among_good(self, good: Sequence[Placed]) -> tuple[Sequence[Placed], Sequence[Placed]]:
        """Those of the good faces that are meant, and those that are too many; bad ones do not count."""
        most = (self.max_faces or MOST_FACES) if self.is_for_each else len(good)
        return good[:most], good[most:]


@dataclass(frozen=True, eq=False)
class Placed:
    """A face, and its place in its picture: 0 is the largest."""

    place: int
    face: face_pb2.Face


def choose(faces: Sequence[face_pb2.Face], wish: Wish) -> tuple[list[Placed], list[Placed]]:
    """The faces that are meant, and those that are too many.

    Args:
        faces: of one picture, the largest first.
        wish: what is asked for.

    Raises:
        InvalidInput: NO_FACE, SEVERAL_FACES, NO_FACE_AT_BOX, or BOX_MISSING.
    """
    placed = [Placed(place, face) for place, face in enumerate(faces)]
    if not placed:
        raise InvalidInput("NO_FACE", "There is no face in the picture: use one that shows the face from the front.")
    match wish.selection:
        case pb.FACE_SELECTION_AT_BOX:
            return [_at(placed, wish.box)], []
        case pb.FACE_SELECTION_ALL:
            most = wish.max_faces or MOST_FACES
            return placed[:most], placed[most:]
        case pb.FACE_SELECTION_EACH:
            return placed, []
        case pb.FACE_SELECTION_LARGEST:
            return placed[:1], placed[1:]
    if len(placed) > 1:
        message = f"There are {len(placed)} faces in the picture: say which is meant, or crop it to that one."
        raise InvalidInput("SEVERAL_FACES", message)
    return placed, []


def _at(placed: Sequence[Placed], box: face_pb2.BoundingBox | None) -> Placed:
    if box is None:
        raise InvalidInput("BOX_MISSING", "Give the box of the face that is meant.")
    best = max(placed, key=lambda each: overlap(each.face.bounding_box, box))
    if overlap(best.face.bounding_box, box) < LEAST_OVERLAP:
        message = f"No face overlaps that box by {LEAST_OVERLAP}: give it in ratios of the upright picture."
        raise InvalidInput("NO_FACE_AT_BOX", message)
    return best


def overlap(one: face_pb2.BoundingBox, other: face_pb2.BoundingBox) -> float:
    """Intersection over union, 0..1."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    common = max(0.0, width) * max(0.0, height)
    union = one.width * one.height + other.width * other.height - common
    return common / union if union > 0 else 0.0
