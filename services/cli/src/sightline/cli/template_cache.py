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
    """By key of the picture, for one pair of models. See `open_cache`."""

    def __init__(self, database: sqlite3.Connection, models: str) -> None:
        self._db = database
        self._models = models
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS faces "
            "(key TEXT, models TEXT, vector BLOB, quality REAL, problem TEXT, PRIMARY KEY (key, models))"
        )

    def put(
        self, key: str, vector: NDArray[np.float32] | None, problem: str = "", quality: float | None = None
    ) -> None:
        """Keep what came of a picture: a template with the face's quality, or the reason why there is none."""
        data = None if vector is None else vector.astype("<f4").tobytes()
        row = (key, self._models, data, quality, problem)
        self._db.execute("INSERT OR REPLACE INTO faces VALUES (?, ?, ?, ?, ?)", row)
        self._db.commit()

    def vectors(self) -> dict[str, NDArray[np.float32]]:
        """Give all templates by picture."""
        query = "SELECT key, vector FROM faces WHERE models = ? AND vector IS NOT NULL"
        return {key: np.frombuffer(data, "<f4") for key, data in self._db.execute(query, (self._models,))}

    def qualities(self) -> dict[str, float]:
        """Give by picture the quality of its face, 0..1, where it is known."""
        query = "SELECT key, quality FROM faces WHERE models = ? AND quality IS NOT NULL"
        return dict(self._db.execute(query, (self._models,)))

    def problems(self) -> dict[str, str]:
        """Give by picture the reason why it has no template."""
        query = "SELECT key, problem FROM faces WHERE models = ? AND vector IS NULL"
        return dict(self._db.execute(query, (self._models,)))


@contextmanager
def open_cache(path: Path, models: str, *, keep: bool = False) -> Iterator[TemplateCache]:
    """Open the cache, or make it, for this user's eyes only; delete it once the block has succeeded.

    Args:
        path: where it lies while the measurement runs.
        models: which detector and embedder make the templates.
        keep: leave it there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as database:
        yield TemplateCache(database, models)
    if not keep:
        path.unlink()
