"""The POST of a webhook: to an address that was looked at, and to no other.

The name is resolved once; every address that it has must be allowed, and the connection goes to one of these very
addresses, so that a name that means something else a moment later (DNS rebinding) leads nowhere. TLS and the Host
header keep the name. No redirects, no proxy of the environment, no cookies; of the answer little is read, nothing kept.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeAlias

import httpx

from sightline.chassis.errors import SightlineError, Unavailable
from sightline.notify.sending import GONE, Sent
from sightline.notify.webhook_addresses import is_reachable
from sightline.notify.webhook_url import address_refused, literal_address, port_of, read_url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from sightline.notify.webhook_addresses import Address, Network

    Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[Address]]]

ANSWER_BYTES = 4096
MOST_ADDRESSES = 4
LONGEST_RETRY_AFTER = 6 * 3600.0
_GONE_STATUS = 410


@dataclass(frozen=True)
class WebhookRules:
    """What the administrator says of webhooks.

    Attributes:
        networks: that may be reached beside public addresses.
        allow_http: whether they may go without TLS.
        seconds: for all of an attempt.
    """

    networks: tuple[Network, ...] = ()
    allow_http: bool = False
    seconds: float = 15.0


async def resolve(host: str, port: int) -> Sequence[Address]:
    """Every address of a host. Raises Unavailable WEBHOOK_HOST_UNKNOWN."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable("WEBHOOK_HOST_UNKNOWN", "The webhook's host has no address: look at its name.") from error
    return list(dict.fromkeys(ip_address(address[0]) for *_, address in found))


class WebhookSender:
    """Posts to webhooks.

    Args:
        rules: what may be reached.
        tls: how certificates are checked.
        resolve: a host's addresses.
        clock: the present time, aware.
    """

    def __init__(
        self, rules: WebhookRules, tls: ssl.SSLContext, clock: Callable[[], datetime], resolve: Resolve = resolve
    ) -> None:
        self._rules = rules
        self._tls = tls
        self._clock = clock
        self._resolve = resolve

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        """One attempt. What it says of failures never has the URL in it."""
        try:
            async with asyncio.timeout(self._rules.seconds):
                parsed = read_url(url, allow_http=self._rules.allow_http)
                return await self._post(parsed, await self._addresses(parsed), headers, body)
        except SightlineError as error:
            return Sent(reason=error.reason, message=error.message)
        except TimeoutError:
            return Sent(reason="WEBHOOK_TIMEOUT", message=f"It took longer than {self._rules.seconds:g} s.")
        except (httpx.HTTPError, OSError) as error:
            return Sent(reason="WEBHOOK_UNREACHABLE", message=f"The connection failed: {type(error).__name__}.")

    async def _addresses(self, url: httpx.URL) -> Sequence[Address]:
        """Where the connection may go. Raises InvalidInput WEBHOOK_ADDRESS_REFUSED where one is not allowed."""
        literal = literal_address(url)
        host = url.raw_host.decode("ascii")
        found = [literal] if literal is not None else await self._resolve(host, port_of(url))
        if not found or not all(is_reachable(address, self._rules.networks) for address in found):
            raise address_refused()
        return found[:MOST_ADDRESSES]

    async def _post(
        self, url: httpx.URL, addresses: Sequence[Address], headers: Mapping[str, str], body: bytes
    ) -> Sent:
        *others, last = addresses
        for address in others:
            try:
                return await self._post_to(address, url, headers, body)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._post_to(last, url, headers, body)

    async def _post_to(self, address: Address, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> Sent:
        named = {"sni_hostname": url.raw_host.decode("ascii")} if literal_address(url) is None else {}
        host = {"Host": url.netloc.decode("ascii")}
        # A client for each attempt: a connection that was kept would be one to a host of before.
        async with (
            httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=self._rules.seconds) as client,
            client.stream(
                "POST",
                url.copy_with(host=str(address)),
                content=body,
                headers={**headers, **host},
                extensions=named,
                follow_redirects=False,
            ) as response,
        ):
            await _read_a_little(response)
            return self._sent(response)

    def _sent(self, response: httpx.Response) -> Sent:
        status = response.status_code
        if response.is_success:
            return Sent(status)
        if status == _GONE_STATUS:
            return Sent(status, GONE, "The receiver says that it is gone for good (410).")
        if 300 <= status < 400:  # noqa: PLR2004 - redirections, and nothing is followed
            return Sent(status, "WEBHOOK_REDIRECTED", f"The receiver answered {status}; redirections are not followed.")
        wait = self._retry_after(response.headers.get("retry-after", ""))
        return Sent(status, "WEBHOOK_REFUSED", f"The receiver answered {status}.", wait)

    def _retry_after(self, text: str) -> float:
        """Seconds, of a number or a date (RFC 9110, 10.2.3); 0 where there is neither."""
        try:
            seconds = float(text) if text.isascii() and text.isdigit() else self._until(text)
        except (ValueError, TypeError, OverflowError):
            return 0.0
        return max(0.0, min(seconds, LONGEST_RETRY_AFTER))

    def _until(self, text: str) -> float:
        return (parsedate_to_datetime(text) - self._clock()).total_seconds()


async def _read_a_little(response: httpx.Response) -> None:
    """As raw bytes: what they would unpack to is nobody's concern."""
    read = 0
    async for piece in response.aiter_raw(ANSWER_BYTES):
        read += len(piece)
        if read >= ANSWER_BYTES:
            return
