"""Fetching stored video from an object store: the decoder, which reads it, has no network."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import ResourceExhausted, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from sightline.chassis.object_store import ObjectAddress, ObjectStore
    from sightline.ingest.uploads import Uploads

log = structlog.get_logger()

TRIES = 5
"""A store that breaks off so often in a row, without a byte, is given up for now."""
PAUSE_S = 1.0
"""Before the second try, where it doubles, and while there is no room."""


@dataclass
class Fetched:
    """How far the copy of one object is."""

    etag: str = ""
    """Which version it is, or has to be."""
    bytes: int = 0
    size: int = 0
    """Of the whole, once it is known."""


class Fetcher:
    """Copies objects into the folder of uploads, one at a time: their room is known before it is taken."""

    def __init__(self, store: ObjectStore, uploads: Uploads, pause_s: float = PAUSE_S) -> None:
        self._store = store
        self._uploads = uploads
        self._pause_s = pause_s
        self._turn = asyncio.Lock()

    async def fetch(self, job_id: str, url: str, fetched: Fetched) -> Path:
        """The copy that the job reads, which is fetched where it is not there; `fetched` follows it.

        Raises:
            InvalidInput: UPLOAD_TOO_LARGE.
            ResourceExhausted: UPLOADS_FULL, and no other copy will make room.
            SightlineError: as `ObjectStore.admit`, `ObjectStore.open` and `Uploads.keep_copy`.
        """
        address = self._store.admit(url)
        if not self._uploads.has_copy(job_id):
            async with self._turn:
                await self._when_there_is_room(job_id, address, fetched)
        return self._uploads.copy_path(job_id)

    async def _when_there_is_room(self, job_id: str, address: ObjectAddress, fetched: Fetched) -> None:
        while True:
            fetched.bytes = 0
            others = self._uploads.has_copies()
            try:
                async with aclosing(self._pieces(job_id, address, fetched)) as pieces:
                    await self._uploads.keep_copy(job_id, pieces)
            except ResourceExhausted as error:
                # Copies go with their jobs, which need no more room; the last may have gone in this very moment.
                if not others and not self._uploads.has_copies():
                    raise
                log.info("fetch_waits", reason=error.reason)
                await asyncio.sleep(self._pause_s)
            else:
                return

    async def _pieces(self, job_id: str, address: ObjectAddress, fetched: Fetched) -> AsyncGenerator[bytes, None]:
        """All of the object; where the store breaks off, it is asked for the rest of the same version."""
        tries = 0
        while True:
            try:
                async with self._store.open(address, fetched.bytes, fetched.etag) as body:
                    fetched.etag, fetched.size = body.etag, body.size
                    self._uploads.check_room(job_id, body.size)
                    async for piece in body.pieces:
                        tries = 0
                        fetched.bytes += len(piece)
                        yield piece
            except Unavailable as error:
                tries += 1
                if tries >= TRIES:
                    raise
                log.info("fetch_broken_off", reason=error.reason, bytes=fetched.bytes)
                await asyncio.sleep(self._pause_s * 2 ** (tries - 1))
            else:
                return
