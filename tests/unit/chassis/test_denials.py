"""Denials of the broker: who waits for what was denied hears of it, and health of what persists."""

import asyncio

import pytest

from sightline.chassis import denials as module
from sightline.chassis.denials import Denials
from sightline.chassis.errors import PermissionDenied

WORDS = 'nats: permissions violation for publish to "js.api.stream.info.gallery"'


async def waiting(denials, subject, seconds=5.0):
    with denials.asking(subject):
        await asyncio.sleep(seconds)
    return "answered"


async def test_only_those_who_asked_for_it_hear_of_a_denial():
    """A denial ends the wait for that subject, as the broker may name it, with subject and party; others go on."""
    denials = Denials("detect")
    asked = asyncio.create_task(waiting(denials, "$JS.API.STREAM.INFO.GALLERY"))
    other = asyncio.create_task(waiting(denials, "$JS.API.STREAM.INFO.KV_access", 0.05))
    await asyncio.sleep(0)
    assert denials.heard(WORDS)
    with pytest.raises(PermissionDenied, match=r"BROKER_DENIED: .* detect use \$JS.API.STREAM.INFO.GALLERY"):
        await asked
    assert await other == "answered"
    assert not denials.heard("nats: stale connection")


async def test_who_is_cancelled_stays_cancelled():
    """A denial is told from a cancellation that came from elsewhere: the one never hides the other."""
    denials = Denials("detect")
    task = asyncio.create_task(waiting(denials, "$JS.API.STREAM.INFO.GALLERY"))
    await asyncio.sleep(0)
    task.cancel()
    denials.heard(WORDS)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_health_knows_of_what_is_denied_again_and_again():
    """One denial is no fault of health's; the same one after a while is, until nothing is denied any more."""
    now = [100.0]
    denials = Denials("detect", clock=lambda: now[0])
    denials.heard(WORDS)
    denials.check()
    now[0] += module.PERSISTS_SECONDS + 1
    denials.heard(WORDS)
    with pytest.raises(PermissionDenied, match="BROKER_DENIED"):
        denials.check()
    now[0] += module.FORGOTTEN_SECONDS + 1
    denials.check()
