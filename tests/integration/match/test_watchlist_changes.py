from __future__ import annotations

import asyncio

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.errors import AlreadyExists, Conflict, FailedPrecondition, InvalidInput, NotFound, Unavailable
from sightline.chassis.identity.rights import EVERYTHING
from sightline.v1 import gallery_service_pb2 as pb


async def update(match, which, *paths, etag="", **changes):
    """Changes these fields."""
    return await match.parts.watchlists.update(which, pb.Watchlist(**changes), FieldMask(paths=paths or changes), etag)


async def test_a_change_shows_at_once_and_after_a_restart(opened, tmp_path):
    """Fields of the mask are changed, the others stay; the etag and the time of the change are new."""
    async with opened(tmp_path / "state") as match:
        made = await match.create(legal_basis="order", threshold=0.5)
        changed = await update(match, "wanted", "threshold", "purpose", purpose="other")
        assert (changed.purpose, changed.legal_basis, changed.HasField("threshold")) == ("other", "order", False)
        assert changed.etag not in {"", made.etag}
        assert changed.update_time.ToNanoseconds() > made.update_time.ToNanoseconds()
        assert match.parts.watchlists.get(made.id) == changed
    async with opened(tmp_path / "state") as match:
        assert match.parts.watchlists.get("wanted") == changed


async def test_of_two_changes_of_one_state_the_second_is_refused(match):
    """Whoever has not seen the newest state learns that; without an etag the last one wins."""
    made = await match.create()
    await update(match, "wanted", purpose="first", etag=made.etag)
    with pytest.raises(Conflict, match="ETAG_DIFFERS"):
        await update(match, "wanted", purpose="second", etag=made.etag)
    assert (await update(match, "wanted", purpose="third")).purpose == "third"


async def test_changes_at_once_are_all_kept(match):
    """Two callers who change different fields in the same moment both get what they asked for."""
    await match.create()
    await asyncio.gather(update(match, "wanted", purpose="other"), update(match, "wanted", legal_basis="law"))
    changed = match.parts.watchlists.get("wanted")
    assert (changed.purpose, changed.legal_basis) == ("other", "law")


async def test_faces_stay_when_the_watchlist_changes(match):
    """The number of faces and what is found do not depend on the watchlist's settings."""
    watchlist = await match.create()
    enrolled = await match.enroll(watchlist, "ann")
    changed = await update(match, "wanted", name="sought")
    assert changed.face_count == 1
    assert await match.found(changed, "ann") == [enrolled.face.id]


async def test_what_is_cleared_gets_its_default(match):
    """Without a policy it is the strictest one, without a cooldown the usual."""
    await match.create(review_policy=pb.REVIEW_POLICY_NONE)
    changed = await update(match, "wanted", "review_policy", "cooldown")
    assert (changed.review_policy, changed.cooldown.seconds) == (pb.REVIEW_POLICY_TWO, 30)


async def test_a_watchlist_cannot_end_before_it_begins(match):
    """An end in the past is refused, at the beginning and later; a target without a calibration, too."""
    with pytest.raises(InvalidInput, match="EXPIRE_TIME_PAST"):
        await match.create(expire_time={"seconds": 1})
    with pytest.raises(FailedPrecondition, match="CALIBRATION_MISSING"):
        await match.create(target_fpir=0.01)
    await match.create()
    with pytest.raises(InvalidInput, match="EXPIRE_TIME_PAST"):
        await update(match, "wanted", expire_time={"seconds": 1})
    with pytest.raises(FailedPrecondition, match="CALIBRATION_MISSING"):
        await update(match, "wanted", target_fpir=0.01)


async def test_who_is_not_there_cannot_be_changed(match):
    """WATCHLIST_NOT_FOUND, as for everything else."""
    with pytest.raises(NotFound, match="WATCHLIST_NOT_FOUND"):
        await update(match, "wanted", purpose="other")


async def test_a_new_name_is_taken_and_the_old_one_is_free(match):
    """After a renaming another watchlist can have the old name, and none the new one."""
    made = await match.create("old")
    await match.create("other")
    with pytest.raises(AlreadyExists, match="WATCHLIST_EXISTS"):
        await update(match, "old", name="other")
    assert (await update(match, "old", name="new")).id == made.id
    with pytest.raises(AlreadyExists, match="WATCHLIST_EXISTS"):
        await match.create("new")
    assert (await match.create("old")).id != made.id
    assert match.parts.watchlists.get("new").id == made.id


async def test_of_many_who_want_one_name_one_gets_it(match):
    """Renamings and creations at once end in one watchlist with that name, and errors that say why."""
    for name in "abcd":
        await match.create(name)
    answers = await asyncio.gather(
        *(update(match, name, name="best") for name in "abcd"), match.create("best"), return_exceptions=True
    )
    assert sum(isinstance(answer, pb.Watchlist) for answer in answers) == 1
    reasons = {answer.reason for answer in answers if isinstance(answer, Exception)}
    assert reasons <= {"WATCHLIST_EXISTS", "RECORD_CHANGED"}
    assert [each.name for each in match.parts.watchlists.list("", 10, EVERYTHING)].count("best") == 1


class Dying:
    """A ledger whose process dies at one of its writes."""

    def __init__(self, ledger, alive):
        self._ledger, self._alive = ledger, alive

    def __getattr__(self, name):
        return getattr(self._ledger, name)

    async def append(self, *args, **kwargs):
        self._live()
        return await self._ledger.append(*args, **kwargs)

    async def bury(self, *args, **kwargs):
        self._live()
        return await self._ledger.bury(*args, **kwargs)

    def _live(self):
        self._alive -= 1
        if self._alive < 0:
            raise Unavailable("TEST", "the process died here")


@pytest.mark.parametrize("writes", [0, 1, 2])
async def test_a_renaming_that_dies_leaves_every_name_usable(match, writes):
    """Wherever it dies, the watchlist has the old name or the new one, and the other can be taken by somebody else."""
    made = await match.create("old")
    ledger = match.parts.ledger
    for part in (match.parts.watchlists._records, match.parts.watchlists._names):
        part._ledger = Dying(ledger, 99)
    match.parts.watchlists._names._ledger = match.parts.watchlists._records._ledger = Dying(ledger, writes)
    with pytest.raises(Unavailable):
        await update(match, "old", name="new")
    match.parts.watchlists._names._ledger = match.parts.watchlists._records._ledger = ledger
    await match.parts.gallery.applied(await ledger.last_sequence())
    name = "old" if writes < 2 else "new"
    assert match.parts.watchlists.get(name).id == made.id
    with pytest.raises(AlreadyExists, match="WATCHLIST_EXISTS"):
        await match.create(name)
    other = {"old": "new", "new": "old"}[name]
    assert (await match.create(other)).id != made.id


async def test_lists_can_be_of_names_that_begin_so(match):
    """A prefix is compared as it is written; pages go on behind the last name."""
    for name in ("a.1", "a.2", "a_1", "b.1"):
        await match.create(name)
    listed = match.parts.watchlists.list
    assert [each.name for each in listed("", 10, EVERYTHING, "a.")] == ["a.1", "a.2"]
    assert [each.name for each in listed("a.1", 10, EVERYTHING, "a")] == ["a.2", "a_1"]
