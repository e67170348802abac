"""Signature Version 4, as AWS describes it: what is signed of a request, and the signature of it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote

from sightline.gateway.rekognition.claim import ALGORITHM, TERMINATOR, pairs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.gateway.rekognition.claim import Claim
    from sightline.gateway.rekognition.verifying import RequestHead

_UNRESERVED = "-_.~"
_SIGNATURE = "X-Amz-Signature"


def signature_of(head: RequestHead, claim: Claim, body_digest: str, secret: str) -> str:
    """The signature that the request would have, made with that secret access key: 64 characters.

    Args:
        head: the request.
        claim: which of its headers are signed, when and for what.
        body_digest: SHA-256 of the body as it came, in hexadecimal; not what a header says of it.
        secret: 40 characters.
    """
    signed = "\n".join([ALGORITHM, claim.moment, claim.scope, _hash(canonical_request(head, claim, body_digest))])
    return _hmac(_signing_key(secret, claim), signed).hex()


def canonical_request(head: RequestHead, claim: Claim, body_digest: str) -> str:
    """The one way to write the request down."""
    return "\n".join(
        [
            head.method.upper(),
            _path(head.path),
            _query(head.query),
            *(f"{name}:{_value(head.headers, name)}" for name in claim.signed_headers),
            "",
            ";".join(claim.signed_headers),
            body_digest,
        ]
    )


def _path(path: str) -> str:
    """Without empty and dotted parts; encoded once more than it came, as all services but S3 have it."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    tail = "/" if parts and path.endswith("/") else ""
    return quote(f"/{'/'.join(parts)}{tail}", safe="/" + _UNRESERVED)


def _query(query: str) -> str:
    encoded = (
        (quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED))
        for name, value in pairs_of(query)
        if name != _SIGNATURE
    )
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _value(headers: Sequence[tuple[str, str]], name: str) -> str:
    return ",".join(" ".join(value.split()) for each, value in headers if each == name)


def _signing_key(secret: str, claim: Claim) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (claim.date, claim.region, claim.service, TERMINATOR):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
