"""What of the gallery's SQLite copy may belong to nobody any more: of watchlists and persons that have ended."""

from __future__ import annotations

from sightline.chassis.projection import Projection

SCHEMA = "CREATE TABLE IF NOT EXISTS ended (watchlist TEXT PRIMARY KEY) WITHOUT ROWID;"
TABLES = ("ended",)


class StrayRows(Projection):
    """The part of `sightline.match.projection.GalleryProjection` that is about what was left behind."""

    def note_ended(self, watchlist_id: str) -> None:
        """Remembers that the ledger may have records of a watchlist that is deleted."""
        self._db.execute("INSERT OR IGNORE INTO ended VALUES (?)", (watchlist_id,))

    def ended_watchlists(self) -> list[str]:
        """All of which that was noted."""
        return [row[0] for row in self._db.execute("SELECT watchlist FROM ended ORDER BY watchlist")]

    def forget_ended(self, watchlist_id: str) -> None:
        """Once it was looked at."""
        self._db.execute("DELETE FROM ended WHERE watchlist = ?", (watchlist_id,))

    def owners(self, after: str, limit: int) -> list[tuple[str, bool]]:
        """Whose faces there are, by id, behind `after`: each with whether they are there, too."""
        query = (
            "SELECT person, EXISTS (SELECT 1 FROM persons WHERE persons.id = person) FROM faces "
            "WHERE person > ? GROUP BY person ORDER BY person LIMIT ?"
        )
        return [(row[0], bool(row[1])) for row in self._db.execute(query, (after, limit))]

    def buried(self, after: str, limit: int) -> list[tuple[str, str]]:
        """Who was deleted and is not there, by id, behind `after`, and their watchlists; enrolment keys among them."""
        query = (
            "SELECT id, watchlist FROM deletions WHERE id > ? AND id NOT IN (SELECT id FROM persons) "
            "ORDER BY id LIMIT ?"
        )
        return [(row[0], row[1]) for row in self._db.execute(query, (after, limit))]

    def expired_faces(self, watchlist_id: str, now: float) -> int:
        """Faces that an index still finds and nobody may: of those of the watchlist who have expired; at most 256."""
        query = (
            "SELECT count(*) FROM (SELECT 1 FROM persons INDEXED BY persons_by_end JOIN faces ON person = persons.id "
            "WHERE persons.watchlist = ? AND expires <= ? LIMIT 256)"
        )
        return int(self._db.execute(query, (watchlist_id, now)).fetchone()[0])
