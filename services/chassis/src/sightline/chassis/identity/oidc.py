"""Tokens of people whom an identity provider knows."""

from __future__ import annotations

import hashlib
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import jwt

from sightline.chassis.identity.jwks import JwksCache
from sightline.chassis.identity.oidc_settings import OidcSettings, parse_rights
from sightline.chassis.identity.published_key import ALGORITHMS, PublishedKey
from sightline.chassis.identity.recent import Recent
from sightline.chassis.identity.refused import CredentialRefused
from sightline.chassis.identity.rights import Rights

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.settings import ServiceSettings

LONGEST_TOKEN = 1 << 15
"""Characters; more is not worth looking at."""
REQUIRED_CLAIMS = ("iss", "aud", "exp", "iat", "sub")
REMEMBER_SECONDS = 60.0
"""A token that was verified is not verified again for so long; each time costs up to half a millisecond."""
REMEMBER_MOST = 4096

_LAST_SECOND = 253402214400  # a day before the year 10000, with which timestamps end
_WHY: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.ImmatureSignatureError, "not yet valid"),
    (jwt.InvalidAudienceError, "audience"),
    (jwt.InvalidIssuerError, "issuer"),
    (jwt.InvalidSignatureError, "signature"),
    (jwt.InvalidAlgorithmError, "algorithm"),
    (jwt.MissingRequiredClaimError, "a required claim is missing"),
)


@dataclass(frozen=True, slots=True)
class OidcClaims:
    """What a verified token says.

    Attributes:
        issuer: who vouches for it.
        subject: the provider's name for the person or program; unique within the issuer.
        rights: by the values of the configured claim; nothing where none of them is known here.
        expires: when it is accepted no more, in seconds since 1970: its own expiry, plus what the clocks may differ.
    """

    issuer: str
    subject: str
    rights: Rights
    expires: float


class OidcTokens:
    """Verifies tokens of one issuer.

    Whether a token is an access token or an ID token does not matter: its audience has to be the configured one.
    """

    def __init__(self, settings: OidcSettings, keys: JwksCache) -> None:
        self._settings = settings
        self._keys = keys
        # By hash: a token that is still good must not lie about in memory. With the keys that it was verified with.
        self._verified: Recent[bytes, tuple[OidcClaims, int]] = Recent(REMEMBER_MOST, time.time)

    @property
    def issuer(self) -> str:
        """The issuer whose tokens these are."""
        return self._settings.issuer

    async def verified(self, token: str) -> OidcClaims:
        """What the token says, once it is certain that the issuer said so, to us, and that it still holds.

        Raises:
            CredentialRefused: anything about it is wrong, or the issuer's keys could not be had.
        """
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise CredentialRefused("malformed")
        digest = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(digest)
        if known is not None and known[1] == self._keys.version:
            return known[0]
        kid, algorithm = _read_header(token)
        key = await self._keys.find(kid, algorithm)
        claims = self._claims(self._decode(token, key))
        self._verified.put(digest, (claims, self._keys.version), min(claims.expires, time.time() + REMEMBER_SECONDS))
        return claims

    def _decode(self, token: str, key: PublishedKey) -> dict[str, Any]:
        try:
            # The algorithms are those of the key, whatever the token says.
            return jwt.decode(
                token,
                key.key,
                algorithms=key.algorithms,
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                leeway=self._settings.skew,
                options={"require": list(REQUIRED_CLAIMS)},
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
            raise CredentialRefused(_why(error)) from error

    def _claims(self, payload: dict[str, Any]) -> OidcClaims:
        subject = payload["sub"]
        if not subject:
            raise CredentialRefused("subject")
        expires = min(int(payload["exp"]), _LAST_SECOND) + self._settings.skew
        return OidcClaims(self.issuer, subject, self._granted(payload), expires)

    def _granted(self, payload: dict[str, Any]) -> Rights:
        listed = (self._settings.rights.get(value, ()) for value in set(_values(payload, self._settings.claim)))
        return Rights.of(chain.from_iterable(listed))


@asynccontextmanager
async def open_oidc(settings: ServiceSettings) -> AsyncIterator[OidcTokens | None]:
    """The tokens of the issuer that is configured while the block runs; None where none is.

    Raises:
        FailedPrecondition: OIDC_ISSUER_INSECURE, OIDC_AUDIENCE_MISSING, OIDC_RIGHTS_INVALID.
    """
    if not settings.oidc_issuer:
        yield None
        return
    rights = parse_rights(settings.oidc_rights)
    chosen = OidcSettings(settings.oidc_issuer, settings.oidc_audience, settings.oidc_claim, rights)
    keys = JwksCache(chosen.issuer)
    async with keys.running():
        yield OidcTokens(chosen, keys)


def _read_header(token: str) -> tuple[str | None, str]:
    """The name of the key and the algorithm that a token claims; nothing of it is proven yet."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise CredentialRefused("malformed") from error
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise CredentialRefused("algorithm")
    return header.get("kid"), algorithm


def _values(payload: dict[str, Any], claim: str) -> list[str]:
    """The texts of a claim, of which it may have one or a list; a name with dots may also be a path."""
    found: object = payload.get(claim)
    if found is None:
        found = payload
        for name in claim.split("."):
            found = found.get(name) if isinstance(found, dict) else None
    listed = found if isinstance(found, list) else [found]
    return [value for value in listed if isinstance(value, str)]


def _why(error: Exception) -> str:
    return next((why for kind, why in _WHY if isinstance(error, kind)), "malformed")
