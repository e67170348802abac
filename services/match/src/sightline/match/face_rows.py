"""Faces of the gallery's SQLite copy, many at once: what an import asks and writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.projection import Projection
from sightline.match.vectors import SetHash

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sightline.v1 import gallery_service_pb2 as pb

SCHEMA = """
CREATE INDEX IF NOT EXISTS faces_by_enrolment_key ON faces (enrolment_key);
CREATE TABLE IF NOT EXISTS chunked (face TEXT PRIMARY KEY, chunk TEXT NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS face_leaves_chunk AFTER DELETE ON faces BEGIN
    DELETE FROM chunked WHERE face = old.id;
END;
CREATE TABLE IF NOT EXISTS deletions (
    id TEXT PRIMARY KEY, watchlist TEXT NOT NULL, sequence INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deletions_by_watchlist ON deletions (watchlist);
CREATE TRIGGER IF NOT EXISTS watchlist_leaves_deletions AFTER DELETE ON watchlists BEGIN
    DELETE FROM deletions WHERE watchlist = old.id;
END;
"""
TABLES = ("chunked", "deletions")
_THESE = "IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class FaceRow:
    """A face with what the copy keeps beside it."""

    face: pb.EnrolledFace
    element: int
    enrolment_key: str


@dataclass(frozen=True, slots=True)
class KnownFace:
    """Who a face is."""

    face_id: str
    person_id: str


class FaceRows(Projection):
    """The part of `sightline.match.projection.GalleryProjection` that is about many faces."""

    def put_faces(self, watchlist_id: str, chunk_id: str, rows: Sequence[FaceRow]) -> None:
        """Adds faces of a chunk, none of which is there, and keeps the watchlist's roll."""
        self._db.executemany(
            "INSERT INTO faces (id, watchlist, person, enrolment_key, element, record) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    row.face.id,
                    watchlist_id,
                    row.face.person_id,
                    row.enrolment_key,
                    row.element.to_bytes(32, "big"),
                    row.face.SerializeToString(),
                )
                for row in rows
            ],
        )
        self._db.executemany("INSERT INTO chunked VALUES (?, ?)", [(row.face.id, chunk_id) for row in rows])
        size, kept = self._db.execute("SELECT faces, set_hash FROM watchlists WHERE id = ?", (watchlist_id,)).fetchone()
        after = SetHash(int.from_bytes(kept, "big")).add(sum(row.element for row in rows))
        self._db.execute(
            "UPDATE watchlists SET faces = ?, set_hash = ? WHERE id = ?",
            (size + len(rows), after.to_bytes(), watchlist_id),
        )

    def known_faces(self, face_ids: Collection[str]) -> set[str]:
        """Those of the faces that are there."""
        return {row[0] for row in self._db.execute(f"SELECT id FROM faces WHERE id {_THESE}", (_json(face_ids),))}  # noqa: S608 - our own words

    def enrolled(self, enrolment_keys: Collection[str]) -> dict[str, KnownFace]:
        """The faces that these enrolments made, by enrolment key."""
        query = f"SELECT enrolment_key, id, person FROM faces WHERE enrolment_key {_THESE}"  # noqa: S608 - our own words
        return {row[0]: KnownFace(row[1], row[2]) for row in self._db.execute(query, (_json(enrolment_keys),))}

    def put_deletion(self, watchlist_id: str, record_id: str, sequence: int) -> None:
        """Remembers the tombstone of an enrolment key, whose picture makes another face from then on, or a person."""
        self._db.execute("INSERT OR REPLACE INTO deletions VALUES (?, ?, ?)", (record_id, watchlist_id, sequence))

    def deletions(self, record_ids: Collection[str]) -> dict[str, int]:
        """Of those enrolment keys and persons that were deleted once, the ledger's sequence at which that was."""
        query = f"SELECT id, sequence FROM deletions WHERE id {_THESE}"  # noqa: S608 - our own words
        return dict(self._db.execute(query, (_json(record_ids),)))

    def known_persons(self, person_ids: Collection[str]) -> set[str]:
        """Those of the persons who are there, also those who have expired."""
        return {row[0] for row in self._db.execute(f"SELECT id FROM persons WHERE id {_THESE}", (_json(person_ids),))}  # noqa: S608 - our own words

    def chunks(self, face_ids: Collection[str]) -> dict[str, str]:
        """In which chunks of the ledger these faces are, by face id; those with a record of their own are in none."""
        query = f"SELECT face, chunk FROM chunked WHERE face {_THESE}"  # noqa: S608 - our own words
        return dict(self._db.execute(query, (_json(face_ids),)))

    def chunks_of(self, watchlist_id: str) -> list[str]:
        """All chunks of the watchlist with faces that are there."""
        query = "SELECT DISTINCT chunk FROM chunked JOIN faces ON faces.id = face WHERE watchlist = ?"
        return [row[0] for row in self._db.execute(query, (watchlist_id,))]


def _json(texts: Collection[str]) -> str:
    return json.dumps(list(texts))
