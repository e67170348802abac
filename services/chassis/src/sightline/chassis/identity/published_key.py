"""The public keys that an identity provider publishes, as a JSON Web Key Set (RFC 7517)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.identity.provider import read_object

if TYPE_CHECKING:
    from collections.abc import Mapping

PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

# What a key of this type and curve can verify. A secret that both sides know ("oct") is no public key, and RSA with
# SHA-1 or PKCS #1 encryption is not here either.
_ALGORITHMS: Mapping[tuple[object, object], tuple[str, ...]] = {
    ("RSA", None): ("RS256", "PS256"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
ALGORITHMS = frozenset(name for names in _ALGORITHMS.values() for name in names)
"""The signatures that are accepted of a provider; all are by a private key that only the provider has."""
_RSA_BITS = range(2048, 8193)
"""Shorter ones are too weak (RFC 7518, 3.3); much longer ones would cost us more than a token is worth."""


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A key that verifies tokens.

    Attributes:
        kid: the provider's name for it; empty where it has none.
        algorithms: what may be verified with it, no more than its type and its publisher allow.
        key: the key itself.
    """

    kid: str
    algorithms: tuple[str, ...]
    key: PublicKey


def read_keys(body: bytes, host: str) -> tuple[PublishedKey, ...]:
    """The keys of a set that verify signatures; others in it, and those that cannot be read, are left out.

    Raises:
        FailedPrecondition: OIDC_PROVIDER_INVALID where it is no key set. One without keys is one: none are valid.
    """
    listed = read_object(body, host).get("keys")
    if not isinstance(listed, list):
        raise FailedPrecondition("OIDC_PROVIDER_INVALID", f"the identity provider at {host} publishes no key set.")
    return tuple(key for each in listed if isinstance(each, dict) and (key := _read_key(each)))


def _read_key(published: Mapping[str, object]) -> PublishedKey | None:
    kid, use, only = (published.get(name) for name in ("kid", "use", "alg"))
    fitting = _ALGORITHMS.get((_text(published, "kty"), _text(published, "crv")), ())
    algorithms = fitting if only is None else tuple(name for name in fitting if name == only)
    if not algorithms or use not in {None, "sig"} or not isinstance(kid, str | None):
        return None
    try:
        key = jwt.PyJWK(dict(published), algorithms[0]).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    # A private key is not meant to be here: whoever reads the set could sign with it.
    return PublishedKey(kid or "", algorithms, key) if _is_fit(key) else None


def _text(published: Mapping[str, object], name: str) -> str | None:
    found = published.get(name)
    return found if isinstance(found, str) else None


def _is_fit(key: object) -> bool:
    if isinstance(key, RSAPublicKey):
        return key.key_size in _RSA_BITS
    return isinstance(key, EllipticCurvePublicKey | Ed25519PublicKey)
