"""What the broker does not permit is seen at once: it says so beside the request, which would wait in vain for it."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from prometheus_client import Counter

from sightline.chassis.errors import PermissionDenied, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client import CollectorRegistry

log = structlog.get_logger()

PERSISTS_SECONDS = 5.0
"""Denied for so long, it is no accident of a start or of a change."""
FORGOTTEN_SECONDS = 60.0
# nats-py hands the broker's words on in lower case.
_WORDS = re.compile(r'permissions violation for (publish|subscription) to "([^"]+)"', re.IGNORECASE)


@dataclass(eq=False)
class _Asking:
    """A task that waits for an answer."""

    subjects: dict[str, str]
    """As the broker may name them, and as they are."""
    task: asyncio.Task[object] | None
    denied: str = ""


@dataclass
class _Denied:
    """A subject that was denied: when first and last (monotonic clock)."""

    first: float
    last: float


class Denials:
    """Of one connection.

    Args:
        party: whose connection it is.
        registry: gets the count; None: it is not counted.
        clock: seconds that only grow.
    """

    def __init__(
        self, party: str, registry: CollectorRegistry | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._party = party
        self._clock = clock
        self._asking: set[_Asking] = set()
        self._denied: dict[str, _Denied] = {}
        self._count = (
            Counter("sightline_broker_denials", "What the broker did not permit.", ("kind",), registry=registry)
            if registry
            else None
        )

    @contextmanager
    def asking(self, *subjects: str) -> Iterator[None]:
        """Raises PermissionDenied BROKER_DENIED as soon as the broker denies one of them, while the block waits."""
        entry = _Asking({_key(each): each for each in subjects}, asyncio.current_task())
        self._asking.add(entry)
        try:
            yield
        except asyncio.CancelledError:
            if entry.denied and entry.task and entry.task.uncancel() <= 0:
                raise self._error(entry.denied) from None
            raise
        else:
            if entry.denied and entry.task:  # it was answered at the same moment
                entry.task.uncancel()
        finally:
            self._asking.discard(entry)

    def heard(self, words: str) -> bool:
        """Takes in what the broker said; False where it is no denial."""
        said = _WORDS.search(words)
        if said is None:
            return False
        kind, subject = said[1].lower(), _key(said[2])
        log.error("broker_denied", party=self._party, kind=kind, subject=said[2], advice="sightline broker config")
        if self._count:
            self._count.labels(kind).inc()
        now = self._clock()
        known = self._denied.setdefault(subject, _Denied(now, now))
        known.last = now
        self._forget(now)
        for entry in self._asking:
            if kind == "publish" and subject in entry.subjects and not entry.denied and entry.task:
                entry.denied = entry.subjects[subject]
                entry.task.cancel()
        return True

    def check(self) -> None:
        """Raises PermissionDenied BROKER_DENIED where something is denied again and again; for health."""
        self._forget(self._clock())
        for subject, known in self._denied.items():
            if known.last - known.first > PERSISTS_SECONDS:
                raise self._error(subject)

    def _forget(self, now: float) -> None:
        for subject in [name for name, known in self._denied.items() if now - known.last > FORGOTTEN_SECONDS]:
            del self._denied[subject]

    def _error(self, subject: str) -> PermissionDenied:
        error = PermissionDenied(
            "BROKER_DENIED",
            f"The broker does not let {self._party} use {subject}: its configuration is older than this release, or "
            "this is not what the service is for. Write it anew with `sightline broker config`.",
        )
        error.verdict = Verdict.HOLD  # the message that was handled has no part in it
        return error


def _key(subject: str) -> str:
    # The broker knows JetStream's API by another name where it is lent to an account.
    return subject.lower().removeprefix("$")
