"""What is left of a subscription that was deleted goes, also where the broker was away at first."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sightline.chassis.errors import NotFound, Unavailable
from sightline.notify import delivery_watch
from sightline.notify.delivery_watch import DeliveryWatch


class Book:
    """It cannot be read once; then the subscription is not there."""

    def __init__(self):
        self.errors = [
            Unavailable("BROKER_UNAVAILABLE", "It is away."),
            NotFound("SUBSCRIPTION_NOT_FOUND", "There is none."),
        ]

    async def get(self, _):
        raise self.errors.pop(0)


async def test_its_place_in_the_stream_goes_with_the_next_look(monkeypatch):
    """A place that nobody works off would stay until the next start."""
    removed = []

    async def remove_places(_, subscription_id):
        removed.append(subscription_id)

    async def announce(**_):
        pass

    monkeypatch.setattr(delivery_watch, "remove_places", remove_places)
    watch = DeliveryWatch(None, Book(), SimpleNamespace(holder="h" * 26, announce=announce), None)
    watch._held["s" * 26] = SimpleNamespace(over=True, stopping=True)
    with pytest.raises(Unavailable):
        await watch._look()
    await watch._look()
    assert (removed, watch.count()) == (["s" * 26], 0)
