"""What an engine keeps beside a face's vector."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.match.index import IndexedFace

if TYPE_CHECKING:
    from collections.abc import Mapping


def payload_of(face: IndexedFace) -> dict[str, str]:
    """Opaque ids, and the sealed digest where there is one; engines know text alone."""
    payload = {"face": face.face_id, "watchlist": face.watchlist_id, "person": face.person_id}
    return payload | {"digest": base64.b64encode(face.digest).decode()} if face.digest else payload


def face_of(payload: Mapping[str, Any], vector: Any) -> IndexedFace:
    """The face as it was written."""
    digest = base64.b64decode(payload.get("digest", ""))
    numbers = np.asarray(vector, np.float32)
    return IndexedFace(payload["face"], payload["watchlist"], payload["person"], numbers, digest)
