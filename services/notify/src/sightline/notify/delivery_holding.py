"""A subscription that this process delivers for, under its lease."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

import structlog

from sightline.chassis.ending import end
from sightline.chassis.errors import Conflict, SightlineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.chassis.lease import Lease
    from sightline.notify.postman import Postman

    Employ: TypeAlias = Callable[[str, Lease], Postman]

log = structlog.get_logger()


class DeliveryHolding:
    """Holds one subscription from its making until it is `over`.

    Args:
        subscription_id: which.
        lease: of it.
        employ: makes a postman for it.
        ended: called once it is over.
    """

    def __init__(self, subscription_id: str, lease: Lease, employ: Employ, ended: Callable[[], None]) -> None:
        self._subscription_id = subscription_id
        self._lease = lease
        self._postman = employ(subscription_id, lease)
        self.stopping = False
        self._task = asyncio.create_task(self._run(), name=f"subscription {subscription_id}")
        self._task.add_done_callback(lambda _: ended())

    @property
    def over(self) -> bool:
        """Whether it was let go."""
        return self._task.done()

    def stop(self) -> None:
        """Let it go, soon: what is on its way is finished first."""
        self.stopping = True
        self._postman.stop()

    async def ended(self) -> None:
        """Returns once it is over; it has to be stopped before."""
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        structlog.contextvars.bind_contextvars(subscription=self._subscription_id)
        work, keep = asyncio.create_task(self._postman.run()), asyncio.create_task(self._lease.keep())
        try:
            await asyncio.wait({work, keep}, return_when=asyncio.FIRST_COMPLETED)
            for each in (keep, work):
                if each.done():
                    each.result()
        except Conflict as error:
            log.warning("subscription_let_go", reason=error.reason)
        except Exception:
            log.exception("subscription_let_go")
        finally:
            await asyncio.gather(end(work), end(keep))
            with suppress(SightlineError):
                await self._lease.release()
