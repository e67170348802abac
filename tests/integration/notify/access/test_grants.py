"""Who may do what: subjects made, changed and listed, and an installation that cannot lock itself out."""

from __future__ import annotations

import asyncio

import pytest
from grants_for_tests import grant

from sightline.chassis.errors import Conflict, FailedPrecondition, InvalidInput, NotFound, Unavailable
from sightline.chassis.identity.rights import EVERYTHING, Selection
from sightline.chassis.ids import derived_id
from sightline.notify.subjects import SubjectPlaces, Subjects, Who
from sightline.v1.records_pb2 import SubjectRecord

A, B = "a" * 26, "b" * 26


async def test_a_subject_is_made_by_its_handle(subjects, register):
    """The id follows from the handle, and the subject is in lists as soon as the call returns."""
    alice = await register("alice", grant("viewer", [A], ["*"]))
    assert alice.id == derived_id("subject", "alice")
    assert alice.create_time.ToSeconds() > 0
    assert alice.update_time.ToSeconds() > 0
    assert alice.etag
    assert subjects.get("alice") == alice
    assert subjects.get(alice.id) == alice
    assert alice in subjects.page(EVERYTHING, "", 10)


async def test_a_subject_is_made_by_its_sign_in(subjects):
    """Whoever an identity provider knows has the id of issuer and subject together, and no handle."""
    who = Who.identified("https://idp.example", "u-17")
    subject = (await subjects.set_grants(who, [grant("viewer")])).after
    assert subject.id == derived_id("oidc", "https://idp.example", "u-17")
    assert (subject.handle, subject.oidc_issuer, subject.oidc_subject) == ("", "https://idp.example", "u-17")


async def test_grants_replace_what_was(subjects, register):
    """A change names all that the subject may from now on; handle, id and creation stay, and the etag is another."""
    before = await register("alice", grant("viewer", [A]), grant("operator"))
    change = await subjects.set_grants(Who.named(before.id), [grant("reviewer", [B])], disabled=True)
    assert change.before == before
    after = change.after
    assert (after.id, after.handle, after.create_time) == (before.id, before.handle, before.create_time)
    assert list(after.grants) == [grant("reviewer", [B])]
    assert after.disabled
    assert after.etag != before.etag


async def test_an_id_must_be_known(subjects):
    """What looks like an id is no handle: nobody becomes a subject by a typo in one."""
    with pytest.raises(NotFound, match="SUBJECT_NOT_FOUND"):
        await subjects.set_grants(Who.named(A), [grant("viewer")])
    assert subjects.find(A) is None


async def test_an_etag_says_what_was_read(subjects, register):
    """A change of what was read before somebody else's change is refused; also of somebody who is not there."""
    read = await register("alice", grant("viewer"))
    await register("alice", grant("operator"))
    for name, etag in (("alice", read.etag), ("nobody", read.etag)):
        with pytest.raises(Conflict, match="SUBJECT_CHANGED"):
            await subjects.set_grants(Who.named(name), [grant("reviewer")], etag=etag)
    assert list(subjects.get("alice").grants) == [grant("operator")]
    current = subjects.get("alice").etag
    assert (await subjects.set_grants(Who.named("alice"), [], etag=current)).after.grants == []


async def test_of_two_changes_at_once_one_is_refused(bucket, book, other_book, register):
    """Two replicas that change what both have read: one change is stored, and the other one's maker hears of it."""
    read = await register("alice", grant("viewer"))
    replicas = [Subjects(bucket, book), Subjects(bucket, other_book)]
    wanted = [[grant("operator")], [grant("reviewer")]]
    changes = [
        replica.set_grants(Who.named("alice"), grants, etag=read.etag)
        for replica, grants in zip(replicas, wanted, strict=True)
    ]
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    stored = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert [error.reason for error in refused] == ["SUBJECT_CHANGED"]
    record = SubjectRecord.FromString((await bucket.get(f"subject.{read.id}")).value)
    assert [change.after for change in stored] == [record.subject]


async def test_without_an_etag_every_change_gets_through(bucket, book, other_book):
    """Eight changes at once through two replicas, by those who do not mind what was: one is made after another."""
    replicas = [Subjects(bucket, book), Subjects(bucket, other_book)]
    changes = await asyncio.gather(
        *(replicas[n % 2].set_grants(Who.named("alice"), [grant("viewer", [str(n) * 26])]) for n in range(8))
    )
    history = {change.before.etag: change.after for change in changes}
    assert len(history) == 8
    etag = ""
    for _ in range(8):
        etag = history[etag].etag
    record = SubjectRecord.FromString((await bucket.get(f"subject.{derived_id('subject', 'alice')}")).value)
    assert record.subject.etag == etag


@pytest.mark.parametrize("change", [{}, {"disabled": True}], ids=["demoted", "disabled"])
async def test_the_last_administrator_stays(register, change):
    """Nobody would be left to grant: the last enabled administrator can be neither demoted nor disabled."""
    grants = [grant("admin")] if change else []
    await register("second", grant("admin"), disabled=True)
    with pytest.raises(FailedPrecondition, match=r"LAST_ADMIN: .*name the role admin, too"):
        await register("tester", *grants, **change)
    await register("second", grant("admin"))
    after = await register("tester", *grants, **change)
    assert after.disabled == change.get("disabled", False)


async def test_two_administrators_do_not_lock_each_other_out(subjects, register):
    """Of two who are demoted at the same moment one stays."""
    await register("second", grant("admin"))
    demoted = [subjects.set_grants(Who.named(handle), []) for handle in ("tester", "second")]
    outcomes = await asyncio.gather(*demoted, return_exceptions=True)
    assert [error.reason for error in outcomes if isinstance(error, FailedPrecondition)] == ["LAST_ADMIN"]


async def test_the_last_administrator_may_be_changed(register, subjects):
    """As long as they remain one; and others are free to go."""
    assert len((await register("tester", grant("admin"))).grants) == 1
    assert (await register("alice", disabled=True)).disabled


async def test_a_list_shows_what_is_in_reach(subjects, register):
    """By id, in pages, and only those whom the caller may see."""
    ids = sorted([(await register(handle)).id for handle in ("alice", "bob", "carol")])
    own = Selection.of(ids)
    assert [each.id for each in subjects.page(own, "", 2)] == ids[:2]
    assert [each.id for each in subjects.page(own, ids[1], 2)] == ids[2:]
    assert [each.id for each in subjects.page(Selection.of(ids[1:2]), "", 10)] == ids[1:2]


async def test_grants_that_no_record_can_hold_are_refused(register, subjects):
    """Ten thousand cameras by their ids are more than the broker takes: the answer says to grant on all."""
    cameras = [derived_id(str(n)) for n in range(10_000)]
    with pytest.raises(InvalidInput, match="GRANTS_TOO_LONG"):
        await register("alice", grant("viewer", ["*"], cameras))
    assert subjects.find("alice") is None


async def test_without_the_broker_nothing_is_changed(subjects, nats_server):
    """A change that cannot be stored is an error that can be tried again."""
    nats_server.kill()
    with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
        await subjects.set_grants(Who.named("alice"), [])


async def test_a_subject_belongs_to_itself(book, register):
    """Where the gate looks: by handle or id the same place, and for others none."""
    alice = await register("alice")
    places = SubjectPlaces(book)
    for name in ("alice", alice.id):
        place = await places.place(name)
        assert (place.subject, place.watchlist, place.camera) == (alice.id, "", "")
    assert await places.place("nobody") is None
    assert places.missing("nobody").reason == "SUBJECT_NOT_FOUND"
