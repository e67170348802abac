"""A change of model that somebody gives up: before the switch, behind it, and while it is made."""

from __future__ import annotations

import asyncio

import pytest
from fakes import FakeFaceReader, coming_pack, fake_pack

from sightline.chassis.audit import Auditor
from sightline.chassis.errors import FailedPrecondition, NotFound, Unavailable
from sightline.chassis.gallery_subjects import GalleryKind
from sightline.match.embedder_stores import EmbedderStores, embedder_of
from sightline.match.ledger import subject_of
from sightline.match.templates import template_id
from sightline.match.watchlist_rebinding import WatchlistRebinding
from sightline.v1 import migration_service_pb2 as migration_pb

OLD, NEW = fake_pack(), coming_pack()
TARGET = embedder_of(NEW)
FORWARD = {"keep_references": True}


async def test_giving_it_up_leaves_nothing(before, state, bus, migrated, until):
    """Every template that it made is deleted, its index, too; the gallery is as it was, and another one can begin."""
    async with before() as match:
        watchlist = await match.create(**FORWARD)
        face = (await match.enroll(watchlist, "ann")).face
        await match.migrations.start(TARGET)
        await migrated(match)
        await match.migrations.cancel()

        async def gone() -> bool:
            return match.projection.migration() is None

        await until(gone)
        subject = subject_of(watchlist.id, GalleryKind.TEMPLATE, template_id(face.id, NEW.embedder_id))
        assert (await match.parts.ledger.last(subject)).record is None
        assert [path.name for path in (state / "match").iterdir()] == [OLD.embedder_id]
        assert await match.found(watchlist, "ann") == [face.id]
        with pytest.raises(NotFound, match="MIGRATION_NOT_FOUND"):
            await match.migrations.get()
        await match.migrations.start(TARGET)
        assert (await migrated(match)).migrated == 1


async def test_it_is_not_given_up_while_watchlists_are_bound(before, after, migrated, switched, monkeypatch):
    """Once match runs with the new pack it is too late: some watchlists would be bound to each of the two."""
    rebind, going_on = WatchlistRebinding.rebind, asyncio.Event()

    async def slowly(*args):
        await going_on.wait()
        await rebind(*args)

    monkeypatch.setattr(WatchlistRebinding, "rebind", slowly)
    async with before() as match:
        watchlist = await match.create(**FORWARD)
        face = (await match.enroll(watchlist, "ann")).face
        await match.migrations.start(TARGET)
        await migrated(match)
        await match.migrations.switch(accept_unmigrated=False)
    async with after() as match:
        with pytest.raises(FailedPrecondition, match="MIGRATION_SWITCHED"):
            await match.migrations.cancel()
        going_on.set()
        await switched(match)
        assert await match.found(match.parts.watchlists.get("wanted"), "ann") == [face.id]


async def test_the_old_pack_takes_back_what_was_bound_to_the_new_one(before, after, until, migrated, monkeypatch):
    """Given up with the old pack after the new one had bound a watchlist: everybody is found with the old one again."""
    bind = WatchlistRebinding._bind

    async def the_first(rebinding, watchlist, embedder_id):
        if watchlist.name == "b":
            raise Unavailable("BROKER_UNAVAILABLE", "Not now.")
        await bind(rebinding, watchlist, embedder_id)

    async with before() as match:
        for name in ("a", "b"):
            await match.enroll(await match.create(name, **FORWARD), "ann")
        await match.migrations.start(TARGET)
        await migrated(match)
        await match.migrations.switch(accept_unmigrated=False)
    with monkeypatch.context() as patched:
        patched.setattr(WatchlistRebinding, "_bind", the_first)
        async with after() as match:

            async def bound() -> bool:
                return match.parts.watchlists.get("a").embedder_id == NEW.embedder_id

            await until(bound)
            await match.enroll(match.parts.watchlists.get("a"), "ben")
    async with before() as match:
        with pytest.raises(FailedPrecondition, match="EMBEDDER_DIFFERS"):
            await match.found(match.parts.watchlists.get("a"), "ann")
        await match.migrations.cancel()

        async def all_found() -> bool:
            lists = match.projection.watchlists()
            counts = [each.face_count for each in lists if each.embedder_id == OLD.embedder_id]
            return match.projection.migration().state == migration_pb.MIGRATION_STATE_SWITCHED and counts == [2, 1]

        await until(all_found)
        for name, watchlist in (("ann", "a"), ("ben", "a"), ("ann", "b")):
            assert len(await match.found(match.parts.watchlists.get(watchlist), name)) == 1
        await match.migrations.start(TARGET)
        assert (await migrated(match)).migrated == 3


