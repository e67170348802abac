"""Chunks that this process has just written: when they come back from the ledger they need not be opened again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.match.chunks import Draft

KEPT = 16
"""Of some 600 kB each: as many as several imports have on their way."""


class OwnChunks:
    """The newest chunks with what was sealed in them, by subject."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[bytes, Sequence[Draft]]] = {}

    def put(self, subject: str, data: bytes, drafts: Sequence[Draft]) -> None:
        """Keeps what is about to be written, in the place of the oldest."""
        self._kept[subject] = data, drafts
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]

    def take(self, subject: str, data: bytes) -> Sequence[Draft] | None:
        """What is in a chunk, once; None where it was not written here, or where it is another one by now."""
        kept = self._kept.pop(subject, None)
        return kept[1] if kept is not None and kept[0] == data else None
