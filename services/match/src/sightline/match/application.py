"""What somebody who enrols asks for, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sightline.match.enrolment_keys import picture_bytes
from sightline.match.selection import Wish
from sightline.v1 import embed_service_pb2, face_pb2
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.match.inference import Taken
    from sightline.match.selection import Placed


@dataclass(frozen=True, eq=False)
class Application:
    """Who is to be enrolled, with what, and why.

    Attributes:
        source: a picture, a face that was found in one, or a template.
        wish: which faces of a picture are meant.
        gate: how good they have to be.
        requester: stable subject of who asks for it.
        external_image_id: the customer's id of the picture, and `image_id` ours; kept with the faces.
    """

    watchlist: pb.Watchlist
    external_id: str
    display_name: str
    source: face_pb2.Image | embed_service_pb2.FaceCrop | pb.TrustedTemplate
    purpose: str
    case_reference: str
    wish: Wish = field(default_factory=Wish)
    gate: pb.QualityGate = pb.QUALITY_GATE_UNSPECIFIED
    requester: str = ""
    external_image_id: str = ""
    image_id: str = ""

    @property
    def whose(self) -> str:
        """What beside its content makes an enrolment the same one again: the person, else the picture's own id."""
        return self.external_id or f"\x01{self.external_image_id}"

    def content(self, place: int) -> bytes:
        """What makes the face at that place of the picture the same one again."""
        if isinstance(self.source, pb.TrustedTemplate):
            return b"template\0" + np.asarray(self.source.vector, "<f4").tobytes()
        if isinstance(self.source, embed_service_pb2.FaceCrop):
            return b"crop\0" + self.source.SerializeToString(deterministic=True)
        # The largest face of a picture is the picture, however it is asked for.
        return picture_bytes(self.source) + (b"\0face %d" % place if place else b"")


@dataclass(frozen=True, eq=False)
class Accepted:
    """A face that is good enough, with its template."""

    placed: Placed
    taken: Taken
    warnings: list[pb.EnrolmentIssue]


@dataclass(frozen=True, eq=False)
class Enrolled:
    """What became of an application: at least one face that is enrolled now, or waits for approval.

    Where each face has a person of its own there may be none, and `person` is that of the first.
    """

    person: pb.Person | None
    faces: list[pb.FaceEnrolment]
    unenrolled: list[pb.UnenrolledFace]
    enrolment_id: str = ""
    """In which the first face waits."""

    @property
    def face(self) -> pb.EnrolledFace:
        """The first."""
        return self.faces[0].face

    @property
    def created(self) -> bool:
        """Whether the first is new."""
        return self.faces[0].created
