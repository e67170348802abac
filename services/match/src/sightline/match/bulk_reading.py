"""Pictures by the hundred: grouped as detect and embed take them, several groups at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.errors import InvalidInput
from sightline.chassis.quality_gate import issues
from sightline.match.inference import MAX_IMAGES
from sightline.match.selection import Wish, choose
from sightline.v1 import face_pb2
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sightline.match.inference import FaceReader, Taken

GROUPS_AT_ONCE = 4
"""While one group is embedded, others are detected."""
MAX_GROUP_BYTES = 24_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """The face of a picture that is to be enrolled."""

    face: face_pb2.Face
    taken: Taken


@dataclass(frozen=True, slots=True)
class Choice:
    """Which face of a picture is meant, the only or the largest one, how good it has to be, and what is kept of it."""

    selection: pb.FaceSelection
    gate: pb.QualityGate
    with_references: bool = False

    def of(self, faces: Sequence[face_pb2.Face]) -> face_pb2.Face:
        """The chosen one of these faces, the largest of which is first.

        Raises:
            InvalidInput: NO_FACE, SEVERAL_FACES, or the first reason of the quality gate.
        """
        [chosen], _ = choose(faces, Wish(self.selection))
        if flaws := issues(chosen.face, self.gate):
            raise InvalidInput(flaws[0].reason, " ".join(flaw.message for flaw in flaws))
        return chosen.face


class BulkReading:
    """Makes templates of the chosen faces of many pictures."""

    def __init__(self, reader: FaceReader) -> None:
        self._reader = reader
        self._room = asyncio.Semaphore(GROUPS_AT_ONCE)

    async def read(self, images: Sequence[face_pb2.Image], choice: Choice) -> list[Found | InvalidInput]:
        """Of each picture its chosen face, or why there is none. Raises what detect and embed fail with as a whole."""
        groups = await asyncio.gather(*(self._group(group, choice) for group in grouped(images)))
        return [found for group in groups for found in group]

    async def _group(self, images: Sequence[face_pb2.Image], choice: Choice) -> list[Found | InvalidInput]:
        async with self._room:
            found = await self._reader.faces_of(images)
            chosen = [_chosen(faces, choice) for faces in found]
            crops = [
                (image, face) for image, face in zip(images, chosen, strict=True) if isinstance(face, face_pb2.Face)
            ]
            made = await self._reader.taken_of(crops, with_references=choice.with_references) if crops else []
        taken = iter(made)
        return [_found(face, next(taken)) if isinstance(face, face_pb2.Face) else face for face in chosen]


def grouped(images: Sequence[face_pb2.Image]) -> Iterator[Sequence[face_pb2.Image]]:
    """The pictures in their order, in groups that detect takes at once."""
    group: list[face_pb2.Image] = []
    size = 0
    for image in images:
        if group and (len(group) == MAX_IMAGES or size + image.ByteSize() > MAX_GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(image)
        size += image.ByteSize()
    if group:
        yield group


def _chosen(faces: list[face_pb2.Face] | InvalidInput, choice: Choice) -> face_pb2.Face | InvalidInput:
    if isinstance(faces, InvalidInput):
        return faces
    try:
        return choice.of(faces)
    except InvalidInput as refusal:
        return refusal


def _found(face: face_pb2.Face, taken: Taken | InvalidInput) -> Found | InvalidInput:
    return taken if isinstance(taken, InvalidInput) else Found(face, taken)
