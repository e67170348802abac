"""Export: what a watchlist holds, as the ledger has it."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import fake_pack, picture, vector_of

from sightline.match.bulk_reading import Choice
from sightline.match.importing import Batch
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import import_service_pb2 as import_pb

OFF = Choice(pb.FACE_SELECTION_ONLY, pb.QUALITY_GATE_OFF)


def item(name):
    """A template of that person."""
    template = pb.TrustedTemplate(vector=vector_of(name).tolist(), embedder_id=fake_pack().embedder_id)
    return import_pb.ImportItem(key=name, person=name, template=template)


@pytest.fixture
async def watchlist(match):
    """With imported and enrolled faces, two of which were deleted, beside another watchlist."""
    made, other = await match.create(), await match.create("other")
    names = [f"p{number}" for number in range(300)]
    answers = await match.parts.importing.take(Batch(made, [item(name) for name in names], OFF))
    await match.parts.importing.take(Batch(other, [item("elsewhere")], OFF))
    await match.enroll(made, "alone")
    gone = await match.enroll(made, "gone")
    await match.parts.faces.delete(made, [answers.items[0].face_id, gone.face.id])
    return made


async def test_every_face_is_exported_once(match, watchlist):
    """Imported or enrolled, each face that is there is on one page, and no other watchlist's."""
    pages = list(match.parts.export.faces(watchlist.id))
    ids = [face.id for page in pages for face in page]
    assert len(pages) > 1
    assert len(ids) == len(set(ids)) == 300
    assert {face.watchlist_id for page in pages for face in page} == {watchlist.id}


async def test_templates_are_those_that_were_enrolled(match, watchlist):
    """Each face comes with its own template, to the last bit; deleted ones do not come."""
    records = [record async for page in match.parts.export.templates(watchlist.id) for record in page]
    assert len(records) == len({record.face.id for record in records}) == 300
    for record in records:
        name = match.projection.person(record.face.person_id).external_id
        assert np.array_equal(np.array(record.vector, np.float32), vector_of(name))
    assert "p0" not in {match.projection.person(record.face.person_id).external_id for record in records}


async def test_each_person_is_named_once(match, watchlist):
    """A person with several faces is sent with the first of them."""
    second = import_pb.ImportItem(key="second", person="p1", image=picture("p1#2"))
    await match.parts.importing.take(Batch(watchlist, [second], OFF))
    seen: set[str] = set()
    persons = [
        each for page in match.parts.export.faces(watchlist.id) for each in match.parts.export.persons(page, seen)
    ]
    # `gone` has no face left.
    assert sorted(person.external_id for person in persons) == sorted(["alone", *(f"p{n}" for n in range(1, 300))])
