"""Collections and users go by their names, though the services behind take ids for names, too."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sightline.chassis.errors import NotFound
from sightline.chassis.ids import new_id
from sightline.gateway.rekognition.call import Signer
from sightline.gateway.rekognition.known_collections import known_user, watchlist
from sightline.v1 import gallery_service_pb2 as pb

STAFF, ANN, FACE = new_id(), new_id(), new_id()


class Gallery:
    """A GalleryService with one watchlist and two persons, which finds them by id and by name."""

    async def GetWatchlist(self, request, **_):
        """See the contract."""
        assert request.watchlist in {STAFF, "staff"}
        return pb.GetWatchlistResponse(watchlist=pb.Watchlist(id=STAFF, name="staff"))

    async def GetPerson(self, request, **_):
        """See the contract."""
        lone = request.person == f"face:{FACE}"
        assert lone or request.person in {ANN, "ann"}
        return pb.GetPersonResponse(person=pb.Person(id=ANN, external_id=request.person if lone else "ann"))


@pytest.fixture
def call():
    """Of somebody who may see all of it."""
    upstream = SimpleNamespace(stub=lambda *_: Gallery(), timeout=1.0)
    return SimpleNamespace(upstream=upstream, signer=Signer("SLAK", "test", "consent"))


async def test_a_collection_goes_by_its_name(call):
    """By our id of it there is none: who deletes by an id deletes nothing."""
    assert (await watchlist(call, "staff")).id == STAFF
    with pytest.raises(NotFound, match="WATCHLIST_NOT_FOUND"):
        await watchlist(call, STAFF)


async def test_a_user_goes_by_their_id_as_clients_know_it(call):
    """By our id there is none, and none is whoever stands for a face that nobody has: no list shows them."""
    assert (await known_user(call, STAFF, "ann")).person.id == ANN
    for other in (ANN, f"face:{FACE}"):
        with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
            await known_user(call, STAFF, other)
