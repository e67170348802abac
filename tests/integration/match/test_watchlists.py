from __future__ import annotations

import asyncio

import pytest

from sightline.chassis.access import Place
from sightline.chassis.errors import AlreadyExists, NotFound
from sightline.chassis.identity.rights import EVERYTHING, NOTHING, Reach, Selection
from sightline.chassis.ids import is_id, new_id
from sightline.chassis.principal import Principal, enter
from sightline.match.gallery_servicer import GalleryServicer
from sightline.match.ledger import subject_of
from sightline.match.names import name_subject
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import records_pb2


async def test_what_the_caller_leaves_open_is_completed(match):
    """A new watchlist has an id, the pack's embedder, the strictest review policy and a cooldown."""
    made = await match.create("wanted:all.ports", face_count=7)
    assert is_id(made.id)
    assert len(made.embedder_id) == 26
    assert made.review_policy == pb.REVIEW_POLICY_TWO
    assert made.cooldown.ToSeconds() == 30
    assert made.face_count == 0
    assert match.parts.watchlists.get("wanted:all.ports") == match.parts.watchlists.get(made.id) == made


async def test_a_name_belongs_to_one_watchlist_until_it_is_deleted(match):
    """A taken name is WATCHLIST_EXISTS; after the deletion it makes a new watchlist with a new id."""
    first = await match.create()
    with pytest.raises(AlreadyExists, match="WATCHLIST_EXISTS"):
        await match.create()
    await match.parts.watchlists.delete("wanted")
    with pytest.raises(NotFound, match="WATCHLIST_NOT_FOUND"):
        match.parts.watchlists.get("wanted")
    again = await match.create()
    assert again.id != first.id


async def test_a_request_id_has_one_watchlist(match):
    """Of its caller, however often they say it; with another name it is refused, and what is deleted stays so."""
    create, asked = match.parts.watchlists.create, pb.Watchlist(name="wanted", purpose="test")
    made = await create(asked, "eve", "r-1")
    assert await create(asked, "eve", "r-1") == made
    with pytest.raises(AlreadyExists, match="WATCHLIST_EXISTS"):
        await create(asked, "ben", "r-1")
    with pytest.raises(AlreadyExists, match="REQUEST_ID_USED"):
        await create(pb.Watchlist(name="other", purpose="test"), "eve", "r-1")
    await match.parts.watchlists.delete(made.id)
    with pytest.raises(AlreadyExists, match="WATCHLIST_EXISTS"):
        await create(asked, "eve", "r-1")


async def test_of_concurrent_creators_one_wins(match):
    """Five callers with one name at once: one watchlist, and four errors that say why."""
    answers = await asyncio.gather(*(match.create() for _ in range(5)), return_exceptions=True)
    winners = [answer for answer in answers if isinstance(answer, pb.Watchlist)]
    assert [watchlist.id for watchlist in match.parts.watchlists.list("", 10, EVERYTHING)] == [
        winner.id for winner in winners
    ]
    assert len(winners) == 1
    assert {getattr(answer, "reason", None) for answer in answers} == {None, "WATCHLIST_EXISTS"}


async def test_a_name_whose_creator_died_can_be_taken(match):
    """A claim without its watchlist does not block the name, and its creator, if only slow, cannot come back."""
    ghost, subject = new_id(), name_subject("wanted")
    await match.parts.ledger.create(subject, ghost, records_pb2.LedgerRecord(name_of=ghost))
    made = await match.create()
    grave = await match.parts.ledger.last(subject_of(ghost, "watchlist", ghost))
    assert grave is not None
    assert grave.record is None
    assert match.parts.watchlists.get("wanted").id == made.id


async def test_a_deletion_takes_everything_with_it(match):
    """With a watchlist go its faces, persons and keys; nothing of it can be found or read, and others keep theirs."""
    wanted, other = await match.create(), await match.create("other")
    enrolled = await match.enroll(wanted, "ann")
    await match.enroll(other, "ann")
    assert await match.parts.watchlists.delete(wanted.id) == 1
    assert await match.found(wanted, "ann") == []
    assert len(await match.found(other, "ann")) == 1
    assert match.projection.person(enrolled.person.id) is None
    assert [watchlist.name for watchlist in match.parts.watchlists.list("", 10, EVERYTHING)] == ["other"]


async def test_a_deletion_that_was_interrupted_frees_the_name(match):
    """Where the deletion died between the watchlist and its name, the name can be taken all the same."""
    made = await match.create()
    await match.parts.gallery.applied(await match.parts.ledger.bury(subject_of(made.id, "watchlist", made.id)))
    assert (await match.create()).id != made.id


async def test_lists_come_in_pages_by_name(match):
    """Each page starts behind the last name of the one before."""
    for name in ("c", "a", "b"):
        await match.create(name)
    first = match.parts.watchlists.list("", 2, EVERYTHING)
    rest = match.parts.watchlists.list(first[-1].name, 2, EVERYTHING)
    assert [watchlist.name for watchlist in (*first, *rest)] == ["a", "b", "c"]


@pytest.fixture
def listed(match):
    """A function that gives every page of somebody's list, two watchlists on each: their names."""
    servicer = GalleryServicer(match.parts, auditor=None)

    async def pages(chosen):
        enter(Principal("somebody"), Reach.of(watchlists=chosen))
        found, token = [], None
        while token != "":
            page = await servicer.ListWatchlists(pb.ListWatchlistsRequest(page_size=2, page_token=token or ""), None)
            found.append([watchlist.name for watchlist in page.watchlists])
            token = page.next_page_token
        return found

    return pages


async def test_a_list_has_what_the_caller_may_see_in_full_pages(match, listed):
    """Watchlists of others are not there: neither as entries nor as gaps, nor as a page to come."""
    ids = {name: (await match.create(name)).id for name in "abcde"}
    assert await listed(Selection.of([ids["a"], ids["c"], ids["d"], new_id()])) == [["a", "c"], ["d"]]
    assert await listed(Selection.of([ids["a"], ids["c"]])) == [["a", "c"]]
    assert await listed(EVERYTHING) == [["a", "b"], ["c", "d"], ["e"]]


async def test_without_a_grant_a_list_is_empty(match, listed):
    """Whoever was granted no watchlist gets no error and no watchlist."""
    await match.create()
    assert await listed(NOTHING) == [[]]


async def test_a_watchlist_is_at_its_own_place_by_name_and_by_id(match):
    """What the gate checks is the same under both names; a deleted one, and one that never was, have no place."""
    made = await match.create()
    place = match.parts.watchlists.place
    assert await place("wanted") == await place(made.id) == Place(watchlist=made.id)
    await match.parts.watchlists.delete("wanted")
    assert [await place("wanted"), await place(made.id), await place(new_id())] == [None, None, None]
