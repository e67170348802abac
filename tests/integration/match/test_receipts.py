"""Receipts of erasures, as match writes them and gives them out."""

from __future__ import annotations

from contextlib import asynccontextmanager, closing

import pytest

from sightline.chassis.audit import Auditor
from sightline.chassis.identity.rights import EVERYTHING, Selection
from sightline.chassis.receipts import Receipts
from sightline.match.disk_receipts import DiskReceipts
from sightline.match.erasure import erased_person, erased_watchlist
from sightline.match.expiry import Expiry
from sightline.match.receipt_book import ReceiptBook
from sightline.v1.erasure_service_pb2 import ReceiptEntry

STEPS = ["requested", "not-searchable", "records-deleted", "key-destroyed"]
EVERYWHERE = (EVERYTHING, "", 2**62, 10)


@pytest.fixture
def opened_book(bus, tmp_path):
    """A function that opens the copy of the receipts, as often as a test likes."""

    @asynccontextmanager
    async def run():
        with closing(ReceiptBook(tmp_path / "receipts.db", bus)) as book:
            async with book.following():
                await book.caught_up()
                yield book

    return run


async def erase(match, watchlist, name):
    """Deletes somebody, and gives what was erased."""
    person = match.parts.persons.get(watchlist, name)
    await match.parts.persons.delete(watchlist, name)
    return erased_person(person)


def said(receipt):
    """The steps of a receipt."""
    return [entry.step for entry in receipt.entries]


async def test_a_deletion_leaves_a_receipt_that_names_nobody(match, opened_book, bus, stored):
    """Each step in its order with its time, how many faces, and no name in any of it."""
    watchlist = await match.create()
    for shows in ("annabel", "annabel#2"):
        await match.enroll(watchlist, "annabel", shows=shows)
    erased = await erase(match, watchlist, "annabel")
    async with opened_book() as book:
        receipt = await book.find(erased.receipt_id)
    assert said(receipt) == STEPS
    assert (receipt.watchlist_id, receipt.person_id) == (watchlist.id, erased.person_id)
    assert receipt.entries[2].count == 2
    assert receipt.request_time.ToNanoseconds() <= receipt.not_searchable_time.ToNanoseconds()
    assert not receipt.HasField("not_on_disk_time")
    for entry in await stored(bus, "RECEIPTS", ReceiptEntry):
        assert b"annabel" not in entry.SerializeToString()


async def test_expiry_and_watchlists_leave_receipts_too(match, opened_book, bus, until):
    """A person whose time has come, and a whole watchlist, which is listed under its id though it is gone."""
    watchlist, other = await match.create(), await match.create("other")
    await match.enroll(watchlist, "ann")
    await match.enroll(other, "ben")
    person = match.parts.persons.get(watchlist, "ann")
    await match.parts.erasure._mark(person)

    async def gone() -> bool:
        return match.projection.kept_person(person.id) is None

    async with Expiry(match.projection, match.parts.erasure, Auditor(bus, "match"), pause=0.05).running():
        await until(gone)
    await match.parts.watchlists.delete(other.id)
    async with opened_book() as book:
        assert said(book.get(erased_person(person).receipt_id)) == STEPS
        [(_, receipt)] = book.page(EVERYTHING, other.id, 2**62, 10)
        assert (receipt.id, said(receipt)) == (erased_watchlist(other).receipt_id, STEPS)


async def test_lists_come_in_pages_and_hold_the_callers_own(match, opened_book):
    """The newest first; of a caller with one watchlist, the receipts of that one."""
    first, second = await match.create(), await match.create("second")
    for watchlist, name in ((first, "ann"), (first, "ben"), (second, "cid")):
        await match.enroll(watchlist, name)
        await erase(match, watchlist, name)
    async with opened_book() as book:
        found = book.page(*EVERYWHERE)
        assert [receipt.watchlist_id for _, receipt in found] == [second.id, first.id, first.id]
        page = book.page(EVERYTHING, "", found[0][0], 1)
        assert [receipt.id for _, receipt in page] == [found[1][1].id]
        assert [each.watchlist_id for _, each in book.page(Selection.of([second.id]), "", 2**62, 10)] == [second.id]


