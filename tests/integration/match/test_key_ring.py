"""Match through a rotation of the installation's key, and after the keys of a watchlist are destroyed."""

from __future__ import annotations

import shutil

from key_files import new_key, write_keys

from sightline.chassis.rewrap import Rewrap
from sightline.chassis.wrapped_keys import WrappedKeys


async def test_a_rotation_changes_nothing_for_those_who_search_and_enrol(bus, opened, tmp_path):
    """With the new key alone everything is read from the ledger again, and a picture that was enrolled is known."""
    state, old, new = tmp_path / "state", new_key(), new_key()
    async with opened(state, keys=[old]) as match:
        watchlist = await match.create()
        ann = await match.enroll(watchlist, "ann")
        ledger = await bus.js.stream_info("GALLERY")
        write_keys(state / "installation.key", new, old)
        # The watchlist, the key within which ann's lies, ann's, and the secret by which pictures are known again.
        assert await Rewrap(WrappedKeys(bus), write_keys(tmp_path / "keys", new, old)).run() == 4
        assert (await match.enroll(watchlist, "ann")).face == ann.face
    assert (await bus.js.stream_info("GALLERY")).state == ledger.state
    shutil.rmtree(state)
    async with opened(state, keys=[new]) as match:
        assert await match.found(watchlist, "ann") == [ann.face.id]
        again = await match.enroll(watchlist, "ann")
        assert (again.created, again.face) == (False, ann.face)


async def test_a_deleted_watchlist_leaves_no_key(bus, match):
    """The keys of the watchlist and of everybody in it are gone, with the one in which theirs lay; others' are not."""
    kept, deleted = await match.create("kept"), await match.create("deleted")
    await match.enroll(kept, "ann")
    for name in ("ann", "ben", "cy"):
        await match.enroll(deleted, name)
    before = {each.owner async for each in WrappedKeys(bus).revisions()}
    await match.parts.watchlists.delete("deleted")
    after = {each.owner async for each in WrappedKeys(bus).revisions()}
    assert after < before
    assert len(before - after) == 1 + 1 + 3
    assert await match.found(kept, "ann")
