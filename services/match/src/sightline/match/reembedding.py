"""Makes templates of enrolled faces again, of what was kept of their pictures, with another embedder."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NoReturn

import structlog

from sightline.chassis.errors import FailedPrecondition, Internal, InvalidInput, NotFound, SightlineError, Unavailable
from sightline.chassis.ids import new_id
from sightline.match.inference import Taken
from sightline.v1 import face_pb2, records_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.match.gallery import Gallery
    from sightline.match.inference import FaceReader
    from sightline.match.projection import GalleryProjection
    from sightline.match.references import References
    from sightline.match.templates import Templates
    from sightline.v1 import embed_service_pb2
    from sightline.v1 import gallery_service_pb2 as pb

log = structlog.get_logger()

# Crops of one call: up to 3 MB, and less than the call's time-out on one slow processor.
BATCH = 32
# While one batch is embedded, the references of the other are read and its templates written.
BATCHES = 2
IDLE_SECONDS = 0.5
RETRY_SECONDS = 2.0


class Reembedding:
    """Works until no face waits, and then waits for faces.

    What is done is in the ledger, and in the projection from there: a process that dies goes on where it was, and at
    most embeds a few faces twice. Several replicas begin at different faces.

    Args:
        projection: of the gallery that gets the templates.
        gallery: that gallery.
        enrolled: the projection by which faces are deleted; it may be the same one.
        templates: where templates are written.
        references: what was kept of pictures.
        reader: makes the templates.
        embedder_id: of the reader's embedder.
    """

    def __init__(
        self,
        projection: GalleryProjection,
        gallery: Gallery,
        enrolled: GalleryProjection,
        templates: Templates,
        references: References,
        reader: FaceReader,
        embedder_id: str,
    ) -> None:
        self._projection = projection
        self._gallery = gallery
        self._enrolled = enrolled
        self._templates = templates
        self._references = references
        self._reader = reader
        self._embedder_id = embedder_id
        # What failed before the process was started may have been the fault of what was started anew.
        self._is_to_retry = True
        self.trouble: SightlineError | None = None
        """Why it does not go on just now."""

    def try_again(self) -> None:
        """Has those faces tried once more of which no template could be made."""
        self._is_to_retry = True

    async def work(self) -> NoReturn:
        """For good; what goes wrong is `trouble`, and tried again."""
        while True:
            try:
                await self._loaded()
                worked = await self._retry() if self._is_to_retry else await self._next()
                await self._sweep()
                self.trouble = None
                if not worked:
                    await asyncio.sleep(IDLE_SECONDS)
            except SightlineError as error:
                self.trouble = error
                log.warning("reembedding_interrupted", reason=error.reason, detail=error.message)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                self.trouble = Internal("REEMBEDDING_FAILED", "It failed unexpectedly; the log of match says how.")
                log.exception("reembedding_failed")
                await asyncio.sleep(RETRY_SECONDS)

    async def _loaded(self) -> None:
        """Returns once the gallery has what the ledger had at the start: what was made before is not made again."""
        while True:
            try:
                await self._gallery.check()
            except Unavailable as error:
                if error.reason != "GALLERY_LOADING":
                    raise
                await asyncio.sleep(IDLE_SECONDS)
            else:
                return

    async def _next(self) -> bool:
        """Works on some of the faces that wait; False: none does."""
        some = BATCH * BATCHES
        faces = self._projection.waiting(new_id(), some) or self._projection.waiting("", some)
        await self._read(faces)
        return bool(faces)

    async def _retry(self) -> bool:
        after = ""
        while faces := self._projection.failed(after, BATCH * BATCHES):
            await self._read(faces)
            after = faces[-1].id
        self._is_to_retry = False
        return True

    async def _read(self, faces: Sequence[pb.EnrolledFace]) -> None:
        batches = (faces[start : start + BATCH] for start in range(0, len(faces), BATCH))
        sequences = await asyncio.gather(*map(self._read_batch, batches))
        await self._gallery.applied(max(sequences, default=0))

    async def _read_batch(self, faces: Sequence[pb.EnrolledFace]) -> int:
        """Returns the sequence of the last template that was written."""
        references = await asyncio.gather(*map(self._reference, faces))
        crops = [each for each in references if not isinstance(each, str)]
        embedded = iter(await self._embedded(crops))
        made = [self._template(each if isinstance(each, str) else next(embedded)) for each in references]
        return max(await asyncio.gather(*map(self._write, faces, made)))

    async def _reference(self, face: pb.EnrolledFace) -> embed_service_pb2.FaceCrop | str:
        """What was kept of its picture, or the reason why that cannot be read."""
        try:
            return await self._references.get(face.id)
        except NotFound as error:
            return error.reason
        except FailedPrecondition as error:
            if error.reason != "RECORD_UNREADABLE":
                raise
            return error.reason

    async def _embedded(self, crops: Sequence[embed_service_pb2.FaceCrop]) -> list[Taken | InvalidInput]:
        """Together; where they are refused together, one by one: a bad one does not stop the others."""
        if not crops:
            return []
        try:
            faces = [(each.image, face_pb2.Face(landmarks=each.landmarks)) for each in crops]
            return await self._reader.taken_of(faces, with_references=False)
        except InvalidInput as refusal:
            if len(crops) == 1:
                return [refusal]
            return [result for each in crops for result in await self._embedded([each])]

    def _template(self, outcome: Taken | InvalidInput | str) -> records_pb2.FaceTemplate:
        template = records_pb2.FaceTemplate(embedder_id=self._embedder_id)
        if isinstance(outcome, Taken):
            template.vector.extend(outcome.vector.tolist())
        else:
            template.problem = outcome if isinstance(outcome, str) else outcome.reason
        return template

    async def _write(self, face: pb.EnrolledFace, template: records_pb2.FaceTemplate) -> int:
        # Whoever was deleted meanwhile gets no record, and above all no new key.
        if self._enrolled.kept_face(face.id) is None:
            return 0
        template.face_id = face.id
        return await self._templates.put(face, template)

    async def _sweep(self) -> None:
        """Deletes templates of faces that were deleted in the moment in which they were written."""
        if not self._projection.stray_templates(1):
            return
        # A face may stand behind its template in the ledger: its chunk was written again.
        await self._gallery.caught_up()
        for each in self._projection.stray_templates(BATCH):
            await self._gallery.applied(await self._templates.bury(each.watchlist_id, each.id))
