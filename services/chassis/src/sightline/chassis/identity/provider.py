"""What an identity provider says of itself, and which addresses of it are believed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from sightline.chassis.errors import FailedPrecondition

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_ANSWER = 1 << 20
"""Bytes; the documents that are read here have some kilobytes."""


def host_of(address: str) -> str:
    """The host of an address, which is all of it that may stand in a log; "?" where there is none."""
    return _split(address).hostname or "?"


def is_secure(address: str) -> bool:
    """Whether nobody on the way can change what is read there: https, or http that does not leave this machine."""
    parts = _split(address)
    return bool(parts.hostname) and (parts.scheme == "https" or is_loopback(address))


def is_loopback(address: str) -> bool:
    """Whether it is http at this machine; such a call must not go to a proxy."""
    parts = _split(address)
    if parts.scheme != "http":
        return False
    try:
        return parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def discovery_address(issuer: str) -> str:
    """Where a provider describes itself (OpenID Connect Discovery 1.0, section 4)."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def read_object(body: bytes, host: str) -> dict[str, object]:
    """A provider's answer, which has to be one JSON object. Raises FailedPrecondition OIDC_PROVIDER_INVALID."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _invalid(host, "does not answer with JSON") from error
    if not isinstance(found, dict):
        raise _invalid(host, "does not answer with a JSON object")
    return found


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's own description.

    Attributes:
        issuer: as it is configured here, and as the provider has to call itself.
        described: the discovery document.
    """

    issuer: str
    described: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, issuer: str, body: bytes) -> Provider:
        """From the discovery document.

        Raises:
            FailedPrecondition: OIDC_PROVIDER_INVALID, also where it describes another issuer: then its tokens would
                be taken for those of the one that is configured.
        """
        described = read_object(body, host_of(issuer))
        if described.get("issuer") != issuer:
            raise _invalid(host_of(issuer), "describes another issuer; write the issuer exactly as the provider does")
        return cls(issuer, described)

    def address(self, name: str) -> str:
        """The address of an endpoint, such as `jwks_uri`.

        Raises:
            FailedPrecondition: OIDC_PROVIDER_INVALID where there is none, or where anybody could change its answers.
        """
        found = self.described.get(name)
        if not isinstance(found, str):
            raise _invalid(host_of(self.issuer), f"has no {name}")
        # Http is for a provider on this machine; one elsewhere has no business to send us there.
        if not is_secure(found) or (is_loopback(found) and not is_loopback(self.issuer)):
            raise _invalid(host_of(self.issuer), f"has a {name} that is not https")
        return found


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _invalid(host: str, what: str) -> FailedPrecondition:
    return FailedPrecondition("OIDC_PROVIDER_INVALID", f"the identity provider at {host} {what}.")