async def test_what_another_process_bound_while_it_was_given_up_is_bound_back(
    before, bus, migrated, until, monkeypatch
):
    """One with the new pack binds watchlists until it hears that the change was given up."""
    discard = EmbedderStores.discard
    async with before() as match:
        watchlist = await match.create(**FORWARD)
        face = (await match.enroll(watchlist, "ann")).face
        await match.migrations.start(TARGET)
        await migrated(match)
        await match.migrations.switch(accept_unmigrated=False)
        elsewhere = WatchlistRebinding(
            match.parts.records, match.parts.gallery, match.projection, Auditor(bus, "match")
        )

        async def meanwhile(*args):
            await discard(*args)
            monkeypatch.setattr(EmbedderStores, "discard", discard)
            await elsewhere._bind(watchlist, NEW.embedder_id)

        monkeypatch.setattr(EmbedderStores, "discard", meanwhile)
        await match.migrations.cancel()

        async def bound_back() -> bool:
            record = match.projection.migration()
            return record is not None and record.state == migration_pb.MIGRATION_STATE_SWITCHED

        await until(bound_back)
        assert await match.found(match.parts.watchlists.get("wanted"), "ann") == [face.id]


async def test_a_pack_with_which_it_cannot_go_on_is_told_which_can(before, after, migrated, switched):
    """The coming one before it was settled, and the old one once the gallery is the other's."""
    async with before() as match:
        await match.enroll(await match.create(**FORWARD), "ann")
        await match.migrations.start(TARGET)
    async with after() as match:
        for call in (
            match.migrations.start(embedder_of(OLD)),
            match.migrations.switch(accept_unmigrated=True),
            match.migrations.cancel(),
        ):
            with pytest.raises(FailedPrecondition, match=f"MIGRATION_NOT_READY.*'{OLD.name}' again"):
                await call
    async with before() as match:
        await migrated(match)
        await match.migrations.switch(accept_unmigrated=False)
    async with after() as match:
        await switched(match)
    async with before() as match:
        for call in (
            match.migrations.start(embedder_of(OLD)),
            match.migrations.start(TARGET),
            match.migrations.switch(accept_unmigrated=True),
            match.migrations.cancel(),
        ):
            with pytest.raises(FailedPrecondition, match=f"MIGRATION_SWITCHED.*to the pack '{NEW.name}'"):
                await call


async def test_none_begins_while_faces_wait_for_the_one_before(before, opened, state, coming, migrated, until):
    """Given up, it would leave nobody who makes their templates: they would never be found."""
    async with before() as match:
        watchlist = await match.create(**FORWARD)
        await match.enroll(watchlist, "ann")
        await match.migrations.start(TARGET)
        await migrated(match)
        await match.migrations.switch(accept_unmigrated=False)
        coming.free.clear()
        await match.enroll(watchlist, "ben")
    async with opened(state, pack=NEW, reader=coming, coming=FakeFaceReader()) as match:

        async def over() -> bool:
            return match.projection.migration().state == migration_pb.MIGRATION_STATE_SWITCHED

        await until(over)
        with pytest.raises(FailedPrecondition, match="MIGRATION_NOT_READY: 1 faces"):
            await match.migrations.start(embedder_of(OLD))
        coming.free.set()

        async def read() -> bool:
            return not match.projection.problems()

        await until(read)
        await match.migrations.start(embedder_of(OLD))
        assert (await migrated(match)).migrated == 2
