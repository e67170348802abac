"""Templates of pictures that were read already, so that a measurement goes on where it was interrupted.

Templates are biometric data: the file is its owner's alone, and is deleted when the measurement is done.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class TemplateCache:
    """By SHA-256 of the picture, for one pair of models. See `open_cache`."""

    def __init__(self, database: sqlite3.Connection, models: str) -> None:
        self._db = database
        self._models = models
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS templates "
            "(sha256 TEXT, models TEXT, vector BLOB, problem TEXT, PRIMARY KEY (sha256, models))"
        )

    def put(self, sha256: str, vector: NDArray[np.float32] | None, problem: str = "") -> None:
        """Keep what came of a picture: a template, or the reason why there is none."""
        data = None if vector is None else vector.astype("<f4").tobytes()
        self._db.execute("INSERT OR REPLACE INTO templates VALUES (?, ?, ?, ?)", (sha256, self._models, data, problem))
        self._db.commit()

    def vectors(self) -> dict[str, NDArray[np.float32]]:
        """Give all templates by picture."""
        query = "SELECT sha256, vector FROM templates WHERE models = ? AND vector IS NOT NULL"
        return {sha256: np.frombuffer(data, "<f4") for sha256, data in self._db.execute(query, (self._models,))}

    def problems(self) -> dict[str, str]:
        """Give by picture the reason why it has no template."""
        query = "SELECT sha256, problem FROM templates WHERE models = ? AND vector IS NULL"
        return dict(self._db.execute(query, (self._models,)))


@contextmanager
def open_cache(path: Path, models: str) -> Iterator[TemplateCache]:
    """Open the cache, or make it, for this user's eyes only; delete it once the block has succeeded.

    Args:
        path: where it lies while the measurement runs.
        models: which detector and embedder make the templates.
    """
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as database:
        yield TemplateCache(database, models)
    path.unlink()
