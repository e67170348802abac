"""What an engine keeps beside a face's vector."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.match.index import IndexedFace

if TYPE_CHECKING:
    from collections.abc import Mapping


def payload_of(face: IndexedFace) -> dict[str, str]:
    """Opaque ids, and the sealed digest where there is one; engines know text alone.

    What no search asks for is one text: an engine in this process takes 8 µs for each value.
    """
    digest = base64.b64encode(face.digest).decode()
    return {"watchlist": face.watchlist_id, "face": f"{face.face_id}\n{face.person_id}\n{digest}"}


def ids_of(payload: Mapping[str, Any]) -> tuple[str, str, str]:
    """The face, the person, and the digest as text."""
    face_id, *others = payload["face"].split("\n")
    # In indexes of before each of them is a value of its own.
    person_id, digest = others or (payload["person"], payload.get("digest", ""))
    return face_id, person_id, digest


def face_of(payload: Mapping[str, Any], vector: Any) -> IndexedFace:
    """The face as it was written."""
    face_id, person_id, digest = ids_of(payload)
    numbers = np.asarray(vector, np.float32)
    return IndexedFace(face_id, payload["watchlist"], person_id, numbers, base64.b64decode(digest))
