"""Enrolments of the gallery's SQLite copy: which faces wait for somebody's approval, and which may be found."""

from __future__ import annotations

import json
from enum import IntEnum
from typing import TYPE_CHECKING

from sightline.chassis.projection import Projection, chosen_ids
from sightline.v1 import approval_service_pb2, records_pb2
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Collection

    from sightline.chassis.identity.rights import Selection

SCHEMA = """
CREATE INDEX IF NOT EXISTS faces_unlisted ON faces (id) WHERE standing = 2;
CREATE TABLE IF NOT EXISTS enrolments (
    id TEXT PRIMARY KEY, watchlist TEXT NOT NULL, import TEXT NOT NULL, approval INTEGER NOT NULL,
    made INTEGER NOT NULL, due REAL NOT NULL, record BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS enrolments_by_time ON enrolments (approval, made, id);
CREATE INDEX IF NOT EXISTS enrolments_by_import ON enrolments (import) WHERE import <> '';
CREATE TABLE IF NOT EXISTS listed (
    face TEXT NOT NULL, enrolment TEXT NOT NULL, PRIMARY KEY (face, enrolment)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS listed_by_enrolment ON listed (enrolment);
CREATE TRIGGER IF NOT EXISTS face_leaves_enrolments AFTER DELETE ON faces BEGIN
    DELETE FROM listed WHERE face = old.id;
END;
CREATE TRIGGER IF NOT EXISTS watchlist_leaves_no_enrolments AFTER DELETE ON watchlists BEGIN
    DELETE FROM listed WHERE enrolment IN (SELECT id FROM enrolments WHERE watchlist = old.id);
    DELETE FROM enrolments WHERE watchlist = old.id;
END;
"""
TABLES = ("enrolments", "listed")
_THESE = "IN (SELECT value FROM json_each(?))"
_ENDED = (pb.APPROVAL_REJECTED, pb.APPROVAL_LAPSED)


class Standing(IntEnum):
    """Whether a face may be found."""

    COUNTS = 0
    """Nobody has to agree, or somebody did."""
    LISTED = 1
    """It waits, in an enrolment that somebody can decide about."""
    UNLISTED = 2
    """It waits, and is in no enrolment, or not yet."""


