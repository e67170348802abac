"""Before somebody is enrolled: which faces are meant, and whether they are good enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.quality_gate import issues
from sightline.match.application import Accepted
from sightline.match.inference import Taken, require_embedder
from sightline.match.persons import person_id_of
from sightline.match.selection import Placed, choose
from sightline.match.vectors import checked
from sightline.v1 import embed_service_pb2, face_pb2
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.match.application import Application
    from sightline.match.inference import FaceReader
    from sightline.match.likeness import Likeness


class Examination:
    """Looks at the faces of an application; those that fail are said with their reasons."""

    def __init__(self, reader: FaceReader, likeness: Likeness, embedder_id: str, dimension: int) -> None:
        self._reader = reader
        self._likeness = likeness
        self._embedder_id = embedder_id
        self._dimension = dimension

    async def look(self, application: Application) -> tuple[list[Placed], list[pb.UnenrolledFace]]:
        """The faces that are meant and good, and the others.

        Of a face that was found elsewhere nothing was measured, so nothing is asked.

        Raises:
            InvalidInput: what `choose` refuses, or what detect says of an unreadable picture.
        """
        source = application.source
        if isinstance(source, pb.TrustedTemplate):
            return [Placed(0, face_pb2.Face())], []
        if isinstance(source, embed_service_pb2.FaceCrop):
            return [Placed(0, face_pb2.Face(landmarks=source.landmarks))], []
        meant, too_many = choose(await self._reader.faces(source), application.wish)
        flawed = [(each, issues(each.face, application.gate)) for each in meant]
        refused = [pb.UnenrolledFace(face=each.face, reasons=reasons) for each, reasons in flawed if reasons]
        good, left = application.wish.among_good([each for each, reasons in flawed if not reasons])
        return list(good), refused + [_too_many(each) for each in (*left, *too_many)]

    async def accept(
        self, application: Application, placed: Sequence[Placed]
    ) -> tuple[list[Accepted], list[pb.UnenrolledFace]]:
        """Makes templates, and compares them with the other persons of the watchlist.

        Raises:
            InvalidInput: TEMPLATE_INVALID, or what embed says of a face.
            FailedPrecondition: EMBEDDER_DIFFERS.
        """
        accepted, refused = [], []
        for each, taken in zip(placed, await self._taken(application, placed), strict=True):
            warnings = await self._warnings(application, taken)
            if warnings and application.gate == pb.QUALITY_GATE_STRICT:
                refused.append(pb.UnenrolledFace(face=each.face, reasons=map(_refusal, warnings)))
            else:
                accepted.append(Accepted(each, taken, warnings))
        return accepted, refused

    async def _taken(self, application: Application, placed: Sequence[Placed]) -> list[Taken]:
        source = application.source
        if not placed:
            return []
        if isinstance(source, pb.TrustedTemplate):
            require_embedder(source.embedder_id, self._embedder_id)
            return [Taken(checked(source.vector, self._dimension))]
        image = source.image if isinstance(source, embed_service_pb2.FaceCrop) else source
        faces = [each.face for each in placed]
        return await self._reader.taken(image, faces, with_references=application.watchlist.keep_references)

    async def _warnings(self, application: Application, taken: Taken) -> list[pb.EnrolmentIssue]:
        if application.gate == pb.QUALITY_GATE_OFF or application.wish.is_for_each:
            return []
        person_id = person_id_of(application.watchlist.id, application.external_id)
        issue = await self._likeness.issue(taken.vector, application.watchlist, person_id)
        return [issue] if issue else []


def _refusal(warning: pb.EnrolmentIssue) -> pb.EnrolmentIssue:
    advice = "The strict gate refuses that; the standard one enrols the face and warns of it."
    refusal = pb.EnrolmentIssue()
    refusal.CopyFrom(warning)
    refusal.message = f"{warning.message} {advice}"
    return refusal


def _too_many(placed: Placed) -> pb.UnenrolledFace:
    message = "More faces are in the picture than are to be enrolled: raise max_faces, or select this one by its box."
    return pb.UnenrolledFace(face=placed.face, reasons=[pb.EnrolmentIssue(reason="EXCEEDS_MAX_FACES", message=message)])
