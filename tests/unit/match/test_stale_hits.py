"""What the index still says, or says already, and the gallery does not: nobody is named with another's face."""

from __future__ import annotations

from contextlib import closing

import pytest
from fakes import fake_pack, vector_of

from sightline.match.face_rows import FaceRow
from sightline.match.index import Hit
from sightline.match.person_scores import PersonScores
from sightline.match.probes import Sought
from sightline.match.projection import GalleryProjection
from sightline.match.search import Search, Terms
from sightline.match.thresholds import Thresholds
from sightline.v1 import face_pb2
from sightline.v1 import gallery_service_pb2 as pb

PACK = fake_pack()
SOUGHT = Sought(vector_of("ann"), face_pb2.Face())


class OneHit:
    """A FaceIndex that finds one face, of this person."""

    def __init__(self, person_id):
        self._hits = [Hit("face", person_id, 1.0)]

    async def nearest_many(self, probes):
        return [self._hits for _ in probes]

    async def nearest(self, *_, **__):
        return self._hits

    async def vectors(self, face_ids):
        return dict.fromkeys(face_ids, vector_of("ann"))


@pytest.fixture
def projection(tmp_path):
    """Ann and ben; the face is ann's."""
    with closing(GalleryProjection(tmp_path / "projection.db")) as made:
        with made.applying(1):
            made.put_watchlist(pb.Watchlist(id="w", name="wanted", embedder_id=PACK.embedder_id))
            for name in ("ann", "ben"):
                made.put_person(pb.Person(id=name, watchlist_id="w", external_id=name))
            made.put_face(FaceRow(pb.EnrolledFace(id="face", watchlist_id="w", person_id="ann"), 1, ""))
        yield made


@pytest.mark.parametrize(("person", "found"), [("ann", ["ann"]), ("ben", [])])
async def test_a_face_is_found_with_whose_it_is(projection, person, found):
    """While it goes from one to the other neither search gives it to the wrong one."""
    parts, terms = (OneHit(person), projection, PACK, Thresholds(PACK)), Terms([projection.watchlist("w")])
    [faces] = await Search(None, *parts).faces([SOUGHT], terms)
    persons = await PersonScores(*parts).persons(SOUGHT, terms)
    assert [match.person.id for match in faces] == [match.person.id for match in persons] == found
