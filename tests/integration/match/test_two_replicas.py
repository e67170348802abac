"""Two processes of match on one ledger: what one of them does is true for the other."""

from __future__ import annotations

import shutil

import pytest
from fakes import picture

from sightline.match.bulk_reading import Choice
from sightline.match.importing import Batch
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import import_service_pb2 as import_pb

KEEPING = Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF, with_references=True)


async def enrol(match, watchlist):
    """Enrols ann by a picture."""
    await match.enroll(watchlist, "ann")


async def take(match, watchlist):
    """Imports a picture of her."""
    item = import_pb.ImportItem(key="ann", person="ann", image=picture("ann"))
    await match.parts.importing.take(Batch(watchlist, [item], KEEPING))


@pytest.mark.parametrize("again", [enrol, take])
async def test_who_was_deleted_by_one_is_enrolled_again_by_the_other(match, opened, tmp_path, again):
    """At once, and for good: not under the key that was destroyed, which the other had in memory."""

    async def all_applied(*replicas):
        for each in replicas:
            await each.parts.gallery.applied(await match.parts.ledger.last_sequence())

    async with opened(tmp_path / "other") as other:
        watchlist = await match.create(keep_references=True)
        await all_applied(other)
        await enrol(other, watchlist)
        await all_applied(match)
        await match.parts.persons.delete(watchlist, "ann")
        await all_applied(other)
        await again(other, watchlist)
        await all_applied(match)
        [face_id] = await match.found(watchlist, "ann")
        assert await other.found(watchlist, "ann") == [face_id]
        assert (await match.parts.faces.reference(watchlist, face_id)).image == picture("ann")
    shutil.rmtree(tmp_path / "other")
    async with opened(tmp_path / "other") as other:
        assert await other.found(watchlist, "ann") == [face_id]
