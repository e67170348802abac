"""Ends that the policy gives, and those that it refuses."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from fakes import picture
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.audit import Auditor
from sightline.chassis.errors import InvalidInput
from sightline.chassis.policy import load_policy
from sightline.match.expiry import PAUSE_SECONDS, Expiry
from sightline.v1 import gallery_service_pb2 as pb

DAY = timedelta(days=1).total_seconds()
END = FieldMask(paths=["expire_time"])


@pytest.fixture
def following(opened, tmp_path):
    """A function that opens match with that policy, or with one that has other limits."""

    def open_with(name: str, **limits):
        policy = load_policy(name)
        retention = policy.retention.model_copy(update=limits)
        return opened(tmp_path / "state", policy=policy.model_copy(update={"retention": retention}))

    return open_with


def left(record) -> float:
    """How long a record may still live, in days."""
    return (record.expire_time.ToNanoseconds() / 1e9 - time.time()) / DAY


def within(days: float) -> dict:
    """An end after so many days."""
    return {"seconds": int(time.time() + days * DAY)}


async def test_a_watchlist_gets_the_longest_life_and_the_review_of_the_policy(following):
    """Under the default policy a year and two people."""
    async with following("default") as match:
        watchlist = await match.create()
        assert left(watchlist) == pytest.approx(365, abs=0.01)
        assert watchlist.review_policy == pb.REVIEW_POLICY_TWO
    async with following("private-us") as match:
        assert (await match.create("other")).review_policy == pb.REVIEW_POLICY_ONE
        assert (await match.create("third", review_policy=pb.REVIEW_POLICY_NONE)).review_policy == 1


async def test_a_watchlist_that_would_live_longer_is_refused(following):
    """When it is made, when it is changed, and when its end is taken away; the limit is said."""
    async with following("uk-lfr") as match:
        with pytest.raises(InvalidInput, match=r"EXPIRY_TOO_LATE.* 1d "):
            await match.create(legal_basis="an order", expire_time=within(1.01))
        made = await match.create(legal_basis="an order", expire_time=within(0.9))
        assert left(made) == pytest.approx(0.9, abs=0.001)
        update = match.parts.watchlists.update
        for changes in (pb.Watchlist(expire_time=within(1.01)), pb.Watchlist()):
            with pytest.raises(InvalidInput, match=r"EXPIRY_TOO_LATE.* 1d "):
                await update("wanted", changes, END)
        renewed = await update("wanted", pb.Watchlist(expire_time=within(0.99)), END)
        assert left(renewed) == pytest.approx(0.99, abs=0.001)


async def test_a_person_lives_as_long_as_the_policy_says_and_no_longer_than_the_watchlist(following):
    """Whether they are made by themselves, or by an enrolment; and a change does not get beyond it."""
    async with following("private-us", persons=timedelta(days=10)) as match:
        long, short = await match.create("long"), await match.create("short", expire_time=within(2))
        persons = match.parts.persons
        assert left(await persons.create(long, pb.Person(external_id="ann"))) == pytest.approx(10, abs=0.01)
        assert left((await match.enroll(long, "ben")).person) == pytest.approx(10, abs=0.01)
        assert (await match.enroll(short, "cy")).person.expire_time == short.expire_time
        for watchlist, days, said in ((long, 11, "10d"), (short, 3, "Their watchlist ends at")):
            asked = pb.Person(external_id="dan", expire_time=within(days))
            with pytest.raises(InvalidInput, match=f"EXPIRY_TOO_LATE.*{said}"):
                await persons.create(watchlist, asked)
        with pytest.raises(InvalidInput, match="EXPIRY_TOO_LATE"):
            await persons.update(long, "ann", pb.Person(), END)


async def test_without_a_limit_there_is_none(following):
    """A watchlist may live for good; a person who has no end of their own ends with their watchlist."""
    async with following("default", watchlists=None) as match:
        watchlist = await match.create()
        assert not watchlist.HasField("expire_time")
        assert not (await match.enroll(watchlist, "ann")).person.HasField("expire_time")
        ends = pb.Person(external_id="ben", expire_time=within(4000))
        assert left(await match.parts.persons.create(watchlist, ends)) == pytest.approx(4000, abs=0.01)


async def test_what_has_expired_is_gone_soon(following, bus, until):
    """The expiry's own pause, and what a deletion takes: the watchlist, the person and the face are in no record."""
    assert PAUSE_SECONDS <= 30
    async with following("default") as match:
        watchlist, kept = await match.create(), await match.create("kept")
        await match.enroll(watchlist, "ann", source=picture("ann"))
        ends = pb.Watchlist(expire_time={"seconds": int(time.time()) + 6})
        await match.parts.watchlists.update(watchlist.name, ends, END)
        async with Expiry(match.projection, match.parts.erasure, Auditor(bus, "match")).running():

            async def gone() -> bool:
                faces = match.projection.kept_faces(watchlist_id=watchlist.id, limit=1)
                return match.projection.kept_watchlist(watchlist.id) is None and not faces

            await until(gone, seconds=120)
        assert match.parts.watchlists.get("kept").id == kept.id
