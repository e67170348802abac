"""How services call each other: a token that a service signs for one other service, for a minute at most.

The token carries on whose behalf the service acts. Nobody else can say that: it is signed, and of no use elsewhere.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import jwt

from sightline.chassis.identity.recent import Recent
from sightline.chassis.identity.refused import CredentialRefused
from sightline.chassis.identity.rights import SERVICE_RIGHTS
from sightline.chassis.ids import is_id
from sightline.chassis.principal import SERVICE_PREFIX, Principal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ISSUER_PREFIX = "sightline:"
LIFE_SECONDS = 60
LEEWAY_SECONDS = 5
_ALGORITHM = "EdDSA"
_REUSE_SECONDS = 30
_SIGNED_LIMIT = 1024
_VERIFIED_LIMIT = 4096
_CLAIMS = ("iss", "aud", "sub", "iat", "exp")
_CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.ImmatureSignatureError, "not yet valid"),
    (jwt.InvalidAudienceError, "audience"),
    (jwt.InvalidAlgorithmError, "algorithm"),
    (jwt.InvalidSignatureError, "signature"),
    (jwt.MissingRequiredClaimError, "claim missing"),
)


class ServiceSigner:
    """Signs what one service says when it calls.

    Args:
        service: its name.
        private_key: its own, of the secrets folder.
        clock: seconds since 1970.
    """

    def __init__(self, service: str, private_key: Ed25519PrivateKey, clock: Callable[[], float] = time.time) -> None:
        self._service = service
        self._key = private_key
        self._clock = clock
        self._signed: Recent[tuple[str, str], str] = Recent(_SIGNED_LIMIT, clock)

    def token(self, audience: str, on_behalf_of: str = "") -> str:
        """A token for calls to the service `audience`, good for 30 s at least.

        `on_behalf_of` is the subject whose call this service is answering; empty where it acts for itself.
        """
        subject = on_behalf_of or f"{SERVICE_PREFIX}{self._service}"
        return self._signed.get((audience, subject)) or self._sign(audience, subject)

    def _sign(self, audience: str, subject: str) -> str:
        now = int(self._clock())
        claims = {
            "iss": f"{ISSUER_PREFIX}{self._service}",
            "aud": f"{ISSUER_PREFIX}{audience}",
            "sub": subject,
            "iat": now,
            "exp": now + LIFE_SECONDS,
        }
        token = jwt.encode(claims, self._key, algorithm=_ALGORITHM)
        self._signed.put((audience, subject), token, now + _REUSE_SECONDS)
        return token


class ServiceTokens:
    """Verifies what other services say when they call this one.

    Args:
        own_service: tokens for any other audience are refused.
        trusted: public keys by service.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        own_service: str,
        trusted: Mapping[str, Ed25519PublicKey],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._audience = f"{ISSUER_PREFIX}{own_service}"
        self._trusted = dict(trusted)
        self._verified: Recent[str, Principal] = Recent(_VERIFIED_LIMIT, clock)

    def remembered(self, token: str) -> Principal | None:
        """Who showed this very token before, while it lasts: a signature is checked once."""
        return self._verified.get(token)

    def principal(self, token: str) -> Principal:
        """Who is calling. A stream outlives the token that opened it: the principal does not expire.

        Raises:
            CredentialRefused: it is not signed by a trusted service, for this one, now.
        """
        return self.remembered(token) or self._verify(token)

    def _verify(self, token: str) -> Principal:
        issuer = claimed_issuer(token)
        prefix, service = issuer[: len(ISSUER_PREFIX)], issuer[len(ISSUER_PREFIX) :]
        key = self._trusted.get(service)
        if prefix != ISSUER_PREFIX or key is None:
            raise CredentialRefused("no such service")
        claims = self._claims(token, key, issuer)
        if int(claims["exp"]) - int(claims["iat"]) > LIFE_SECONDS:
            raise CredentialRefused("lives too long")
        principal = self._named(service, claims["sub"])
        self._verified.put(token, principal, int(claims["exp"]) + LEEWAY_SECONDS)
        return principal

    def _claims(self, token: str, key: Ed25519PublicKey, issuer: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                audience=self._audience,
                issuer=issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": list(_CLAIMS), "strict_aud": True},
            )
        except jwt.PyJWTError as error:
            raise CredentialRefused(_cause(error)) from error

    def _named(self, service: str, subject: str) -> Principal:
        """A service may speak for people, programs and other services, and is named as the one that passed it on."""
        own = f"{SERVICE_PREFIX}{service}"
        services = (f"{SERVICE_PREFIX}{name}" for name in self._trusted)
        if not is_id(subject) and subject not in services:
            raise CredentialRefused("no such subject")
        via = "" if subject == own else service
        return Principal(subject, SERVICE_RIGHTS, "service", via=via)


def claimed_issuer(token: str) -> str:
    """Who a JWT says it is from, believed by nobody yet: it only tells whose key to try.

    Raises:
        CredentialRefused: it is no JWT, or names no issuer.
    """
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except (jwt.PyJWTError, UnicodeEncodeError) as error:
        raise CredentialRefused("malformed") from error
    if not isinstance(issuer, str):
        raise CredentialRefused("malformed")
    return issuer


def _cause(error: Exception) -> str:
    return next((cause for kind, cause in _CAUSES if isinstance(error, kind)), "malformed")
