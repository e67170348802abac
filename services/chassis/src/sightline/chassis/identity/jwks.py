"""The keys of an identity provider, kept at hand and up to date."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import structlog

from sightline.chassis.errors import SightlineError, Unavailable
from sightline.chassis.identity.provider import (
    LARGEST_ANSWER,
    Provider,
    discovery_address,
    host_of,
    is_loopback,
)
from sightline.chassis.identity.published_key import PublishedKey, read_keys
from sightline.chassis.identity.refused import CredentialRefused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

log = structlog.get_logger()


class JwksCache:
    """What a provider published last.

    Calls do not wait for the provider unless nothing is known, or a token names a key that is not. Such a name costs
    whoever forges it nothing, so it leads to a question only once in a while; a provider that signs with a key at the
    moment of publishing it may, while somebody forges, have its new tokens refused for that long.

    Args:
        issuer: the provider's address, as its tokens have it.
        refresh_seconds: age from which the keys are asked for again, beside the calls.
        keep_seconds: age up to which they are used while the provider is away.
        pause_seconds: least time between two failed questions, and between two about keys that are not known.
        answer_seconds: time that the provider has, from the question to the keys.
        clock: seconds, from which ages and pauses are taken; it never runs back.
    """

    def __init__(
        self,
        issuer: str,
        *,
        refresh_seconds: float = 600.0,
        keep_seconds: float = 86400.0,
        pause_seconds: float = 10.0,
        answer_seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer
        self._clock = clock
        self.version = 0
        """Another number means that the keys are others: what was verified with the old ones counts no more."""
        self._refresh_seconds = refresh_seconds
        self._keep_seconds = keep_seconds
        self._pause_seconds = pause_seconds
        self._answer_seconds = answer_seconds
        self._keys: tuple[PublishedKey, ...] = ()
        self._fetched = self._tried = self._sought = -math.inf
        self._fetching: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Asks for the keys without waiting for them; a question that is open at the end of the block is dropped."""
        self._begin()
        try:
            yield
        finally:
            if self._fetching is not None:
                self._fetching.cancel()

    async def find(self, kid: str | None, algorithm: str) -> PublishedKey:
        """The key of that name, for that algorithm; without a name the only key there is.

        Raises:
            CredentialRefused: no keys could be had, none is this one, or it is not for this algorithm.
        """
        began = self._clock()
        await self._keep_up()
        found = self._held(kid)
        while not found and self._may_learn(kid, began):
            await self._fetch()
            found = self._held(kid)
        if not found:
            raise CredentialRefused("names no key" if kid is None else "unknown key")
        fitting = next((key for key in found if algorithm in key.algorithms), None)
        if fitting is None:
            raise CredentialRefused("algorithm")
        return fitting

    async def _keep_up(self) -> None:
        if self._age() < self._refresh_seconds:
            return
        if self._clock() - self._tried >= self._pause_seconds:
            self._begin()
        if self._age() >= self._keep_seconds and self._fetching is not None:
            await self._fetch()
        if self._age() >= self._keep_seconds:
            raise CredentialRefused("no keys")

    def _age(self) -> float:
        return self._clock() - self._fetched

    def _held(self, kid: str | None) -> tuple[PublishedKey, ...]:
        if kid is None:
            return self._keys if len(self._keys) == 1 else ()
        return tuple(key for key in self._keys if key.kid == kid)

    def _may_learn(self, kid: str | None, began: float) -> bool:
        """Whether the key may come with an answer that is awaited, or with a question that may be asked."""
        if kid is None:
            return False
        if self._fetching is not None:
            return True
        # What was asked since the call began is as new as it can be, however slow the answer was.
        if self._tried >= began or self._clock() - self._sought < self._pause_seconds:
            return False
        self._sought = self._clock()
        return True

    async def _fetch(self) -> None:
        # Shielded: a caller who gives up must not take the answer from the others.
        await asyncio.shield(self._begin())

    def _begin(self) -> asyncio.Task[None]:
        if self._fetching is None:
            self._tried = self._clock()
            self._fetching = asyncio.create_task(self._refresh())
        return self._fetching

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(self._answer_seconds):
                keys = await self._published()
        except (SightlineError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            # What a library says may hold the whole address.
            problem = str(error) if isinstance(error, SightlineError) else type(error).__name__
            log.warning("oidc_keys_not_fetched", host=host_of(self.issuer), problem=problem)
        else:
            self._take(keys)
        finally:
            self._fetching = None

    def _take(self, keys: tuple[PublishedKey, ...]) -> None:
        # As old as the question: what the provider did after it may be missing.
        self._fetched = self._tried
        if keys == self._keys:
            return
        self._keys = keys
        self.version += 1
        log.info("oidc_keys_fetched", host=host_of(self.issuer), keys=len(keys))

    async def _published(self) -> tuple[PublishedKey, ...]:
        # Reading the certificates takes tens of milliseconds, in which no call would go on.
        certificates = await asyncio.to_thread(httpx.create_ssl_context)
        # Redirects are not followed: an issuer that moved has to be configured anew.
        async with httpx.AsyncClient(verify=certificates, trust_env=not is_loopback(self.issuer)) as client:
            provider = Provider.read(self.issuer, await self._read(client, discovery_address(self.issuer)))
            address = provider.address("jwks_uri")
            return read_keys(await self._read(client, address), host_of(address))

    async def _read(self, client: httpx.AsyncClient, address: str) -> bytes:
        """The answer's body."""
        # Without compression the bytes that are counted are the bytes that are held.
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        async with client.stream("GET", address, headers=headers) as answer:
            if answer.status_code != httpx.codes.OK:
                raise _unusable(address, f"answers with status {answer.status_code}")
            body = bytearray()
            async for block in answer.aiter_raw():
                body += block
                if len(body) > LARGEST_ANSWER:
                    raise _unusable(address, f"answers with more than {LARGEST_ANSWER:,} bytes")
            return bytes(body)


def _unusable(address: str, what: str) -> Unavailable:
    return Unavailable("OIDC_PROVIDER_UNAVAILABLE", f"the identity provider at {host_of(address)} {what}.")
