"""What alerts need that nobody asks for: what goes wrong with one of them leaves none of the others."""

from __future__ import annotations

from sightline.chassis.errors import Conflict
from sightline.notify.upkeep import Upkeep


class Due:
    """A list in which two alerts are overdue, and two unsent."""

    def overdue(self, *_):
        return ["bad", "a"]

    def unsent(self, *_):
        return ["worse", "b"]


class Failing:
    """Reviewing that fails for two of them."""

    def __init__(self):
        self.done = []

    async def expire(self, alert_id, _):
        if alert_id == "bad":
            raise Conflict("RECORD_CHANGED", "It keeps changing.")
        self.done.append(alert_id)

    async def send(self, alert_id):
        if alert_id == "worse":
            raise ValueError("not thought of")
        self.done.append(alert_id)


async def test_one_that_fails_holds_up_none_of_the_others():
    """Others expire, and are sent, all the same."""
    reviewing = Failing()
    await Upkeep(Due(), reviewing).look()
    assert reviewing.done == ["a", "b"]
