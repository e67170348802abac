"""What a service does by itself, again and again: a look at what is due, a pause, the next look."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

import structlog

from sightline.chassis.ending import end
from sightline.chassis.errors import SightlineError, Unavailable
from sightline.chassis.identity.rights import Reach
from sightline.chassis.principal import enter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sightline.chassis.principal import Principal

log = structlog.get_logger()


class Look(Protocol):
    """One look. What fails is found again by the next one."""

    async def __call__(self) -> bool | None:
        """Does what is due, and returns whether there is more to do at once."""


@contextmanager
def one_of_several(task: str, what: str) -> Iterator[None]:
    """For one of those that are due: what is wrong with it is logged, and keeps nobody from the others.

    Raises:
        Unavailable: it would be so with each of them.
    """
    try:
        yield
    except Unavailable:
        raise
    except SightlineError as error:
        log.warning("one_passed_over", task=task, what=what, reason=error.reason, detail=error.message)
    except Exception:
        log.exception("one_failed", task=task, what=what)


class Rounds:
    """Looks, one after another, for which somebody may ask early.

    Args:
        name: in the log.
        look: what is done.
        pause: between two looks, in seconds.
        rest: seconds that there are between two looks in any case, however often somebody asks.
        service: who does it, where that is asked for: nobody calls.
        woken: ends a pause early when it is set; None: by `wake` alone.
    """

    def __init__(
        self,
        name: str,
        look: Look,
        pause: float,
        *,
        rest: float = 0.0,
        service: Principal | None = None,
        woken: asyncio.Event | None = None,
    ) -> None:
        self._name = name
        self._look = look
        self._pause = pause
        self._rest = rest
        self._service = service
        self._woken = woken or asyncio.Event()
        self._last = time.monotonic()

    def wake(self) -> None:
        """Look now, also once more where a look is under way."""
        self._woken.set()

    def overdue(self, seconds: float) -> bool:
        """Whether no look has gone well for so long."""
        return time.monotonic() - self._last > seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Looks while the block runs."""
        task = asyncio.create_task(self._run(), name=self._name)
        try:
            yield
        finally:
            await end(task)

    async def _run(self) -> None:
        if self._service:
            enter(self._service, Reach())
        while True:
            self._woken.clear()
            more = await self._looked()
            await asyncio.sleep(self._rest)
            if not more:
                # Not wait_for: before Python 3.12 it can swallow the cancellation that ends this task.
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pause):
                        await self._woken.wait()

    async def _looked(self) -> bool:
        try:
            more = await self._look()
        except SightlineError as error:
            # The broker or a key is not there just now: the next look goes on where this one stopped.
            log.warning("look_interrupted", task=self._name, reason=error.reason, detail=error.message)
            return False
        except Exception:
            # Whatever it was, everything else that is due later is still to be done.
            log.exception("look_failed", task=self._name)
            return False
        self._last = time.monotonic()
        return bool(more)
