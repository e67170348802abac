"""Whether the index holds what the gallery says: the same faces with the very same vectors."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sightline.match.vectors import SetHash, vector_hash

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from sightline.match.index import FaceIndex, IndexedFace

# Progress is told every so many faces.
TELL_EVERY = 5000


@dataclass
class Drift:
    """Ids of faces in which an index is not what the gallery says.

    Attributes:
        missing: in the gallery alone.
        surplus: in the index alone.
        differing: in both, with another vector.
    """

    missing: set[str] = field(default_factory=set)
    surplus: set[str] = field(default_factory=set)
    differing: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.missing or self.surplus or self.differing)

    def __and__(self, other: Drift) -> Drift:
        """What both say."""
        return Drift(self.missing & other.missing, self.surplus & other.surplus, self.differing & other.differing)


@dataclass(frozen=True)
class Progress:
    """Faces that were compared, of about how many."""

    checked: int
    expected: int


class GalleryCheck:
    """Compares an index with the projection of the ledger, while both go on changing.

    Args:
        index: the index.
        path: the projection's file, which is read beside whoever writes it.
    """

    def __init__(self, index: FaceIndex, path: Path) -> None:
        self._index = index
        self._path = path

    async def run(self) -> AsyncIterator[Progress | Drift]:
        """How far it is, again and again, and in the end what was found.

        A face that is being enrolled or deleted meanwhile may be in one and not yet in the other: what is found is
        looked at a second time, and counts if it is still so.
        """
        drift = Drift()
        async for found in self._look():
            if isinstance(found, Drift):
                drift = found
            else:
                yield found
        if drift:
            async for found in self._look():
                if isinstance(found, Drift):
                    drift &= found
        yield drift

    async def _look(self) -> AsyncIterator[Progress | Drift]:
        drift, seen, expected, told = Drift(), set[str](), await self._index.size(), 0
        yield Progress(0, expected)
        with closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)) as gallery:
            async for block in self._index.faces():
                _compare(gallery, block, drift)
                seen.update(face.face_id for face in block)
                if len(seen) - told >= TELL_EVERY:
                    told = len(seen)
                    yield Progress(told, max(told, expected))
            yield Progress(len(seen), max(len(seen), expected))
            drift.missing = await _not_in(gallery, seen)
        yield drift


def _compare(gallery: sqlite3.Connection, block: Sequence[IndexedFace], drift: Drift) -> None:
    ids = json.dumps([face.face_id for face in block])
    query = (
        "SELECT id, element FROM faces WHERE element IS NOT NULL AND standing = 0 "
        "AND id IN (SELECT value FROM json_each(?))"
    )
    rows = gallery.execute(query, (ids,))
    known: dict[str, bytes] = dict(rows)
    for face in block:
        element = SetHash.element(face.face_id, face.digest or vector_hash(face.vector)).to_bytes(32, "big")
        if face.face_id not in known:
            drift.surplus.add(face.face_id)
        elif known[face.face_id] != element:
            drift.differing.add(face.face_id)


async def _not_in(gallery: sqlite3.Connection, seen: set[str]) -> set[str]:
    missing, after = set[str](), ""
    query = "SELECT id FROM faces WHERE element IS NOT NULL AND standing = 0 AND id > ? ORDER BY id LIMIT 2000"
    while rows := gallery.execute(query, (after,)).fetchall():
        missing.update(face_id for (face_id,) in rows if face_id not in seen)
        after = rows[-1][0]
        await asyncio.sleep(0)
    return missing