async def test_lists_are_narrowed_to_a_time(match, opened_book):
    """By when an erasure was asked for, whichever of those of one person: from the first moment on, before the last."""
    watchlist = await match.create()
    for name in ("ann", "ben", "ann"):
        await match.enroll(watchlist, name)
        await erase(match, watchlist, name)
    async with opened_book() as book:
        ben, ann = (receipt for _, receipt in book.page(*EVERYWHERE))
        first, last = (
            [each.time.ToNanoseconds() / 1e9 for each in ann.entries if each.step == "requested"][place]
            for place in (0, -1)
        )
        middle = ben.request_time.ToNanoseconds() / 1e9

        def listed(start, end):
            return [receipt.id for _, receipt in book.page(*EVERYWHERE, (start, end))]

        assert listed(first, last) == [ben.id, ann.id]
        assert listed(middle, last) == [ben.id]
        assert listed(last, last + 1) == [ann.id]
        assert listed(last + 1, last + 2) == []


async def test_the_disk_is_said_to_be_clean_once_it_is(opened, opened_book, tmp_path, bus):
    """Not while the index has the vector in its files, not by a restart, but after it was built anew; and once."""
    async with opened(tmp_path / "state") as match:
        watchlist = await match.create()
        for name in ("ann", "ben"):
            await match.enroll(watchlist, name)
        erased = await erase(match, watchlist, "ann")
        async with opened_book() as book:
            assert await disk(match, book, bus).look() == 0
    # A restart that comes between build and receipt changes nothing.
    async with opened(tmp_path / "state") as match:
        async with opened_book() as book:
            assert await disk(match, book, bus).look() == 0
        await match.index.rebuild()
    async with opened(tmp_path / "state") as match, opened_book() as book:
        assert await disk(match, book, bus).look() == 1
        receipt = await book.find(erased.receipt_id)
        assert said(receipt) == [*STEPS, "not-on-disk"]
        assert receipt.HasField("not_on_disk_time")
        assert await disk(match, book, bus).look() == 0


async def test_who_is_enrolled_again_is_erased_again(match, opened_book, bus):
    """Both erasures stand in the receipt, and the first one's clean disk says nothing about the second."""
    watchlist = await match.create()
    await match.enroll(watchlist, "ann")
    await erase(match, watchlist, "ann")
    await match.index.rebuild()
    async with opened_book() as book:
        assert await disk(match, book, bus).look() == 1
        await match.enroll(watchlist, "ann")
        erased = await erase(match, watchlist, "ann")
        receipt = await book.find(erased.receipt_id)
        assert said(receipt) == [*STEPS, "not-on-disk", *STEPS]
        assert not receipt.HasField("not_on_disk_time")


async def test_nothing_of_a_name_stays_in_the_projection(match, opened_book, bus):
    """Once the receipt says so, the files of the list of persons have neither name nor id of theirs."""
    watchlist = await match.create()
    for name in ("annabel-of-the-test", "ben"):
        await match.enroll(watchlist, name)
    files = [match.path, match.path.with_name(match.path.name + "-wal")]
    assert b"annabel-of-the-test" in files[0].read_bytes() + files[1].read_bytes()
    await erase(match, watchlist, "annabel-of-the-test")
    await match.index.rebuild()
    async with opened_book() as book:
        assert await disk(match, book, bus).look() == 1
    left = b"".join(file.read_bytes() for file in files if file.exists())
    assert b"annabel-of-the-test" not in left
    assert b"ben" in left


def disk(match, book, bus):
    """What looks whether the disk is clean."""
    return DiskReceipts(match.index, match.projection, book, Receipts(bus, "match"))
