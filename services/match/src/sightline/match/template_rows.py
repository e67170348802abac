"""Templates of the gallery's SQLite copy: which faces cannot be found here, and which have templates elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.projection import Projection, chosen_ids
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.chassis.identity.rights import Selection

SCHEMA = """
CREATE INDEX IF NOT EXISTS faces_without_template ON faces (problem, id) WHERE element IS NULL;
CREATE TABLE IF NOT EXISTS templates (
    id TEXT PRIMARY KEY, watchlist TEXT NOT NULL, face TEXT NOT NULL, embedder TEXT NOT NULL, stray INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS templates_by_face ON templates (face);
CREATE INDEX IF NOT EXISTS templates_by_embedder ON templates (embedder);
CREATE INDEX IF NOT EXISTS templates_astray ON templates (id) WHERE stray;
CREATE TRIGGER IF NOT EXISTS face_joins_templates AFTER INSERT ON faces BEGIN
    UPDATE templates SET stray = 0 WHERE face = new.id;
END;
CREATE TRIGGER IF NOT EXISTS face_leaves_templates AFTER DELETE ON faces BEGIN
    UPDATE templates SET stray = 1 WHERE face = old.id;
END;
CREATE TABLE IF NOT EXISTS migration (one INTEGER PRIMARY KEY CHECK (one = 1), record BLOB NOT NULL);
"""
TABLES = ("templates", "migration")
NOT_KEPT = "REFERENCE_NOT_KEPT"


@dataclass(frozen=True, slots=True)
class NotedTemplate:
    """That the ledger has such a record."""

    id: str
    watchlist_id: str
    face_id: str


@dataclass(frozen=True, slots=True)
class Unmigrated:
    """A face without a template of this copy's embedder, whose it is, and the reason."""

    face: pb.EnrolledFace
    external_id: str
    reason: str


class TemplateRows(Projection):
    """The part of `sightline.match.projection.GalleryProjection` that is about templates.

    A face of which there is no template of this copy's embedder has no `element`. Either it waits for one, or its
    `problem` says why there will be none.
    """

    def note_template(self, template_id: str, watchlist_id: str, template: records_pb2.FaceTemplate) -> None:
        """Remembers that the ledger has this record, whichever embedder made it, so that it can be deleted."""
        query = (
            "INSERT OR REPLACE INTO templates "
            "VALUES (?1, ?2, ?3, ?4, NOT EXISTS (SELECT 1 FROM faces WHERE faces.id = ?3))"
        )
        self._db.execute(query, (template_id, watchlist_id, template.face_id, template.embedder_id))

    def drop_template(self, template_id: str) -> None:
        """Forgets it."""
        self._db.execute("DELETE FROM templates WHERE id = ?", (template_id,))

    def has_noted(self, template_id: str) -> bool:
        """Whether the ledger has this record."""
        return self._db.execute("SELECT 1 FROM templates WHERE id = ?", (template_id,)).fetchone() is not None

    def templates_of(self, face_id: str) -> list[str]:
        """The ids of all template records of a face."""
        return [row[0] for row in self._db.execute("SELECT id FROM templates WHERE face = ?", (face_id,))]

    def templates_by(self, embedder_id: str, limit: int) -> list[NotedTemplate]:
        """Some of the records of an embedder."""
        query = "SELECT id, watchlist, face FROM templates WHERE embedder = ? LIMIT ?"
        return [NotedTemplate(*row) for row in self._db.execute(query, (embedder_id, limit))]

    def stray_templates(self, limit: int) -> list[NotedTemplate]:
        """Some of the records whose faces are not there; all of them, where the limit is negative."""
        query = "SELECT id, watchlist, face FROM templates WHERE stray LIMIT ?"
        return [NotedTemplate(*row) for row in self._db.execute(query, (limit,))]

    def is_found(self, face_id: str) -> bool:
        """Whether a search can find the face: it has a template of this embedder, and waits for nobody's approval."""
        query = "SELECT 1 FROM faces WHERE id = ? AND element IS NOT NULL AND standing = 0"
        return self._db.execute(query, (face_id,)).fetchone() is not None

    def has_template(self, face_id: str) -> bool:
        """Whether the face has a template of this embedder."""
        query = "SELECT 1 FROM faces WHERE id = ? AND element IS NOT NULL"
        return self._db.execute(query, (face_id,)).fetchone() is not None

    def put_problem(self, face_id: str, problem: str) -> None:
        """Says why there is no template of this face."""
        self._db.execute("UPDATE faces SET problem = ? WHERE id = ? AND element IS NULL", (problem, face_id))

    def waiting(self, after: str, limit: int) -> list[pb.EnrolledFace]:
        """Faces that wait for a template, by id, behind `after`."""
        query = (
            "SELECT record FROM faces INDEXED BY faces_without_template "
            "WHERE element IS NULL AND problem = '' AND id > ? ORDER BY id LIMIT ?"
        )
        return [pb.EnrolledFace.FromString(row[0]) for row in self._db.execute(query, (after, limit))]

    def failed(self, after: str, limit: int) -> list[pb.EnrolledFace]:
        """Faces of which no template could be made, though a reference was kept, by id, behind `after`."""
        query = (
            "SELECT record FROM faces WHERE element IS NULL AND problem NOT IN ('', ?) AND id > ? ORDER BY id LIMIT ?"
        )
        return [pb.EnrolledFace.FromString(row[0]) for row in self._db.execute(query, (NOT_KEPT, after, limit))]

    def problems(self) -> Mapping[str, int]:
        """How many faces have no template, by the reason; "" for those that wait."""
        query = (
            "SELECT problem, count(*) FROM faces INDEXED BY faces_without_template "
            "WHERE element IS NULL GROUP BY problem"
        )
        return dict(self._db.execute(query))

    def unmigrated(self, after: str, limit: int, chosen: Selection) -> list[Unmigrated]:
        """Faces with a problem in the chosen watchlists, by id, behind `after`."""
        query = (
            "SELECT faces.record, coalesce(external_id, ''), problem FROM faces "
            "LEFT JOIN persons ON persons.id = person WHERE element IS NULL AND problem <> '' AND faces.id > ? "
            "AND (? OR faces.watchlist IN (SELECT value FROM json_each(?))) ORDER BY faces.id LIMIT ?"
        )
        rows = self._db.execute(query, (after, *chosen_ids(chosen), limit))
        return [Unmigrated(pb.EnrolledFace.FromString(row[0]), row[1], row[2]) for row in rows]

    def put_migration(self, record: records_pb2.MigrationRecord | None) -> None:
        """Remembers the migration as the ledger has it; None: there is none."""
        if record is None:
            self._db.execute("DELETE FROM migration")
        else:
            self._db.execute("INSERT OR REPLACE INTO migration VALUES (1, ?)", (record.SerializeToString(),))

    def migration(self) -> records_pb2.MigrationRecord | None:
        """The last migration; None: there was none, or it was given up."""
        row = self._db.execute("SELECT record FROM migration").fetchone()
        return records_pb2.MigrationRecord.FromString(row[0]) if row else None
