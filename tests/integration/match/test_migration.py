"""A gallery changes its embedder: both live side by side until the switch, and no face is lost."""

from __future__ import annotations

import pytest
from fakes import COMING_DIMENSION, FakeFaceReader, coming_pack, fake_pack

from sightline.chassis.errors import Conflict, FailedPrecondition, NotFound, Unavailable
from sightline.chassis.identity.rights import EVERYTHING, Selection
from sightline.match.embedder_stores import embedder_of
from sightline.match.gallery_check import Drift, GalleryCheck
from sightline.v1 import events_pb2, search_service_pb2
from sightline.v1 import migration_service_pb2 as migration_pb

OLD, NEW = fake_pack(), coming_pack()
TARGET = embedder_of(NEW)
FORWARD = {"keep_references": True}


async def drift_of(match):
    """In what the index is not what the gallery says."""
    [drift] = [found async for found in GalleryCheck(match.index, match.path).run() if isinstance(found, Drift)]
    return drift


async def test_the_same_faces_are_found_with_the_new_embedder(before, after, state, migrated, switched):
    """Searches, an enrolment and a deletion go on meanwhile; after switch and restart every face has its old id."""
    async with before() as match:
        watchlist = await match.create(**FORWARD)
        faces = {name: (await match.enroll(watchlist, name)).face.id for name in ("ann", "ben", "cy")}
        await match.migrations.start(TARGET)
        assert (await migrated(match)).migrated == 3
        faces["dee"] = (await match.enroll(watchlist, "dee")).face.id
        await match.parts.faces.delete(watchlist, [faces["ben"]])
        assert await match.found(watchlist, "ann") == [faces["ann"]]
        told = await migrated(match)
        assert (told.state, told.faces, told.migrated) == (migration_pb.MIGRATION_STATE_RUNNING, 3, 3)
        await match.migrations.switch(accept_unmigrated=False)
        assert await match.found(watchlist, "dee") == [faces["dee"]]
        roll = match.projection.roll(watchlist.id)
    async with after() as match:
        await switched(match)
        watchlist = match.parts.watchlists.get("wanted")
        assert (watchlist.embedder_id, watchlist.face_count) == (NEW.embedder_id, 3)
        for name in ("ann", "cy", "dee"):
            assert await match.found(watchlist, name) == [faces[name]]
            assert match.projection.face(faces[name]).embedder_id == NEW.embedder_id
            assert (await match.enroll(watchlist, name)).created is False
        assert await match.found(watchlist, "ben") == []
        assert match.projection.roll(watchlist.id).set_hash != roll.set_hash
        assert not await drift_of(match)
        assert [path.name for path in (state / "match").iterdir()] == [NEW.embedder_id]


async def test_a_face_enrolled_between_the_decision_and_the_restart_is_migrated_too(
    before, after, migrated, switched, coming
):
    """What the old pack enrols while nobody embeds for the new one gets its template from the new one itself."""
    async with before() as match:
        watchlist = await match.create(**FORWARD)
        await match.enroll(watchlist, "ann")
        await match.migrations.start(TARGET)
        await migrated(match)
        await match.migrations.switch(accept_unmigrated=False)
        coming.free.clear()
        late = (await match.enroll(watchlist, "ben")).face.id
    async with after() as match:
        await switched(match)
        assert await match.found(match.parts.watchlists.get("wanted"), "ben") == [late]


async def test_what_has_no_reference_is_listed_and_not_lost(before, after, migrated, switched):
    """It keeps the switch from happening unasked, is in the gallery after it, and is the same face once enrolled."""
    async with before() as match:
        kept, bare = await match.create("kept", **FORWARD), await match.create("bare")
        await match.enroll(kept, "ann")
        face = (await match.enroll(bare, "cy")).face
        await match.migrations.start(TARGET)
        assert dict((await migrated(match)).unmigrated) == {"REFERENCE_NOT_KEPT": 1}
        [listed] = await match.migrations.unmigrated("", 10, EVERYTHING)
        assert (listed.face.id, listed.external_id, listed.reason) == (face.id, "cy", "REFERENCE_NOT_KEPT")
        assert await match.migrations.unmigrated("", 10, Selection(frozenset([kept.id]))) == []
        assert await match.migrations.unmigrated(face.id, 10, EVERYTHING) == []
        with pytest.raises(FailedPrecondition, match="MIGRATION_INCOMPLETE"):
            await match.migrations.switch(accept_unmigrated=False)
        assert (await match.migrations.switch(accept_unmigrated=True)).unmigrated == 1
    async with after() as match:
        await switched(match)
        bare = match.parts.watchlists.get("bare")
        assert bare.face_count == 0
        assert [each.id for each in match.parts.faces.page(bare, "", "", 10)] == [face.id]
        assert await match.found(bare, "cy") == []
        with pytest.raises(FailedPrecondition, match="FACE_NOT_MIGRATED"):
            await match.parts.probes.read(search_service_pb2.BatchProbe(face_id=face.id), bare)
        again = await match.enroll(bare, "cy")
        assert (again.face.id, again.face.embedder_id) == (face.id, NEW.embedder_id)
        assert await match.found(bare, "cy") == [face.id]
        assert dict((await match.migrations.get())[0].unmigrated) == {}
        await match.parts.faces.delete(bare, [face.id])
        assert await match.found(bare, "cy") == []


