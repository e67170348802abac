"""What has expired is deleted one by one: what goes wrong with one of them leaves none of the others."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.match.expiry import Expiry
from sightline.v1 import gallery_service_pb2 as pb


class Due:
    """A projection in which two watchlists and two persons have expired."""

    def expired_watchlists(self):
        return [pb.Watchlist(id=name) for name in ("bad", "list")]

    def expired_persons(self, _):
        return [pb.Person(id=name) for name in ("worse", "person")]


class Failing:
    """An erasure that fails for some."""

    def __init__(self, **errors):
        self.errors = errors
        self.gone = []

    def is_at(self, _):
        return False

    async def watchlist(self, record):
        if record.id in self.errors:
            raise self.errors[record.id]
        self.gone.append(record.id)
        return 1

    person = watchlist


class Unwritten:
    """An auditor that writes nothing."""

    @asynccontextmanager
    async def audit(self, what):
        yield what


async def test_one_that_fails_keeps_none_of_the_others_alive():
    """Whether it is an error that is known, or one that nobody thought of."""
    erasure = Failing(bad=FailedPrecondition("RECORD_UNREADABLE", "No key opens it."), worse=KeyError("x"))
    assert await Expiry(Due(), erasure, Unwritten()).look() == 2
    assert erasure.gone == ["list", "person"]


async def test_nobody_is_tried_while_the_broker_is_away():
    """It would be waited for once for each of them."""
    erasure = Failing(bad=Unavailable("BROKER_UNAVAILABLE", "Not now."))
    with pytest.raises(Unavailable):
        await Expiry(Due(), erasure, Unwritten()).look()
    assert erasure.gone == []
