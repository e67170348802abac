from __future__ import annotations

import shutil

import pytest
from fakes import picture
from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.errors import Unavailable
from sightline.chassis.identity.rights import EVERYTHING
from sightline.chassis.provision import provision
from sightline.chassis.topology import TOPOLOGY
from sightline.match.bulk_reading import Choice
from sightline.match.importing import Batch
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import import_service_pb2, records_pb2


class OnceUnavailable:
    """An index that refuses its first write."""

    def __init__(self, index) -> None:
        self._index = index
        self.refused = False

    def __getattr__(self, name):
        return getattr(self._index, name)

    async def put(self, faces) -> None:
        """Refuses once."""
        if not self.refused:
            self.refused = True
            raise Unavailable("QDRANT_UNAVAILABLE", "It is away for a moment.")
        await self._index.put(faces)


async def test_everything_is_rebuilt_from_the_ledger(opened, state):
    """Without its state folder match comes back with the same ids, the same results and the same set hash."""
    async with opened(state) as match:
        watchlist = await match.create()
        ann = await match.enroll(watchlist, "ann")
        ben = await match.enroll(watchlist, "ben")
        gone = await match.enroll(watchlist, "eve")
        await match.parts.faces.delete(watchlist, [gone.face.id])
        roll, dropped = match.projection.roll(watchlist.id), await match.create("dropped")
        await match.enroll(dropped, "ann")
        await match.parts.watchlists.delete("dropped")
    shutil.rmtree(state)
    async with opened(state) as match:
        watchlist = match.parts.watchlists.get("wanted")
        assert watchlist.face_count == 2
        assert match.projection.roll(watchlist.id) == roll
        assert await match.found(watchlist, "ann") == [ann.face.id]
        assert await match.found(watchlist, "ben") == [ben.face.id]
        assert await match.found(watchlist, "eve") == await match.found(dropped, "ann") == []
        assert match.projection.face(ann.face.id) == ann.face
        assert (await match.enroll(watchlist, "ann")).created is False


async def test_a_watchlist_that_was_changed_after_its_faces_is_rebuilt_with_them(opened, state):
    """Its record stands behind them in the ledger then; enrolled alone or imported, they are found all the same."""
    async with opened(state) as match:
        watchlist = await match.create()
        ann = await match.enroll(watchlist, "ann")
        choice = Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF)
        item = import_service_pb2.ImportItem(key="ben", person="ben", image=picture("ben"))
        [ben] = (await match.parts.importing.take(Batch(watchlist, [item], choice))).items
        await match.parts.watchlists.update("wanted", pb.Watchlist(purpose="other"), FieldMask(paths=["purpose"]))
    shutil.rmtree(state)
    async with opened(state) as match:
        assert match.parts.watchlists.get("wanted").face_count == 2
        assert await match.found(watchlist, "ann") == [ann.face.id]
        assert await match.found(watchlist, "ben") == [ben.face_id]


async def test_a_restart_goes_on_where_it_was(opened, state):
    """With its state folder match has everything at once, and applies only what is new."""
    async with opened(state) as match:
        watchlist = await match.create()
        ann = await match.enroll(watchlist, "ann")
    async with opened(state) as match:
        assert await match.found(watchlist, "ann") == [ann.face.id]
        ben = await match.enroll(watchlist, "ben")
        assert match.projection.roll(watchlist.id).size == 2
        assert await match.found(watchlist, "ben") == [ben.face.id]


async def test_a_lost_index_is_rebuilt_beside_a_projection_that_was_kept(opened, state):
    """Where only the index's folder is gone, as after a disk was swapped, faces are found again all the same."""
    async with opened(state) as match:
        watchlist = await match.create()
        ann = await match.enroll(watchlist, "ann")
    [index] = state.rglob("edge_config.json")
    shutil.rmtree(index.parent)
    async with opened(state) as match:
        assert await match.found(watchlist, "ann") == [ann.face.id]


async def test_a_copy_of_another_ledger_is_thrown_away(opened, state, bus):
    """A state folder that is ahead of its ledger, as after the broker's store was lost, is not believed."""
    async with opened(state) as match:
        watchlist = await match.create()
        await match.enroll(watchlist, "ann")
    await bus.js.delete_stream("GALLERY")
    await provision(bus, TOPOLOGY)
    async with opened(state) as match:
        assert match.parts.watchlists.list("", 10, EVERYTHING) == []
        assert await match.found(watchlist, "ann") == []


async def test_an_index_that_was_away_gets_what_it_missed(opened, state):
    """Where the index refuses an entry that the ledger has, the entry is applied as soon as it can be."""
    async with opened(state, wrap=OnceUnavailable) as match:
        watchlist = await match.create()
        ann = await match.enroll(watchlist, "ann")
        assert match.index.refused
        assert await match.found(watchlist, "ann") == [ann.face.id]
        assert match.projection.roll(watchlist.id).size == 1
        await match.parts.gallery.check()


async def test_health_says_what_cannot_be_applied(opened, state, bus, until):
    """An entry that does not open is not skipped: health is not well, and says why, until it can be applied."""
    async with opened(state) as match:
        await match.create()
        stuck = await bus.js.publish(f"sightline.gallery.{'a' * 26}.face.{'b' * 26}", b"\xff")

        async def refused() -> bool:
            try:
                await match.parts.gallery.check()
            except Unavailable as error:
                return error.reason == "GALLERY_STUCK"
            return False

        await until(refused)
        assert match.projection.sequence == stuck.seq - 1


async def test_records_of_kinds_that_a_newer_release_has_are_passed_over(opened, state, bus):
    """Side by side with it, in the ledger and in a chunk, they hold up nothing: the face behind them is found."""
    async with opened(state) as match:
        watchlist = await match.create()
        chunk = records_pb2.LedgerChunk(entries=[{"kind": "gait", "id": "b" * 26, "entry": {"key_id": watchlist.id}}])
        for kind, body in (("gait", records_pb2.LedgerEntry(key_id="k" * 26)), ("chunk", chunk)):
            await bus.publish(f"sightline.gallery.{watchlist.id}.{kind}.{'b' * 26}", body, dedup_id=kind)
        ann = await match.enroll(watchlist, "ann")
        await match.parts.gallery.caught_up()
        assert await match.found(watchlist, "ann") == [ann.face.id]


async def test_a_broker_that_is_killed_is_followed_again(match, nats_server, bus, until):
    """After a kill -9 of the broker the ledger is all there, and match takes new enrolments."""
    watchlist = await match.create()
    ann = await match.enroll(watchlist, "ann")
    nats_server.kill()
    with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
        await match.enroll(watchlist, "cy")
    nats_server.start()
    await until(lambda: _connected(bus))
    ben = await match.enroll(watchlist, "ben")
    assert await match.found(watchlist, "ann") == [ann.face.id]
    assert await match.found(watchlist, "ben") == [ben.face.id]


async def _connected(bus) -> bool:
    return bus.client.is_connected
