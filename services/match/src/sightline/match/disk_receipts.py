"""When nothing of the erased is left on the disk: their receipts say so, whatever ended in between.

An index keeps the vector of a face that was removed until it is built anew. What says that it was is the index itself,
so nothing has to be remembered over a restart: the oldest removal whose vector is still there, and the receipts that
lack this step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sightline.chassis.receipts import Step
from sightline.chassis.rounds import Rounds

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from sightline.chassis.receipts import Receipts
    from sightline.match.index_status import IndexStatus
    from sightline.match.receipt_book import ReceiptBook

LOOK_EVERY = 5.0


class OwnDisk(Protocol):
    """An index whose files are this process's own; see EdgeIndex."""

    async def status(self) -> IndexStatus:
        """How it is."""

    def oldest_removal(self) -> datetime | None:
        """Since when a removed face's vector has been on the disk."""


class OwnCopy(Protocol):
    """A copy of the ledger in a file of this process; see GalleryProjection."""

    def scrub(self) -> bool:
        """Leaves nothing of what was deleted in the file's journal, and says whether that could be done."""


class DiskReceipts:
    """Looks every few seconds which erasures have left the disk."""

    def __init__(
        self, index: OwnDisk, copy: OwnCopy, book: ReceiptBook, receipts: Receipts, pause: float = LOOK_EVERY
    ) -> None:
        """`pause` is in seconds, between two looks."""
        self._index = index
        self._copy = copy
        self._book = book
        self._receipts = receipts
        self._pause = pause

    def running(self) -> AbstractAsyncContextManager[None]:
        """Looks again and again while the block runs."""
        return Rounds("disk receipts", self._look, self._pause).running()

    async def look(self) -> int:
        """Completes receipts, and returns how many."""
        pending = self._book.still_on_disk()
        # A build that ends leaves the older shard there for a moment.
        if not pending or (await self._index.status()).building is not None:
            return 0
        oldest = self._index.oldest_removal()
        gone = [erased for erased, ended in pending if oldest is None or ended < oldest.timestamp()]
        if gone and not self._copy.scrub():
            return 0
        for erased in gone:
            await self._receipts.add(erased, Step.NOT_ON_DISK, "neither the index nor the list of persons has them")
        return len(gone)

    async def _look(self) -> None:
        await self.look()
