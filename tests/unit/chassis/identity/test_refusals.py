"""Refused calls: few entries in the trail, however many there are, and a limit for unknown callers."""

from __future__ import annotations

import asyncio

import pytest
from fakes import ListedAudit
from verdicts import verdict

from sightline.chassis.errors import ResourceExhausted, Unavailable
from sightline.chassis.identity.refusals import Refusal, Refusals

UNKNOWN = Refusal("CREDENTIALS_REFUSED", "/x/Y", "ipv4:192.0.2.1", request_id="r1")
KNOWN = Refusal("ROLE_MISSING", "/x/Y", "ipv4:192.0.2.1", "somebody", "key", "r2")


def total(trail, reason):
    """How many refusals the entries of that reason speak of."""
    return sum(event.count for event in trail.events if event.outcome == reason)


async def recorded(trail, number):
    """Returns once there are so many entries."""
    async with asyncio.timeout(60):
        while len(trail.events) < number:
            await asyncio.sleep(0.01)


async def test_the_first_refusal_is_recorded_at_once():
    """An entry says what was refused to whom, from where, and under which request id."""
    trail = ListedAudit()
    refusals = Refusals(trail)
    async with refusals.running():
        refusals.note(KNOWN)
        await recorded(trail, 1)
    (event,) = trail.events
    assert (event.action, event.outcome, event.object_id) == ("access.refused", "ROLE_MISSING", "/x/Y")
    assert (event.principal, event.credential_id, event.request_id) == ("somebody", "key", "r2")
    assert event.peer == "ipv4:192.0.2.1"


async def test_a_storm_is_two_entries_with_the_right_sum():
    """Many refusals of one origin become one entry at once and one with the number of the others."""
    trail = ListedAudit()
    refusals = Refusals(trail, attempts=1000, window=1.0)
    async with refusals.running():
        refusals.note(UNKNOWN)
        await recorded(trail, 1)
        for _ in range(499):
            refusals.note(UNKNOWN)
        await recorded(trail, 2)
    assert len(trail.events) == 2
    assert total(trail, "CREDENTIALS_REFUSED") == 500


async def test_an_unknown_caller_is_told_to_wait():
    """Above the limit the answer is TOO_MANY_ATTEMPTS with the time to wait; other addresses are not affected."""
    refusals = Refusals(ListedAudit(), attempts=3)
    for _ in range(3):
        refusals.note(UNKNOWN)
    with pytest.raises(ResourceExhausted, match=r"TOO_MANY_ATTEMPTS: .* try again in \d+ s"):
        refusals.note(UNKNOWN)
    refusals.note(Refusal("CREDENTIALS_REFUSED", "/x/Y", "ipv4:192.0.2.2"))


async def test_the_limit_ends_with_its_window():
    """After the window the address may try again."""
    refusals = Refusals(ListedAudit(), attempts=1, window=0.3)
    async with refusals.running():
        refusals.note(UNKNOWN)
        with pytest.raises(ResourceExhausted):
            refusals.note(UNKNOWN)
        async with asyncio.timeout(60):
            while True:
                await asyncio.sleep(0.05)
                try:
                    refusals.note(UNKNOWN)
                    break
                except ResourceExhausted:
                    continue


async def test_a_known_caller_has_no_limit_of_attempts():
    """Somebody who is known gets their real answer however often they ask."""
    refusals = Refusals(ListedAudit(), attempts=1)
    assert [verdict(refusals.note, KNOWN) for _ in range(100)] == ["ok"] * 100


async def test_what_is_left_is_recorded_at_the_end():
    """A service that stops leaves no refusal unrecorded."""
    trail = ListedAudit()
    refusals = Refusals(trail, attempts=1000)
    async with refusals.running():
        for _ in range(7):
            refusals.note(UNKNOWN)
    assert total(trail, "CREDENTIALS_REFUSED") == 7


async def test_memory_is_bounded():
    """Calls from very many addresses share one place when the memory for them is full, and still count."""
    trail = ListedAudit()
    refusals = Refusals(trail, attempts=10**9)
    async with refusals.running():
        for number in range(12_000):
            refusals.note(Refusal("CREDENTIALS_REFUSED", "/x/Y", f"ipv6:{number}"))
        assert len(refusals._windows) <= 10_001  # the claim is about what is kept inside
    assert total(trail, "CREDENTIALS_REFUSED") == 12_000


async def test_a_trail_that_is_away_stops_nothing():
    """Without the broker refusals go on, and what could not be written then is written when it is back."""

    class Away(ListedAudit):
        away = True

        async def record(self, event):
            if self.away:
                raise Unavailable("BROKER_UNAVAILABLE", "away")
            await super().record(event)

    trail = Away()
    refusals = Refusals(trail)
    async with refusals.running():
        refusals.note(UNKNOWN)
        await asyncio.sleep(0.1)
        refusals.note(UNKNOWN)
        trail.away = False
    assert total(trail, "CREDENTIALS_REFUSED") == 2
