"""How often each caller may call, and how many of their calls run together: nobody has a service for themselves."""

from __future__ import annotations

import time
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.errors import ResourceExhausted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sightline.chassis.principal import Principal
    from sightline.chassis.settings import ServiceSettings

KNOWN = 10_000
"""Callers who are remembered; of more, those are forgotten whose last call is longest ago."""
AGAIN_S = 1.0
"""When to try again where other calls have to end first."""


@dataclass(frozen=True)
class CallLimits:
    """Of one caller at one process; 0: no limit.

    Attributes:
        per_second: calls, in the long run.
        burst: calls that may come at once after a pause.
        at_once: calls that run at the same time.
        streams_at_once: streams that are open at the same time.
    """

    per_second: float
    burst: int
    at_once: int
    streams_at_once: int

    @classmethod
    def of(cls, settings: ServiceSettings) -> CallLimits:
        """As a service's settings have them."""
        return cls(settings.calls_per_second, settings.calls_burst, settings.calls_at_once, settings.streams_at_once)


@dataclass(slots=True)
class _Account:
    """Of one caller: calls that they may make now, as of `time`, and what runs."""

    left: float
    time: float
    calls: int = 0
    streams: int = 0


class CallAccounts:
    """Keeps the limits: a token bucket for each subject, whatever credential they came with.

    Our own services are not limited, also where they call for somebody: who it is was limited where they called.
    """

    def __init__(self, limits: CallLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._accounts: OrderedDict[str, _Account] = OrderedDict()

    @contextmanager
    def held(self, principal: Principal, *, stream: bool = False) -> Iterator[None]:
        """A call of this caller, which runs while the block does.

        Raises:
            ResourceExhausted: RATE_LIMITED or TOO_MANY_CALLS, with the limit and when to try again.
        """
        if principal.credential == "service":
            yield
            return
        account = self._account(principal.subject)
        self._take_place(account, stream=stream)
        try:
            self._take_token(account)
            yield
        finally:
            account.streams -= stream
            account.calls -= not stream

    def _account(self, subject: str) -> _Account:
        now, limits = self._clock(), self._limits
        account = self._accounts.setdefault(subject, _Account(limits.burst, now))
        self._accounts.move_to_end(subject)
        account.left = min(limits.burst, account.left + (now - account.time) * limits.per_second)
        account.time = now
        if len(self._accounts) > KNOWN:
            self._forget()
        return account

    def _forget(self) -> None:
        """Whoever has nothing running and called longest ago; of the others one too many is kept."""
        gone = next((subject for subject, one in self._accounts.items() if not one.calls + one.streams), None)
        if gone is not None:
            del self._accounts[gone]

    def _take_place(self, account: _Account, *, stream: bool) -> None:
        most = self._limits.streams_at_once if stream else self._limits.at_once
        if most and (account.streams if stream else account.calls) >= most:
            what = "streams are open" if stream else "calls run"
            raise ResourceExhausted(
                "TOO_MANY_CALLS", f"{most} {what} for you here, which is the limit: end one first.", retry_after=AGAIN_S
            )
        account.streams += stream
        account.calls += not stream

    def _take_token(self, account: _Account) -> None:
        limits = self._limits
        if not limits.per_second:
            return
        if account.left < 1:
            wait = (1 - account.left) / limits.per_second
            raise ResourceExhausted(
                "RATE_LIMITED",
                f"You may make {limits.per_second:g} calls a second here, and {limits.burst} at once after a pause: "
                f"try again in {wait:.2f} s.",
                retry_after=wait,
            )
        account.left -= 1
