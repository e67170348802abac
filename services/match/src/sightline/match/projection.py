"""A SQLite copy of the ledger for lists, names and counts. A cache: it can be deleted and is built again."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.chassis.etag import etag_of
from sightline.chassis.identity.rights import EVERYTHING
from sightline.chassis.projection import chosen_ids
from sightline.match import face_rows
from sightline.match.lone_faces import LIKE
from sightline.match.vectors import SetHash
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from sightline.chassis.identity.rights import Selection

SCHEMA = """
CREATE TABLE IF NOT EXISTS watchlists (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, record BLOB NOT NULL,
    set_hash BLOB NOT NULL, faces INTEGER NOT NULL, expires REAL);
CREATE TABLE IF NOT EXISTS persons (
    id TEXT PRIMARY KEY, watchlist TEXT NOT NULL, external_id TEXT NOT NULL, record BLOB NOT NULL,
    display_name TEXT NOT NULL, expires REAL);
CREATE UNIQUE INDEX IF NOT EXISTS persons_by_external_id ON persons (watchlist, external_id);
CREATE INDEX IF NOT EXISTS persons_by_expiry ON persons (expires) WHERE expires IS NOT NULL;
CREATE INDEX IF NOT EXISTS persons_by_end ON persons (watchlist, expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS faces (
    id TEXT PRIMARY KEY, watchlist TEXT NOT NULL, person TEXT NOT NULL, enrolment_key TEXT NOT NULL,
    element BLOB, record BLOB NOT NULL, problem TEXT NOT NULL, standing INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS faces_by_watchlist ON faces (watchlist, id);
CREATE INDEX IF NOT EXISTS faces_by_person ON faces (person);
"""
_CACHE_KB = 32_000
_JOURNAL_PAGES = 8_000
"""Of 4 kB, before they are brought from the journal into the file."""
_FACES = "SELECT record FROM faces WHERE watchlist = ? AND (? = '' OR person = ?) AND id > ? "
_AMONG_THESE, _AMONG_ALL = "AND id IN (SELECT value FROM json_each(?)) ", "AND ? = '[]' "
_LASTING = "AND person NOT IN (SELECT id FROM persons WHERE expires <= ?) ORDER BY id LIMIT ?"


@dataclass(frozen=True)
class Roll:
    """What a watchlist held at one moment: how many faces, and the hash over them."""

    size: int
    set_hash: bytes


@dataclass(frozen=True)
class KeptFace:
    """A face, and the id of the ledger's record that says of which picture it is; "" where there is none."""

    face: pb.EnrolledFace
    enrolment_key: str


class GalleryProjection(face_rows.FaceRows):
    """Watchlists, persons and faces as the ledger has them; see `sightline.chassis.projection`.

    What has expired is not there for whoever asks, from that moment on and until its deletion; only what begins with
    `kept_` or `expired_` shows it.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        """`now` is the time in seconds since 1970."""
        super().__init__(path, SCHEMA + face_rows.SCHEMA, ("watchlists", "persons", "faces", *face_rows.TABLES))
        # An import changes pages all over the indexes of ids: SQLite's own 2 MB have no room for those of one chunk.
        self._db.execute(f"PRAGMA cache_size = {-_CACHE_KB}")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {_JOURNAL_PAGES}")
        self._clock = now

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock()

    # Watchlists

    def put_watchlist(self, watchlist: pb.Watchlist) -> None:
        """Adds or changes a watchlist; its roll stays."""
        # Whoever had the name has another one by now, or is deleted: a later entry says so.
        self._db.execute(
            "UPDATE watchlists SET name = '~' || id WHERE name = ? AND id <> ?", (watchlist.name, watchlist.id)
        )
        self._db.execute(
            "INSERT INTO watchlists VALUES (?, ?, ?, ?, 0, ?) ON CONFLICT (id) DO UPDATE "
            "SET name = excluded.name, record = excluded.record, expires = excluded.expires",
            (
                watchlist.id,
                watchlist.name,
                watchlist.SerializeToString(deterministic=True),
                SetHash().to_bytes(),
                _expires(watchlist),
            ),
        )

    def drop_watchlist(self, watchlist_id: str) -> None:
        """Removes the watchlist with all in it."""
        for table in ("faces", "persons"):
            self._db.execute(f"DELETE FROM {table} WHERE watchlist = ?", (watchlist_id,))  # noqa: S608 - our own names
        self._db.execute("DELETE FROM watchlists WHERE id = ?", (watchlist_id,))

    def watchlist(self, id_or_name: str) -> pb.Watchlist | None:
        """By id, else by name."""
        query = "SELECT record, faces FROM watchlists WHERE {} = ? AND coalesce(expires > ?, TRUE)"
        values = (id_or_name, self.now())
        row = self._one(query.format("id"), *values) or self._one(query.format("name"), *values)
        return _watchlist(row) if row else None

    def kept_watchlist(self, watchlist_id: str) -> pb.Watchlist | None:
        """By id, also where it has expired."""
        row = self._one("SELECT record, faces FROM watchlists WHERE id = ?", watchlist_id)
        return _watchlist(row) if row else None

    def watchlists(
        self, after: str = "", limit: int = -1, chosen: Selection = EVERYTHING, prefix: str = ""
    ) -> list[pb.Watchlist]:
        """By name, those of the chosen ones that are behind the name `after`, and whose name begins with `prefix`."""
        query = (
            "SELECT record, faces FROM watchlists WHERE name > ? AND substr(name, 1, ?) = ? "
            "AND coalesce(expires > ?, TRUE) AND (? OR id IN (SELECT value FROM json_each(?))) ORDER BY name LIMIT ?"
        )
        values = (after, len(prefix), prefix, self.now(), *chosen_ids(chosen), limit)
        return [_watchlist(row) for row in self._db.execute(query, values)]

    def expired_watchlists(self) -> list[pb.Watchlist]:
        """Those that are to be deleted."""
        query = "SELECT record, faces FROM watchlists WHERE expires <= ? ORDER BY id"
        return [_watchlist(row) for row in self._db.execute(query, (self.now(),))]

    def roll(self, watchlist_id: str) -> Roll:
        """What the watchlist holds now."""
        row = self._one("SELECT faces, set_hash FROM watchlists WHERE id = ?", watchlist_id)
        return Roll(row[0], row[1]) if row else Roll(0, SetHash().to_bytes())

    # Persons

    def put_person(self, person: pb.Person) -> None:
        """Adds or changes a person."""
        self._db.execute(
            "INSERT OR REPLACE INTO persons VALUES (?, ?, ?, ?, ?, ?)",
            (
                person.id,
                person.watchlist_id,
                person.external_id,
                person.SerializeToString(deterministic=True),
                person.display_name.casefold(),
                _expires(person),
            ),
        )

    def drop_person(self, person_id: str) -> None:
        """Removes the person."""
        self._db.execute("DELETE FROM persons WHERE id = ?", (person_id,))

    def person(self, person_id: str) -> pb.Person | None:
        """By id."""
        query = "SELECT record FROM persons WHERE id = ? AND coalesce(expires > ?, TRUE)"
        row = self._one(query, person_id, self.now())
        return _person(row) if row else None

    def lasting_persons(self, person_ids: Collection[str]) -> set[str]:
        """Those of the persons whom `person` finds."""
        query = "SELECT id FROM persons WHERE coalesce(expires > ?, TRUE) AND id IN (SELECT value FROM json_each(?))"
        return {row[0] for row in self._db.execute(query, (self.now(), json.dumps(list(person_ids))))}

    def kept_person(self, person_id: str) -> pb.Person | None:
        """By id, also where they have expired."""
        row = self._one("SELECT record FROM persons WHERE id = ?", person_id)
        return _person(row) if row else None

    def persons(
        self,
        watchlist_id: str,
        after: str,
        limit: int,
        external_id_prefix: str = "",
        display_name_part: str = "",
        *,
        named_only: bool = False,
    ) -> list[pb.Person]:
        """By external id, those behind `after`; case does not matter in display names."""
        query = (
            "SELECT record FROM persons WHERE watchlist = ? AND external_id > ? AND coalesce(expires > ?, TRUE) "
            "AND NOT (? AND external_id LIKE ?) "
            "AND substr(external_id, 1, ?) = ? AND instr(display_name, ?) > 0 ORDER BY external_id LIMIT ?"
        )
        part = display_name_part.casefold()
        prefix = (len(external_id_prefix), external_id_prefix)
        rows = self._db.execute(query, (watchlist_id, after, self.now(), named_only, LIKE, *prefix, part, limit))
        return [_person(row) for row in rows]

    def count_named(self, watchlist_id: str) -> int:
        """Persons of the watchlist, without those who stand for one face of nobody who is known."""
        query = (
            "SELECT count(*) FROM persons WHERE watchlist = ? AND external_id NOT LIKE ? "
            "AND coalesce(expires > ?, TRUE)"
        )
        return int(self._one(query, watchlist_id, LIKE, self.now())[0])

    def expired_persons(self, limit: int) -> list[pb.Person]:
        """Some of those who are to be deleted."""
        query = "SELECT record FROM persons WHERE expires <= ? ORDER BY expires LIMIT ?"
        return [_person(row) for row in self._db.execute(query, (self.now(), limit))]

    # Faces

    def put_face(self, row: face_rows.FaceRow) -> None:
        """Adds a face, or replaces the one with its id, and keeps the watchlist's roll."""
        self._leave_roll(row.face.id)
        self._write_faces([row])
        self._db.execute("UPDATE chunked SET in_force = 0 WHERE face = ?", (row.face.id,))
        self._change_roll(row.face.watchlist_id, row.rolled, 1)

    def put_element(self, face: pb.EnrolledFace, element: int) -> None:
        """Says that a face that is there without a template has one now, and keeps the watchlist's roll."""
        values = (element.to_bytes(32, "big"), face.SerializeToString(), face.id)
        self._db.execute("UPDATE faces SET element = ?, record = ?, problem = '' WHERE id = ?", values)
        self._change_roll(face.watchlist_id, [element] if self.is_found(face.id) else [], 1)

    def drop_face(self, face_id: str) -> None:
        """Removes a face, if it is there, and keeps the watchlist's roll."""
        self._leave_roll(face_id)
        self._db.execute("DELETE FROM faces WHERE id = ?", (face_id,))

    def face(self, face_id: str) -> pb.EnrolledFace | None:
        """By id."""
        row = self._one("SELECT record FROM faces WHERE id = ?", face_id)
        return pb.EnrolledFace.FromString(row[0]) if row else None

    def face_ids(self, person_id: str) -> list[str]:
        """Of all faces of a person."""
        return [row[0] for row in self._db.execute("SELECT id FROM faces WHERE person = ? ORDER BY id", (person_id,))]

    def kept_faces(self, *, watchlist_id: str = "", person_id: str = "", limit: int) -> list[KeptFace]:
        """Some faces of a watchlist or of a person, also where these have expired."""
        column, value = ("person", person_id) if person_id else ("watchlist", watchlist_id)
        query = f"SELECT record, enrolment_key FROM faces WHERE {column} = ? ORDER BY id LIMIT ?"  # noqa: S608 - our own
        return [KeptFace(pb.EnrolledFace.FromString(row[0]), row[1]) for row in self._db.execute(query, (value, limit))]

    def kept_face(self, face_id: str) -> KeptFace | None:
        """By id, also where it has expired."""
        row = self._one("SELECT record, enrolment_key FROM faces WHERE id = ?", face_id)
        return KeptFace(pb.EnrolledFace.FromString(row[0]), row[1]) if row else None

    def faces(
        self, watchlist_id: str, person: str, after: str, limit: int, these: Collection[str] = ()
    ) -> list[pb.EnrolledFace]:
        """By id, those behind `after`; of one person, and of these; of everybody where `person` or `these` is empty."""
        # Not one condition with an OR, for which every face of the watchlist would be looked at.
        query = _FACES + (_AMONG_THESE if these else _AMONG_ALL) + _LASTING
        chosen = json.dumps(list(these))
        rows = self._db.execute(query, (watchlist_id, person, person, after, chosen, self.now(), limit))
        return [pb.EnrolledFace.FromString(row[0]) for row in rows]

    def size(self) -> int:
        """How many faces can be found, in all watchlists."""
        return int(self._db.execute("SELECT coalesce(sum(faces), 0) FROM watchlists").fetchone()[0])

    def _leave_roll(self, face_id: str) -> None:
        query = "SELECT watchlist, element FROM faces WHERE id = ? AND element IS NOT NULL AND standing = 0"
        row = self._one(query, face_id)
        if row:
            self._change_roll(row[0], [int.from_bytes(row[1], "big")], -1)

    def _one(self, query: str, *values: str | float) -> Any:
        return self._db.execute(query, values).fetchone()


def _watchlist(row: tuple[bytes, int]) -> pb.Watchlist:
    watchlist = pb.Watchlist.FromString(row[0])
    watchlist.etag = etag_of(watchlist)
    watchlist.face_count = row[1]
    return watchlist


def _person(row: tuple[bytes]) -> pb.Person:
    person = pb.Person.FromString(row[0])
    person.etag = etag_of(person)
    return person


def _expires(record: pb.Watchlist | pb.Person) -> float | None:
    """When it is over; a watchlist also where nobody has approved it by then."""
    ends = [record.expire_time] if record.HasField("expire_time") else []
    if isinstance(record, pb.Watchlist) and record.approval == pb.APPROVAL_PENDING:
        ends.append(record.decide_by_time)
    return min((end.ToNanoseconds() / 1e9 for end in ends), default=None)
