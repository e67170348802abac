"""Faces of whom nobody has said whose they are: each has a person of its own, who comes and goes with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.v1 import gallery_service_pb2 as pb

PREFIX = "face:"
LIKE = PREFIX + "_" * 26
"""External ids of such persons, as SQL's LIKE has it."""
_NAME = re.compile(PREFIX + "[a-z0-9]{26}")


def lone_name(face_id: str) -> str:
    """The external id of the person who stands for that face."""
    return PREFIX + face_id


def is_lone(person: pb.Person) -> bool:
    """Whether they stand for one face, and for nobody who is known."""
    return _NAME.fullmatch(person.external_id) is not None
