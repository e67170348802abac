"""What a service does by itself, again and again: a look at what is due, a pause, the next look."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Protocol

import structlog

from sightline.chassis.ending import end
from sightline.chassis.errors import SightlineError
from sightline.chassis.identity.rights import Reach
from sightline.chassis.principal import enter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.principal import Principal

log = structlog.get_logger()


class Look(Protocol):
    """One look. What fails is found again by the next one."""

    async def __call__(self) -> bool:
        """Does what is due, and returns whether there is more to do at once."""


@asynccontextmanager
async def looking(
    name: str, look: Look, pause: float, service: Principal, woken: asyncio.Event | None = None
) -> AsyncIterator[None]:
    """Looks while the block runs.

    Args:
        name: in the log.
        look: what is done.
        pause: between two looks, in seconds.
        service: who does it: nobody calls.
        woken: ends a pause early when it is set.
    """
    task = asyncio.create_task(_look(name, look, pause, service, woken or asyncio.Event()), name=name)
    try:
        yield
    finally:
        await end(task)


async def _look(name: str, look: Look, pause: float, service: Principal, woken: asyncio.Event) -> None:
    enter(service, Reach())
    while True:
        woken.clear()
        try:
            more = await look()
        except SightlineError as error:
            # The broker or a key is not there just now: the next look goes on where this one stopped.
            log.warning("look_interrupted", task=name, reason=error.reason, detail=error.message)
            more = False
        except Exception:
            # Whatever it was, everything else that is due later is still to be done.
            log.exception("look_failed", task=name)
            more = False
        if not more:
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), pause)
