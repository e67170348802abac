"""Enrolled faces: looked at, and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import NotFound
from sightline.match.lone_faces import is_lone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sightline.match.erasure import Erasure
    from sightline.match.projection import GalleryProjection, KeptFace, Roll
    from sightline.match.references import References
    from sightline.v1 import embed_service_pb2
    from sightline.v1 import gallery_service_pb2 as pb


class Faces:
    """The use cases of faces that are enrolled."""

    def __init__(self, projection: GalleryProjection, references: References, erasure: Erasure) -> None:
        self._projection = projection
        self._references = references
        self._erasure = erasure

    def get(self, watchlist: pb.Watchlist, face_id: str) -> tuple[pb.EnrolledFace, pb.Person]:
        """The face, and whose it is. Raises NotFound FACE_NOT_FOUND."""
        face = self._projection.face(face_id)
        person = self._projection.person(face.person_id) if face else None
        if face is None or person is None or face.watchlist_id != watchlist.id:
            raise NotFound("FACE_NOT_FOUND", f"The watchlist '{watchlist.name}' has no face {face_id}.")
        return face, person

    def page(
        self, watchlist: pb.Watchlist, person_id: str, after: str, limit: int, face_ids: Sequence[str] = ()
    ) -> list[pb.EnrolledFace]:
        """By id, those behind `after`, of one person or (empty) of everybody; of these alone, where some are given."""
        return self._projection.faces(watchlist.id, person_id, after, limit, face_ids)

    def persons(self, faces: Iterable[pb.EnrolledFace]) -> list[pb.Person]:
        """Whose they are, each person once."""
        persons = map(self._projection.person, sorted({face.person_id for face in faces}))
        return [person for person in persons if person is not None]

    def count(self, person_id: str) -> int:
        """How many faces a person has."""
        return len(self._projection.face_ids(person_id))

    def roll(self, watchlist_id: str) -> Roll:
        """What the watchlist holds now."""
        return self._projection.roll(watchlist_id)

    async def reference(self, watchlist: pb.Watchlist, face_id: str) -> embed_service_pb2.FaceCrop:
        """What was kept of its picture. Raises NotFound FACE_NOT_FOUND or REFERENCE_NOT_FOUND."""
        face, _ = self.get(watchlist, face_id)
        return await self._references.get(face.id)

    async def delete(self, watchlist: pb.Watchlist, face_ids: Sequence[str]) -> list[str]:
        """Deletes those of the faces that are in the watchlist, and returns them once no search can find them."""
        kept = map(self._projection.kept_face, face_ids)
        found = [each for each in kept if each is not None and each.face.watchlist_id == watchlist.id]
        await self.withdraw(watchlist.id, [each.face.id for each in found])
        await self._erasure.faces(found)
        await self.erase_left({each.face.person_id for each in found})
        return [each.face.id for each in found]

    async def delete_ownerless(self, watchlist_id: str, faces: Sequence[KeptFace]) -> None:
        """Deletes faces of somebody who had been deleted before they came, and the key that came anew with them."""
        await self.withdraw(watchlist_id, [each.face.id for each in faces])
        await self._erasure.ownerless(faces)

    async def erase_left(self, person_ids: Iterable[str]) -> None:
        """Erases those of the persons who stood for a face that is not theirs any more."""
        for person_id in sorted(person_ids):
            person = self._projection.kept_person(person_id)
            if person is not None and is_lone(person) and not self._projection.face_ids(person_id):
                await self._erasure.person(person)

    async def withdraw(self, watchlist_id: str, face_ids: Collection[str]) -> None:
        """Takes those that were imported out of their chunks."""
        await self._erasure.withdraw(watchlist_id, face_ids)
