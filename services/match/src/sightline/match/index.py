"""What match needs of a vector store, whichever engine is behind it."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from sightline.match.index_status import IndexStatus
    from sightline.match.space import Space
    from sightline.match.vectors import Vector

# Qdrant takes integers and UUIDs as ids; ours are longer, so a point gets the UUID that belongs to its face id.
_NAMESPACE = uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")


class IndexedFace(NamedTuple):
    """A face as the index holds it: unit vector, and by what it is filtered.

    `digest` is the SHA-256 of the vector as the ledger has it; empty: that of `vector`. Inside an index that is turned
    it is sealed.
    """

    face_id: str
    watchlist_id: str
    person_id: str
    vector: Vector
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Hit:
    """An enrolled face near a probe, with the cosine of the two."""

    face_id: str
    person_id: str
    cosine: float


@dataclass(frozen=True, slots=True)
class Probe:
    """One search: at most `limit` faces of the watchlist; `exact` compares with every one of them."""

    vector: Vector
    watchlist_id: str
    limit: int
    exact: bool = False


class FaceSink(Protocol):
    """Takes faces in. Every write is applied when the call returns, and the last one of a face counts."""

    async def put(self, faces: Sequence[IndexedFace]) -> None:
        """Adds faces, or replaces those with the same id."""

    async def remove(self, face_ids: Sequence[str]) -> None:
        """Removes faces; those that are not there are ignored."""

    async def clear(self) -> None:
        """Removes everything."""

    async def size(self) -> int:
        """How many faces it holds."""


class FaceSource(Protocol):
    """Where the faces of a new index come from."""

    async def expected(self) -> int:
        """About how many faces there will be; for progress."""

    async def pour(self, sink: FaceSink) -> None:
        """Writes all of them into the sink; what changes meanwhile may be missing."""


class FaceIndex(FaceSink, Protocol):
    """Finds the enrolled faces nearest to a probe."""

    async def nearest(self, vector: Vector, watchlist_id: str, limit: int, *, exact: bool = False) -> list[Hit]:
        """At most `limit` faces of the watchlist, the most similar first."""

    async def nearest_many(self, probes: Sequence[Probe]) -> list[list[Hit]]:
        """As `nearest`, for several probes together; one list for each, in their order."""

    async def vectors(self, face_ids: Sequence[str]) -> dict[str, Vector]:
        """Of those of these faces that are there, by face id: as they were put, to the rounding of float32."""

    def faces(self) -> AsyncIterator[list[IndexedFace]]:
        """All of them in blocks, as they were put, the vectors to rounding; what changes meanwhile may be missing."""

    async def rebuild(self, source: FaceSource | None = None) -> None:
        """Makes the index anew while it goes on answering and taking changes; returns once the new one answers.

        What was deleted leaves the disk with the old one. The new one is in the space that is current by then.
        Cancelling it leaves the old one as it was.

        Args:
            source: where the faces come from; None: from this index itself.

        Raises:
            Conflict: REBUILD_RUNNING, one is being made already.
            Internal: REBUILD_FAILED.
        """

    async def status(self) -> IndexStatus:
        """How it is."""

    async def check(self) -> None:
        """Raises unless the index answers; for health."""


class Keeper(Protocol):
    """An index that can be copied."""

    async def size(self) -> int:
        """How many faces it holds."""

    def kept(self, space: Space) -> AsyncIterator[list[IndexedFace]]:
        """All faces in blocks, as that space keeps them."""


class Copy:
    """The faces that an index has, as a space keeps them: a FaceSource."""

    def __init__(self, index: Keeper, space: Space) -> None:
        self._index = index
        self._space = space

    async def expected(self) -> int:
        """See FaceSource."""
        return await self._index.size()

    async def pour(self, sink: FaceSink) -> None:
        """See FaceSource."""
        async for block in self._index.kept(self._space):
            await sink.put(block)


def point_id(face_id: str) -> str:
    """The id of a face's point: the UUID by its name, version 5 (RFC 9562, 5.5)."""
    # As `uuid.uuid5` makes it, in a third of the time: each face of an import needs one.
    digest = bytearray(hashlib.sha1(_NAMESPACE.bytes + face_id.encode(), usedforsecurity=False).digest()[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x50, digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
