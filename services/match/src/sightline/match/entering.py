"""Faces on their way into an index that does not answer yet, turned as it keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.match.index import FaceSink, IndexedFace
    from sightline.match.space import Space


class Entering:
    """A FaceSink in front of one that takes faces as they are kept in a space."""

    def __init__(self, sink: FaceSink, space: Space) -> None:
        self._sink = sink
        self._space = space

    async def put(self, faces: Sequence[IndexedFace]) -> None:
        """See FaceSink."""
        await self._sink.put(self._space.entering(faces))

    async def remove(self, face_ids: Sequence[str]) -> None:
        """See FaceSink."""
        await self._sink.remove(face_ids)

    async def clear(self) -> None:
        """See FaceSink."""
        await self._sink.clear()

    async def size(self) -> int:
        """See FaceSink."""
        return await self._sink.size()
