"""What a service does by itself, again and again."""

from __future__ import annotations

import asyncio

import pytest

from sightline.chassis.errors import Unavailable
from sightline.chassis.principal import Principal, current_principal
from sightline.chassis.rounds import Rounds

SERVICE = Principal("service:test")


class Due:
    """Looks that end as they are told to, one after another, and then find nothing."""

    def __init__(self, *ends):
        self._ends = list(ends)
        self.looks = 0
        self.by = ""

    async def __call__(self) -> bool:
        self.looks += 1
        self.by = current_principal().subject
        end = self._ends.pop(0) if self._ends else False
        if isinstance(end, Exception):
            raise end
        return end

    async def reach(self, number):
        """Returns after so many looks."""
        async with asyncio.timeout(60):
            while self.looks < number:
                await asyncio.sleep(0)


async def test_there_is_no_pause_while_there_is_more():
    """And what is done, the service does."""
    due = Due(True, True)
    async with Rounds("test", due, 3600.0, service=SERVICE).running():
        await due.reach(3)
    assert (due.looks, due.by) == (3, SERVICE.subject)


@pytest.mark.parametrize("error", [Unavailable("BROKER_UNAVAILABLE", "The broker is away."), KeyError("unexpected")])
async def test_a_failed_look_is_followed_by_another_after_the_pause(error):
    """Whatever it was that went wrong."""
    due = Due(error)
    async with Rounds("test", due, 0.01).running():
        await due.reach(2)
    assert due.looks >= 2


async def test_a_pause_can_be_ended():
    """By whoever has made something due, also during a look."""
    due, woken = Due(), asyncio.Event()
    async with Rounds("test", due, 3600.0, woken=woken).running():
        await due.reach(1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(due.reach(2), 0.05)
        woken.set()
        await due.reach(2)
    assert due.looks == 2


async def test_whoever_asks_often_is_answered_after_a_rest():
    """And it can be asked whether looks still go well."""
    due = Due(Unavailable("BROKER_UNAVAILABLE", "The broker is away."))
    rounds = Rounds("test", due, 3600.0, rest=0.05)
    async with rounds.running():
        await due.reach(1)
        rounds.wake()
        rounds.wake()
        assert rounds.overdue(0.0)
        await due.reach(2)
        await asyncio.sleep(0)
        assert not rounds.overdue(1.0)
    assert due.looks == 2
