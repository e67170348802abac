"""A SQLite copy of a stream, for lists and look-ups. A cache: its file can be deleted and is built again."""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sightline.chassis.identity.rights import Selection

PROGRESS = """
CREATE TABLE IF NOT EXISTS progress (one INTEGER PRIMARY KEY CHECK (one = 1), sequence INTEGER NOT NULL);
"""


class Projection:
    """The file, and up to where it is true. Reads are immediate; writes happen inside `applying`.

    A file that was made with another schema is emptied.

    Args:
        path: the file; made with its folder where it is missing.
        schema: the tables, as SQL that can be run again.
        tables: their names.
    """

    def __init__(self, path: Path, schema: str, tables: Sequence[str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        # A power failure may take the newest transactions, never a part of one: they are applied again from the stream.
        self._db.execute("PRAGMA synchronous=NORMAL")
        # What is deleted is written over: it may be somebody's name.
        self._db.execute("PRAGMA secure_delete=ON")
        self._tables = ("progress", *tables)
        self._make_tables(PROGRESS + schema)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    @property
    def sequence(self) -> int:
        """The stream's sequence up to which this copy is true."""
        row = self._db.execute("SELECT sequence FROM progress").fetchone()
        return int(row[0]) if row else 0

    @contextmanager
    def applying(self, sequence: int) -> Iterator[None]:
        """A transaction that ends with that sequence applied, or with nothing changed."""
        self._db.execute("BEGIN")
        try:
            yield
            self._db.execute("INSERT OR REPLACE INTO progress VALUES (1, ?)", (sequence,))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def scrub(self) -> bool:
        """Empties the journal, in which deleted rows may still stand; False where another reader keeps it just now."""
        (busy, _, _) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def _make_tables(self, schema: str) -> None:
        version = zlib.crc32(schema.encode()) >> 1  # SQLite keeps 31 bits
        (there,) = self._db.execute("PRAGMA user_version").fetchone()
        if there != version:
            self._db.executescript("".join(f"DROP TABLE IF EXISTS {table};" for table in self._tables))
        self._db.executescript(f"{schema} PRAGMA user_version = {version};")

    def clear(self) -> None:
        """Forgets everything."""
        self._db.executescript("".join(f"DELETE FROM {table};" for table in self._tables))  # noqa: S608 - our own names


def chosen_ids(selection: Selection) -> tuple[bool, str]:
    """The parameters of `? OR id IN (SELECT value FROM json_each(?))`: whether all are chosen, and else which."""
    return selection.ids is None, json.dumps(sorted(selection.ids or ()))
