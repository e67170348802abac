"""What is searched for: faces of a picture, an enrolled face, a person, or a template that somebody brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound, Unavailable
from sightline.chassis.fusion import fused
from sightline.match.inference import require_embedder
from sightline.match.persons import no_person, person_id_of
from sightline.match.vectors import checked
from sightline.v1 import face_pb2
from sightline.v1 import search_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.chassis.pack import Pack
    from sightline.match.inference import FaceReader
    from sightline.match.projection import GalleryProjection
    from sightline.match.vectors import Vector
    from sightline.v1 import gallery_service_pb2

    Asked: TypeAlias = pb.SearchFacesRequest | pb.SearchPersonsRequest | pb.BatchProbe


class TemplateStore(Protocol):
    """Where the templates of enrolled faces can be had."""

    async def vectors(self, face_ids: Sequence[str]) -> dict[str, Vector]:
        """Those of these faces that are there, by face id."""


@dataclass(frozen=True, slots=True)
class Sought:
    """One template to be searched for, the face that it is of, and the faces that are no answer: its own."""

    vector: Vector
    face: face_pb2.Face
    own_faces: frozenset[str] = frozenset()


class Probes:
    """Makes templates of whatever a request holds."""

    def __init__(self, reader: FaceReader, templates: TemplateStore, projection: GalleryProjection, pack: Pack) -> None:
        self._reader = reader
        self._templates = templates
        self._projection = projection
        self._pack = pack

    async def read(
        self,
        asked: Asked,
        probe_watchlist: gallery_service_pb2.Watchlist | None,
        which: pb.ProbeFaces = pb.PROBE_FACES_LARGEST,
    ) -> list[Sought]:
        """The templates of a probe: one, or with PROBE_FACES_EVERY one for each face of the picture, largest first.

        Args:
            asked: a message with the oneof `probe`.
            probe_watchlist: the one that an enrolled face or person is of.
            which: of a picture's faces.

        Raises:
            InvalidInput: NO_FACE, SEVERAL_FACES, TEMPLATE_INVALID, PROBE_WATCHLIST_MISSING, or what detect says of an
                unreadable picture.
            NotFound: FACE_NOT_FOUND or PERSON_NOT_FOUND.
            FailedPrecondition: EMBEDDER_DIFFERS; FACE_NOT_MIGRATED, it has no template of the model in use;
                FACE_NOT_APPROVED.
        """
        kind = asked.WhichOneof("probe")
        if kind == "image":
            return await self._of_picture(asked.image, which)
        if kind == "template":
            return [self._of_template(asked.template)]
        if probe_watchlist is None:
            message = "Name the watchlist that the face or person is of as probe_watchlist."
            raise InvalidInput("PROBE_WATCHLIST_MISSING", message)
        if kind == "face_id":
            return [await self._of_face(asked.face_id, probe_watchlist)]
        return [await self._of_person(asked.person, probe_watchlist)]

    async def fused(self, face_ids: Sequence[str]) -> Vector:
        """One template of several of a person: their mean, of unit length, in which each counts the same.

        Raises:
            Unavailable: TEMPLATES_CHANGING, the index does not have them, or not yet.
        """
        vectors = await self._templates.vectors(face_ids)
        if not vectors:
            raise Unavailable("TEMPLATES_CHANGING", "The templates are being changed: try again.")
        return fused((1.0, vector) for vector in vectors.values())

    async def _of_picture(self, image: face_pb2.Image, which: pb.ProbeFaces) -> list[Sought]:
        faces = await self._reader.faces(image)
        if not faces:
            message = "There is no face in the picture: use one that shows a face from the front."
            raise InvalidInput("NO_FACE", message)
        if which == pb.PROBE_FACES_ONLY and len(faces) > 1:
            message = f"There are {len(faces)} faces in the picture: crop it, or search for the largest or for all."
            raise InvalidInput("SEVERAL_FACES", message)
        chosen = faces if which == pb.PROBE_FACES_EVERY else faces[:1]
        vectors = await self._reader.templates(image, chosen)
        return [Sought(vector, face) for vector, face in zip(vectors, chosen, strict=True)]

    def _of_template(self, template: pb.ProbeTemplate) -> Sought:
        require_embedder(template.embedder_id, self._pack.embedder_id)
        return Sought(checked(template.vector, self._pack.embedder.dimension), face_pb2.Face())

    async def _of_face(self, face_id: str, watchlist: gallery_service_pb2.Watchlist) -> Sought:
        face = self._projection.face(face_id)
        if face is None or face.watchlist_id != watchlist.id or self._projection.person(face.person_id) is None:
            raise NotFound("FACE_NOT_FOUND", f"The watchlist '{watchlist.name}' has no face {face_id}.")
        self._require_found([face_id])
        return Sought(await self.fused([face_id]), face.face, frozenset([face_id]))

    async def _of_person(self, name: str, watchlist: gallery_service_pb2.Watchlist) -> Sought:
        person = self._projection.person(name)
        if person is None or person.watchlist_id != watchlist.id:
            person = self._projection.person(person_id_of(watchlist.id, name))
        if person is None:
            raise no_person(watchlist, name)
        face_ids = self._projection.face_ids(person.id)
        if not face_ids:
            raise NotFound("FACE_NOT_FOUND", f"No face of '{name}' is enrolled.")
        self._require_found(face_ids)
        return Sought(await self.fused(face_ids), face_pb2.Face(), frozenset(face_ids))

    def _require_found(self, face_ids: Sequence[str]) -> None:
        if any(map(self._projection.is_found, face_ids)):
            return
        if self._projection.waiting_faces(face_ids):
            raise FailedPrecondition("FACE_NOT_APPROVED", "This face waits for approval: nobody searches with it.")
        raise FailedPrecondition(
            "FACE_NOT_MIGRATED", "The model in use has no template of this face: enrol its picture again."
        )
