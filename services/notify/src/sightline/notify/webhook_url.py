"""URLs of webhooks: what may be one, and what of one may be shown."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING

import httpx

from sightline.chassis.errors import InvalidInput
from sightline.notify.webhook_addresses import is_reachable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.notify.webhook_addresses import Address, Network

_WELL_KNOWN = {80, 443}
_LAST_WELL_KNOWN = 1023
_LAST_PORT = 65535
_DEFAULTS = {"http": 80, "https": 443}
# Names as the DNS has them, and addresses; the library makes something of other characters, too.
_HOST = re.compile(rb"[a-z0-9._:-]+")
_STRANGE = re.compile(r"[\s\x00-\x1f\x7f\\]")
_AUTHORITY_END = re.compile(r"[/?#]")


def read_url(text: str, *, allow_http: bool) -> httpx.URL:
    """The URL of a webhook. No error of it repeats the text.

    Raises:
        InvalidInput: WEBHOOK_URL_INVALID, it is none, or has a user, a password or a fragment; WEBHOOK_NOT_HTTPS;
            WEBHOOK_PORT_REFUSED, a port on which something else than the web is to be expected.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError):
        # The cause is not kept: it repeats parts of the text.
        raise _invalid("It is no URL") from None
    if url.scheme not in _DEFAULTS or not _HOST.fullmatch(url.raw_host) or _STRANGE.search(text):
        raise _invalid("It is no https URL with a host")
    if url.userinfo or "@" in _AUTHORITY_END.split(text.partition("//")[2])[0]:
        raise _invalid("It has a user or a password in it")
    if url.fragment:
        raise _invalid("It has a fragment, behind a #")
    if url.scheme == "http" and not allow_http:
        raise InvalidInput(
            "WEBHOOK_NOT_HTTPS", "A webhook goes by https, unless the administrator sets SIGHTLINE_WEBHOOK_ALLOW_HTTP."
        )
    if (port := port_of(url)) > _LAST_PORT:
        raise _invalid("There is no such port")
    if port <= _LAST_WELL_KNOWN and port not in _WELL_KNOWN:
        raise InvalidInput("WEBHOOK_PORT_REFUSED", f"Port {port} is another protocol's: take 443, or one from 1024 on.")
    return url


def port_of(url: httpx.URL) -> int:
    """The port that it names, else its scheme's."""
    return url.port or _DEFAULTS[url.scheme]


def literal_address(url: httpx.URL) -> Address | None:
    """The address that stands in the place of a name; None where a name does."""
    try:
        return ip_address(url.host)
    except ValueError:
        return None


def check_url(text: str, *, allow_http: bool, declared: Iterable[Network]) -> None:
    """What can be said before anything is sent. Raises as `read_url`, and InvalidInput WEBHOOK_ADDRESS_REFUSED."""
    address = literal_address(read_url(text, allow_http=allow_http))
    if address is not None and not is_reachable(address, declared):
        raise address_refused()


def shown_url(text: str) -> str:
    """As people see it again: what is behind the question mark may be a secret."""
    before, mark, _ = text.partition("?")
    return f"{before}{mark and '?***'}"


def address_refused() -> InvalidInput:
    """The error of a host that has an address inside; it does not say which."""
    return InvalidInput(
        "WEBHOOK_ADDRESS_REFUSED",
        "The host is not public: webhooks reach public addresses, and networks that the administrator declared in "
        "SIGHTLINE_WEBHOOK_NETWORKS.",
    )


def _invalid(why: str) -> InvalidInput:
    return InvalidInput("WEBHOOK_URL_INVALID", f"{why}: give a webhook's URL as https://host/path.")
