"""Faces of the gallery's SQLite copy, many at once: what an import asks and writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sightline.match import approval_rows, stray_rows, template_rows
from sightline.match.approval_rows import Standing
from sightline.match.template_rows import NOT_KEPT
from sightline.match.vectors import SetHash
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_SCHEMA = """
CREATE INDEX IF NOT EXISTS faces_by_enrolment_key ON faces (enrolment_key);
CREATE TABLE IF NOT EXISTS chunked (
    face TEXT NOT NULL, chunk TEXT NOT NULL, in_force INTEGER NOT NULL, PRIMARY KEY (face, chunk)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS chunked_by_chunk ON chunked (chunk);
CREATE TRIGGER IF NOT EXISTS face_leaves_chunk AFTER DELETE ON faces BEGIN
    DELETE FROM chunked WHERE face = old.id;
END;
CREATE TABLE IF NOT EXISTS deletions (
    id TEXT PRIMARY KEY, watchlist TEXT NOT NULL, sequence INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deletions_by_watchlist ON deletions (watchlist);
CREATE TRIGGER IF NOT EXISTS watchlist_leaves_nothing AFTER DELETE ON watchlists BEGIN
    DELETE FROM deletions WHERE watchlist = old.id;
    DELETE FROM templates WHERE watchlist = old.id;
END;
"""
SCHEMA = _SCHEMA + template_rows.SCHEMA + approval_rows.SCHEMA + stray_rows.SCHEMA
TABLES = ("chunked", "deletions", *template_rows.TABLES, *approval_rows.TABLES, *stray_rows.TABLES)
_THESE = "IN (SELECT value FROM json_each(?))"


class FaceRow(NamedTuple):
    """A face with what the copy keeps beside it.

    Attributes:
        face: who it is.
        element: what it adds to its watchlist's set hash; None: it has no template here, and cannot be found.
        enrolment_key: the ledger's record that says of which picture it is; "": there is none.
        problem: why it will get no template; "": it has one, or waits for one.
        standing: whether it may be found.
    """

    face: pb.EnrolledFace
    element: int | None
    enrolment_key: str
    problem: str = ""
    standing: Standing = Standing.COUNTS

    @property
    def rolled(self) -> list[int]:
        """What it adds to its watchlist's roll."""
        return [] if self.element is None or self.standing else [self.element]

    @property
    def values(self) -> tuple[str | bytes | int | None, ...]:
        """As the table `faces` has it."""
        face = self.face
        element = None if self.element is None else self.element.to_bytes(32, "big")
        kept = self.problem if self.element is not None or face.has_reference else NOT_KEPT
        return (
            *(face.id, face.watchlist_id, face.person_id, self.enrolment_key),
            *(element, face.SerializeToString(), kept, self.standing),
        )


@dataclass(frozen=True, slots=True)
class KnownFace:
    """Who a face is, and whether it may be found."""

    face_id: str
    person_id: str
    standing: Standing = Standing.COUNTS


class FaceRows(template_rows.TemplateRows, approval_rows.ApprovalRows, stray_rows.StrayRows):
    """The part of `sightline.match.projection.GalleryProjection` that is about many faces."""

    def put_faces(self, watchlist_id: str, chunk_id: str, rows: Sequence[FaceRow]) -> None:
        """Adds faces of a chunk, and keeps the watchlist's roll. Those that are there must have no template."""
        self._write_faces(rows)
        these = _json([row.face.id for row in rows])
        self._db.execute(f"UPDATE chunked SET in_force = 0 WHERE face {_THESE}", (these,))  # noqa: S608 - our own words
        self._db.execute("INSERT OR REPLACE INTO chunked SELECT value, ?, 1 FROM json_each(?)", (chunk_id, these))
        self._change_roll(watchlist_id, [element for row in rows for element in row.rolled], 1)

    def release(self, watchlist_id: str, rows: Sequence[FaceRow]) -> None:
        """Lets faces count that were waiting for approval, and keeps the watchlist's roll."""
        waiting = set(self.waiting_faces([row.face.id for row in rows]))
        released = [row for row in rows if row.face.id in waiting]
        self._write_faces(released)
        self._change_roll(watchlist_id, [element for row in released for element in row.rolled], 1)

    def note_chunked(self, chunk_id: str, face_ids: Collection[str]) -> None:
        """Remembers that a chunk has faces, though other records of them count."""
        query = "INSERT OR IGNORE INTO chunked SELECT value, ?, 0 FROM json_each(?)"
        self._db.execute(query, (chunk_id, _json(face_ids)))

    def known_faces(self, face_ids: Collection[str]) -> dict[str, bool]:
        """Those of the faces that are there, and whether they have a template."""
        query = f"SELECT id, element IS NOT NULL FROM faces WHERE id {_THESE}"  # noqa: S608 - our own words
        return {row[0]: bool(row[1]) for row in self._db.execute(query, (_json(face_ids),))}

    def enrolled(self, enrolment_keys: Collection[str]) -> dict[str, KnownFace]:
        """The faces that these enrolments made, by enrolment key; without those that have no template here."""
        columns = "enrolment_key, id, person, standing"
        query = f"SELECT {columns} FROM faces WHERE element IS NOT NULL AND enrolment_key {_THESE}"  # noqa: S608 - our own words
        rows = self._db.execute(query, (_json(enrolment_keys),))
        return {row[0]: KnownFace(row[1], row[2], Standing(row[3])) for row in rows}

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

    def chunks(self, face_ids: Collection[str]) -> dict[str, list[str]]:
        """In which chunks of the ledger these faces are, by face id, also where another record of them counts."""
        query = f"SELECT face, chunk FROM chunked WHERE face {_THESE}"  # noqa: S608 - our own words
        found: dict[str, list[str]] = {}
        for face_id, chunk in self._db.execute(query, (_json(face_ids),)):
            found.setdefault(face_id, []).append(chunk)
        return found

    def counted_in_chunks(self, face_ids: Collection[str]) -> set[str]:
        """Those of the faces whose record that counts is in a chunk."""
        query = f"SELECT face FROM chunked WHERE in_force AND face {_THESE}"  # noqa: S608 - our own words
        return {row[0] for row in self._db.execute(query, (_json(face_ids),))}

    def chunks_of(self, watchlist_id: str) -> list[str]:
        """All chunks of the watchlist with faces that are there."""
        query = "SELECT DISTINCT chunk FROM chunked JOIN faces ON faces.id = face WHERE watchlist = ? AND in_force"
        return [row[0] for row in self._db.execute(query, (watchlist_id,))]

    def counted_in(self, chunk_id: str) -> list[pb.EnrolledFace]:
        """The faces whose record that counts is in this chunk."""
        query = "SELECT record FROM faces WHERE id IN (SELECT face FROM chunked WHERE chunk = ? AND in_force)"
        return [pb.EnrolledFace.FromString(row[0]) for row in self._db.execute(query, (chunk_id,))]

    def drop_faces(self, watchlist_id: str, face_ids: Collection[str]) -> None:
        """Removes faces of the watchlist, and keeps its roll."""
        these = _json(face_ids)
        query = f"SELECT element FROM faces WHERE element IS NOT NULL AND standing = 0 AND id {_THESE}"  # noqa: S608 - our own words
        rows = self._db.execute(query, (these,))
        self._change_roll(watchlist_id, [int.from_bytes(row[0], "big") for row in rows], -1)
        self._db.execute(f"DELETE FROM faces WHERE id {_THESE}", (these,))  # noqa: S608 - our own words

    def ids_in(self, watchlist_id: str, after: str, limit: int) -> list[str]:
        """Ids of faces of the watchlist, behind that one, in their order."""
        query = "SELECT id FROM faces WHERE watchlist = ? AND id > ? ORDER BY id LIMIT ?"
        return [row[0] for row in self._db.execute(query, (watchlist_id, after, limit))]

    def person_rows(self, watchlist_id: str, after: int, limit: int) -> list[tuple[int, str]]:
        """Ids of persons of the watchlist, each with the number of its row: whoever comes later has a higher one."""
        # The plus keeps SQLite from sorting all of them for each page.
        query = "SELECT rowid, id FROM persons WHERE rowid > ? AND +watchlist = ? ORDER BY rowid LIMIT ?"
        return self._db.execute(query, (after, watchlist_id, limit)).fetchall()

    def _write_faces(self, rows: Iterable[FaceRow]) -> None:
        # Never by deletion: what is known of a face's chunks must stay.
        self._db.executemany(
            "INSERT INTO faces (id, watchlist, person, enrolment_key, element, record, problem, standing) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET watchlist = excluded.watchlist, "
            "person = excluded.person, enrolment_key = excluded.enrolment_key, element = excluded.element, "
            "record = excluded.record, problem = excluded.problem, standing = excluded.standing",
            [row.values for row in rows],
        )

    def _change_roll(self, watchlist_id: str, elements: Collection[int], sign: int) -> None:
        row = self._db.execute("SELECT faces, set_hash FROM watchlists WHERE id = ?", (watchlist_id,)).fetchone()
        if not elements or row is None:
            return
        before, change = SetHash(int.from_bytes(row[1], "big")), sum(elements)
        after = before.add(change) if sign > 0 else before.remove(change)
        self._db.execute(
            "UPDATE watchlists SET faces = ?, set_hash = ? WHERE id = ?",
            (row[0] + sign * len(elements), after.to_bytes(), watchlist_id),
        )


def _json(texts: Collection[str]) -> str:
    return json.dumps(list(texts))
