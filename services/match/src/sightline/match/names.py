"""Names of watchlists: each belongs to one of them, by records that are made with compare-and-set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import AlreadyExists, FailedPrecondition
from sightline.chassis.gallery_subjects import GalleryKind
from sightline.chassis.ids import derived_id
from sightline.match.ledger import WRONG_LAST_SEQUENCE, subject_of
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from sightline.match.ledger import Ledger


class Names:
    """Who has which name.

    A claim counts while its watchlist has that name. A claim whose watchlist does not (its creator, deletion or
    renaming died, or is still at work) can be taken over; what is still at work then fails, because the watchlist's own
    record was changed.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def claim(self, name: str, watchlist_id: str) -> None:
        """Takes the name, by compare-and-set: of several callers one gets it.

        Whoever claims has read the watchlist's record before, and writes it afterwards, on that condition.

        Raises:
            AlreadyExists: WATCHLIST_EXISTS, it belongs to another watchlist, or somebody else took it first.
        """
        subject = name_subject(name)
        claim = await self._ledger.last(subject)
        try:
            if claim is not None and claim.record is not None and claim.record.name_of != watchlist_id:
                await self._revoke(name, claim.record.name_of)
            record = records_pb2.LedgerRecord(name_of=watchlist_id)
            await self._ledger.append(subject, watchlist_id, record, expected=claim.sequence if claim else 0)
        except FailedPrecondition as error:
            if error.reason != WRONG_LAST_SEQUENCE:
                raise
            raise taken(name) from error

    async def release(self, name: str, watchlist_id: str) -> None:
        """Gives the name up, where the watchlist has it."""
        subject = name_subject(name)
        claim = await self._ledger.last(subject)
        if claim is None or claim.record is None or claim.record.name_of != watchlist_id:
            return
        try:
            await self._ledger.bury(subject, expected=claim.sequence)
        except FailedPrecondition as error:
            # Somebody else has taken it in this moment.
            if error.reason != WRONG_LAST_SEQUENCE:
                raise

    async def _revoke(self, name: str, watchlist_id: str) -> None:
        """Ends the claim of a watchlist that has not got the name; whoever still wants to give it that name fails."""
        subject = subject_of(watchlist_id, GalleryKind.WATCHLIST, watchlist_id)
        last = await self._ledger.last(subject)
        if last is None:
            await self._ledger.bury(subject, expected=0)
        elif last.record is not None:
            if last.record.watchlist.name == name:
                raise taken(name)
            await self._ledger.append(subject, watchlist_id, last.record, expected=last.sequence)


def name_subject(name: str) -> str:
    """Where the ledger says whose name it is."""
    token = derived_id("watchlist-name", name)
    return subject_of(token, GalleryKind.NAME, token)


def taken(name: str) -> AlreadyExists:
    """The error of a name that another watchlist has."""
    return AlreadyExists("WATCHLIST_EXISTS", f"There is a watchlist named '{name}' already.")