class ApprovalRows(Projection):
    """The part of `sightline.match.projection.GalleryProjection` that is about approval."""

    def standing(self, face: pb.EnrolledFace) -> Standing:
        """Of a face as its own record has it."""
        if face.approval != pb.APPROVAL_PENDING:
            return Standing.COUNTS
        query = "SELECT approval FROM listed JOIN enrolments ON id = enrolment WHERE face = ?"
        found = {row[0] for row in self._db.execute(query, (face.id,))}
        if pb.APPROVAL_APPROVED in found:
            return Standing.COUNTS
        return Standing.LISTED if found else Standing.UNLISTED

    def waiting_faces(self, face_ids: Collection[str], standing: Standing | None = None) -> list[str]:
        """Those of the faces that wait for approval; only with that standing, where one is given."""
        query = f"SELECT id FROM faces WHERE standing > 0 AND (? IS NULL OR standing = ?) AND id {_THESE} ORDER BY id"  # noqa: S608 - our own words
        return [row[0] for row in self._db.execute(query, (standing, standing, json.dumps(list(face_ids))))]

    def unlisted(self, limit: int) -> list[pb.EnrolledFace]:
        """Some of the faces that wait in no enrolment: whoever made them was interrupted."""
        rows = self._db.execute("SELECT record FROM faces WHERE standing = 2 ORDER BY id LIMIT ?", (limit,))
        return [pb.EnrolledFace.FromString(row[0]) for row in rows]

    def put_enrolment(self, record: records_pb2.EnrolmentRecord) -> None:
        """Adds or changes an enrolment, and lists its faces, those too that are not here yet."""
        enrolment = record.enrolment
        made, due = enrolment.create_time.ToNanoseconds(), enrolment.decide_by_time.ToNanoseconds() / 1e9
        row = (enrolment.id, enrolment.watchlist_id, enrolment.import_id, enrolment.approval, made, due)
        values = (*row, enrolment.SerializeToString())
        self._db.execute("INSERT OR REPLACE INTO enrolments VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        faces = [(face_id, enrolment.id) for face_id in record.face_ids]
        if enrolment.approval in _ENDED:
            # What is not there is gone, and need not be looked for.
            query = "INSERT OR IGNORE INTO listed SELECT id, ?2 FROM faces WHERE id = ?1"
            self._db.executemany(query, faces)
        else:
            self._db.executemany("INSERT OR IGNORE INTO listed VALUES (?, ?)", faces)
        self._db.executemany(
            "UPDATE faces SET standing = 1 WHERE id = ? AND standing = 2", [face[:1] for face in faces]
        )

    def enrolment(self, enrolment_id: str) -> approval_service_pb2.Enrolment | None:
        """By id."""
        row = self._db.execute("SELECT record FROM enrolments WHERE id = ?", (enrolment_id,)).fetchone()
        return self._counted(row) if row else None

    def enrolment_of(self, face_id: str) -> str:
        """The id of the enrolment in which a face waits; "": in none."""
        query = "SELECT enrolment FROM listed JOIN enrolments ON id = enrolment WHERE face = ? AND approval = ? LIMIT 1"
        row = self._db.execute(query, (face_id, pb.APPROVAL_PENDING)).fetchone()
        return row[0] if row else ""

    def enrolments(
        self, chosen: Selection, watchlist_id: str, approval: pb.Approval, after: tuple[int, str], limit: int
    ) -> list[approval_service_pb2.Enrolment]:
        """By time (nanoseconds) and id, those behind `after`; of one watchlist, or ("") of all the chosen ones."""
        query = (
            "SELECT record FROM enrolments WHERE approval = ? AND (made, id) > (?, ?) AND (? = '' OR watchlist = ?) "
            "AND (? OR watchlist IN (SELECT value FROM json_each(?))) ORDER BY made, id LIMIT ?"
        )
        values = (approval, *after, watchlist_id, watchlist_id, *chosen_ids(chosen), limit)
        return [self._counted(row) for row in self._db.execute(query, values).fetchall()]

    def pending_of_import(self, import_id: str) -> list[approval_service_pb2.Enrolment]:
        """All of an import that nobody has decided about."""
        query = "SELECT record FROM enrolments WHERE import = ? AND import <> '' AND approval = ? ORDER BY made, id"
        rows = self._db.execute(query, (import_id, pb.APPROVAL_PENDING)).fetchall()
        return [self._counted(row) for row in rows]

    def overdue_enrolments(self, now: float, limit: int) -> list[approval_service_pb2.Enrolment]:
        """Some of those about which nobody decided in time, in seconds since 1970."""
        query = "SELECT record FROM enrolments WHERE approval = ? AND due <= ? ORDER BY made LIMIT ?"
        rows = self._db.execute(query, (pb.APPROVAL_PENDING, now, limit)).fetchall()
        return [self._counted(row) for row in rows]

    def ending_enrolments(self, limit: int) -> list[approval_service_pb2.Enrolment]:
        """Some of those that are to be erased and of which there are faces."""
        query = (
            "SELECT record FROM enrolments WHERE approval IN (?, ?) AND EXISTS (SELECT 1 FROM listed "
            "JOIN faces ON faces.id = face AND standing > 0 WHERE enrolment = enrolments.id) LIMIT ?"
        )
        return [self._counted(row) for row in self._db.execute(query, (*_ENDED, limit)).fetchall()]

    def faces_of_enrolment(self, enrolment_id: str) -> list[pb.EnrolledFace]:
        """Those that are there, by id."""
        query = "SELECT record FROM faces WHERE id IN (SELECT face FROM listed WHERE enrolment = ?) ORDER BY id"
        return [pb.EnrolledFace.FromString(row[0]) for row in self._db.execute(query, (enrolment_id,))]

    def _counted(self, row: tuple[bytes]) -> approval_service_pb2.Enrolment:
        enrolment = approval_service_pb2.Enrolment.FromString(row[0])
        query = (
            "SELECT count(*), count(DISTINCT person) FROM faces "
            "WHERE id IN (SELECT face FROM listed WHERE enrolment = ?)"
        )
        faces, persons = self._db.execute(query, (enrolment.id,)).fetchone()
        enrolment.face_count, enrolment.person_count = faces, persons
        return enrolment