async def test_a_face_that_fails_stops_no_other_and_is_tried_again(before, migrated, coming, until):
    """Its reason is counted, in the ledger; a second start tries it once more."""
    coming.refused = {"ben"}
    async with before() as match:
        watchlist = await match.create(**FORWARD)
        for name in ("ann", "ben", "cy"):
            await match.enroll(watchlist, name)
        await match.migrations.start(TARGET)
        told = await migrated(match)
        assert (told.migrated, dict(told.unmigrated)) == (2, {"ALIGNMENT_FAILED": 1})
        coming.refused = set()
        await match.migrations.start(TARGET)

        async def all_migrated() -> bool:
            return (await match.migrations.get())[0].migrated == 3

        await until(all_migrated)


async def test_a_lost_reference_is_a_reason(before, migrated):
    """A face whose reference is gone is listed with REFERENCE_NOT_FOUND."""
    async with before() as match:
        watchlist = await match.create(**FORWARD)
        face = (await match.enroll(watchlist, "ann")).face
        await match.parts.references.delete(face.id)
        await match.migrations.start(TARGET)
        assert dict((await migrated(match)).unmigrated) == {"REFERENCE_NOT_FOUND": 1}


async def test_it_goes_on_where_it_was_cut_off(before, migrated, coming, until):
    """Ended in the middle, and started again, it misses no face, and says what it waits for."""
    async with before() as match:
        watchlist = await match.create(**FORWARD)
        names = [f"n{number}" for number in range(100)]
        for name in names:
            await match.enroll(watchlist, name)
        await match.migrations.start(TARGET)
        coming.free.clear()

        async def waits() -> bool:
            return (await match.migrations.get())[0].waiting > 0

        await until(waits)
        with pytest.raises(FailedPrecondition, match="MIGRATION_NOT_READY"):
            await match.migrations.switch(accept_unmigrated=True)
    coming.free.set()
    coming.failure = Unavailable("EMBED_UNAVAILABLE", "It is away.")
    async with before() as match:

        async def in_trouble() -> bool:
            return (await match.migrations.get())[0].trouble.reason == "EMBED_UNAVAILABLE"

        await until(in_trouble)
        assert await match.found(watchlist, "n7")
        coming.failure = None
        assert (await migrated(match)).migrated == len(names)


async def test_a_threshold_of_the_old_embedder_ends_and_the_trail_says_so(
    before, after, bus, stored, migrated, switched
):
    """A cosine of one embedder says nothing of another's: the watchlist falls back on the new pack's."""
    async with before() as match:
        watchlist = await match.create(threshold=0.97, **FORWARD)
        await match.enroll(watchlist, "ann")
        await match.migrations.start(TARGET)
        await migrated(match)
        assert (await match.migrations.switch(accept_unmigrated=False)).thresholds == 1
        assert match.parts.watchlists.get("wanted").HasField("threshold")
    async with after() as match:
        await switched(match)
        assert not match.parts.watchlists.get("wanted").HasField("threshold")
    [event] = [
        each for each in await stored(bus, "AUDIT", events_pb2.AuditEvent) if each.action == "gallery.rebind_watchlist"
    ]
    assert (event.principal, event.object_id, event.outcome) == ("service:match", watchlist.id, "ok")
    assert "0.97" in event.detail


async def test_the_way_back_needs_no_pictures(before, after, opened, state, coming, migrated, switched):
    """Of what the old embedder read before, its templates are still in the ledger."""
    async with before() as match:
        watchlist = await match.create(**FORWARD)
        face = (await match.enroll(watchlist, "ann")).face
        await match.migrations.start(TARGET)
        await migrated(match)
        await match.migrations.switch(accept_unmigrated=False)
    old = FakeFaceReader()
    async with opened(state, pack=NEW, coming=old) as match:
        await switched(match)
        await match.migrations.start(embedder_of(OLD))
        old.read = 0
        assert (await migrated(match)).migrated == 1
        assert old.read == 0
        await match.migrations.switch(accept_unmigrated=False)
    async with before() as match:
        await switched(match)
        assert await match.found(match.parts.watchlists.get("wanted"), "ann") == [face.id]


async def test_what_cannot_begin_says_why(before, opened, state, coming):
    """The pack in use, no target, another embedder at the target, and a second migration."""
    async with opened(state) as match:
        with pytest.raises(FailedPrecondition, match=r"MIGRATION_TARGET_UNSET.*--coming-pack"):
            await match.migrations.start(TARGET)
    async with before() as match:
        with pytest.raises(FailedPrecondition, match="EMBEDDER_UNCHANGED"):
            await match.migrations.start(embedder_of(OLD))
        coming.failure = FailedPrecondition("EMBEDDER_DIFFERS", "It is another one.")
        with pytest.raises(FailedPrecondition, match="EMBEDDER_DIFFERS"):
            await match.migrations.start(TARGET)
        coming.failure = None
        for call in (
            match.migrations.get(),
            match.migrations.cancel(),
            match.migrations.switch(accept_unmigrated=True),
        ):
            with pytest.raises(NotFound, match="MIGRATION_NOT_FOUND"):
                await call
        await match.migrations.start(TARGET)
        other = migration_pb.Embedder(id="o" * 26, dimension=COMING_DIMENSION, threshold=0.5, pack="other")
        with pytest.raises(Conflict, match="MIGRATION_RUNNING"):
            await match.migrations.start(other)
