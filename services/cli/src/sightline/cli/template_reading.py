"""Makes templates of labelled pictures by asking detect and embed, as every other caller does."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import numpy as np
import typer

from sightline.chassis.errors import FailedPrecondition, SightlineError
from sightline.chassis.pack import Pack
from sightline.cli.client import told
from sightline.cli.labelled import Box, Labelled
from sightline.cli.output import progress_bar
from sightline.cli.own_services import Services, detect_and_embed
from sightline.cli.pictures import read_picture
from sightline.cli.template_cache import TemplateCache
from sightline.cli.up import INTERRUPTED, run_until_signal
from sightline.v1 import detect_service_pb2, embed_service_pb2, face_pb2

# Pictures in one call to detect, and of bytes; calls at the same time, so that detect and embed both have work.
_PICTURES_A_CALL, _BYTES_A_CALL, _CALLS = 16, 20_000_000, 2
# A machine that is busy with cameras may take long for sixteen pictures.
_CALL_SECONDS = 120.0
# A face that covers less of the box that was given, and of what both cover together, is another one.
_SAME_FACE = 0.3


@dataclass(frozen=True)
class Reader:
    """Makes templates of pictures, and keeps them."""

    cache: TemplateCache
    pack: Pack
    purpose: str
    case: str

    def has_all(self, pictures: Sequence[Labelled]) -> bool:
        """Say whether nothing is left to read."""
        return {picture.key for picture in pictures} <= self._done()

    def _done(self) -> set[str]:
        return self.cache.vectors().keys() | self.cache.problems().keys()

    async def read_all(
        self, detect: Any, embed: Any, pictures: Sequence[Labelled], advance: Callable[[int], None]
    ) -> None:
        """Read those pictures that have not been read yet; `advance` is told how many more are done.

        Raises:
            FailedPrecondition: PACK_DIFFERS, the services run other models than the pack's.
            SightlineError: what a service answered, or that it did not.
        """
        done = self._done()
        waiting = [picture for picture in pictures if picture.key not in done]
        advance(len(pictures) - len(waiting))
        turns = asyncio.Semaphore(_CALLS)

        async def read(group: Sequence[Labelled]) -> None:
            async with turns:
                await self._read(detect, embed, group)
                advance(len(group))

        await asyncio.gather(*map(read, _groups(waiting)))

    async def _read(self, detect: Any, embed: Any, group: Sequence[Labelled]) -> None:
        readable = self._readable(group)
        if not readable:
            return
        request = detect_service_pb2.DetectFacesRequest(
            images=[image for _, image in readable],
            max_faces=0 if any(picture.box for picture, _ in readable) else 1,
            purpose=self.purpose,
            case_reference=self.case,
        )
        answer = await _answered(detect.DetectFaces(request, timeout=_CALL_SECONDS), "detect")
        self._check(answer.detector_id, self.pack.detector_id)
        faces: list[tuple[Labelled, face_pb2.Face, embed_service_pb2.FaceCrop]] = []
        for (picture, image), result in zip(readable, answer.results, strict=True):
            face = _meant(result, picture.box)
            if face is None:
                self.cache.put(picture.key, None, result.error.reason or "NO_FACE")
                continue
            faces.append((picture, face, embed_service_pb2.FaceCrop(image=image, landmarks=face.landmarks)))
        if faces:
            await self._embed(embed, faces)

    def _readable(self, group: Sequence[Labelled]) -> list[tuple[Labelled, face_pb2.Image]]:
        """Give the pictures with their bytes; of one that is empty or too large there is no template."""
        found = []
        for picture in group:
            try:
                found.append((picture, read_picture(picture.path)))
            except SightlineError as error:
                self.cache.put(picture.key, None, error.reason)
        return found

    async def _embed(
        self, embed: Any, faces: Sequence[tuple[Labelled, face_pb2.Face, embed_service_pb2.FaceCrop]]
    ) -> None:
        request = embed_service_pb2.EmbedFacesRequest(
            crops=[crop for _, _, crop in faces], purpose=self.purpose, case_reference=self.case
        )
        answer = await _answered(embed.EmbedFaces(request, timeout=_CALL_SECONDS), "embed")
        self._check(answer.embedder_id, self.pack.embedder_id)
        for (picture, face, _), result in zip(faces, answer.results, strict=True):
            if result.HasField("error"):
                self.cache.put(picture.key, None, result.error.reason)
            else:
                quality = face.quality.overall if face.HasField("quality") else None
                self.cache.put(picture.key, np.asarray(result.vector, np.float32), quality=quality)

    def _check(self, running: str, expected: str) -> None:
        if running != expected:
            message = (
                f"The services do not run the pack '{self.pack.name}': name theirs with --pack, or stop them, "
                "and services with that pack are started for the measurement."
            )
            raise FailedPrecondition("PACK_DIFFERS", message)


def read_templates(where: Services, reader: Reader, pictures: Sequence[Labelled]) -> None:
    """Read the pictures with a bar; interrupted, it leaves what was read for the next time, and ends the command.

    Raises:
        typer.Exit: 130, it was interrupted.
        SightlineError: as `Reader.read_all` and `detect_and_embed`.
    """
    is_done = False

    async def work() -> None:
        nonlocal is_done
        with progress_bar() as progress:
            task = progress.add_task("pictures", total=len(pictures))
            if not reader.has_all(pictures):
                async with detect_and_embed(where) as (detect, embed):
                    await reader.read_all(detect, embed, pictures, lambda count: progress.advance(task, count))
        is_done = True

    run_until_signal(work())
    if not is_done:
        typer.echo("interrupted; what was read is kept, and the same command goes on", err=True)
        raise typer.Exit(INTERRUPTED)


async def _answered(call: Awaitable[Any], service: str) -> Any:
    """What the service says; two of them are asked in one block, and the error has to name the right one."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise told(error, service) from error


def _meant(result: detect_service_pb2.DetectedFaces, box: Box | None) -> face_pb2.Face | None:
    """Give the largest face, or the one at the box."""
    if not result.faces:
        return None
    if box is None:
        return result.faces[0]
    overlaps = [_overlap(_in_pixels(face.bounding_box, result), box) for face in result.faces]
    best = int(np.argmax(overlaps))
    return result.faces[best] if overlaps[best] >= _SAME_FACE else None


def _in_pixels(box: face_pb2.BoundingBox, result: detect_service_pb2.DetectedFaces) -> Box:
    width, height = result.width, result.height
    return box.left * width, box.top * height, box.width * width, box.height * height


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def _groups(pictures: Sequence[Labelled]) -> Iterator[list[Labelled]]:
    """In groups that fit into one call."""
    group: list[Labelled] = []
    size = 0
    for picture in pictures:
        bytes_more = picture.path.stat().st_size
        if group and (len(group) == _PICTURES_A_CALL or size + bytes_more > _BYTES_A_CALL):
            yield group
            group, size = [], 0
        group.append(picture)
        size += bytes_more
    if group:
        yield group
