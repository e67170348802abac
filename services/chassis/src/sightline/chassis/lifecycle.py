"""How a service lives: started top to bottom, undone bottom to top, ended by SIGTERM or SIGINT with exit code 0."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import structlog
from nats.errors import TimeoutError as NatsTimeoutError
from pydantic import ValidationError

from sightline.chassis import logs
from sightline.chassis.errors import SightlineError, Unavailable
from sightline.chassis.process_guard import forbid_core_dumps
from sightline.chassis.settings import ServiceSettings
from sightline.chassis.trace_export import exporting

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

log = structlog.get_logger()

S = TypeVar("S", bound=ServiceSettings)


def run_service(settings_class: type[S], serve: Callable[[S, asyncio.Event], Awaitable[None]]) -> None:
    """Builds the settings and runs the service until it is told to stop; the process ends with its exit code.

    `serve` gets the settings and an event that is set by SIGTERM or SIGINT. A SightlineError, or a broker that does not
    answer, ends the process with code 1 and one line that says what to do.
    """
    forbid_core_dumps()
    try:
        settings = settings_class()
    except ValidationError as error:
        wrong = "; ".join(f"SIGHTLINE_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        sys.exit(f"{settings_class.service}: SETTINGS_INVALID: {wrong}")
    logs.configure(settings)
    sys.exit(asyncio.run(_run(settings, serve)))


async def _run(settings: S, serve: Callable[[S, asyncio.Event], Awaitable[None]]) -> int:
    # What was imported stays for good: nothing of it is garbage, and no collection has to look through it again.
    gc.collect()
    gc.freeze()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with exporting(settings):
            with _broker_named():
                await serve(settings, stop)
    except SightlineError as error:
        log.error("service_failed", reason=error.reason, detail=error.message)
        return 1
    log.info("service_stopped")
    return 0


@contextmanager
def _broker_named() -> Iterator[None]:
    """Raises Unavailable BROKER_UNAVAILABLE for a request to the broker that had no answer, wherever it was made."""
    try:
        yield
    except NatsTimeoutError as error:
        raise Unavailable("BROKER_UNAVAILABLE", "The broker does not answer: is nats-server up?") from error
