"""Verifies requests that were signed by Signature Version 4, with access keys of this installation.

Errors say what clients can mend, and never what would have been right: neither the signature nor what it is made of.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from sightline.gateway.rekognition.call import Signer
from sightline.gateway.rekognition.claim import read_claim
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.signature import signature_of
from sightline.gateway.rekognition.verifying import Verified

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.gateway.aws_keys.aws_key import AwsKey
    from sightline.gateway.rekognition.claim import Claim
    from sightline.gateway.rekognition.verifying import RequestHead

SERVICE = "rekognition"
SKEW = timedelta(minutes=5)
"""How far the clocks of client and gateway may be apart, and so how long a request may be sent again."""
_MOMENT = "%Y%m%dT%H%M%SZ"
_SMALL_BODY = 256 * 1024
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


class AccessKeys(Protocol):
    """Knows the installation's access keys."""

    def find(self, access_key_id: str) -> AwsKey | None:
        """The pair; None: there is none. It takes equally long."""


class SigV4:
    """A Verifier; see there.

    Args:
        keys: the installation's.
        region: for which clients have to sign.
        now: the clock.
    """

    def __init__(self, keys: AccessKeys, region: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._keys = keys
        self._region = region
        self._now = now

    def admit(self, head: RequestHead) -> None:
        """See Verifier. Raises AwsError as `read_claim` does, and for scope, time and key."""
        self._admitted(head)

    async def verify(self, head: RequestHead, body: bytes) -> Verified:
        """See Verifier. Raises AwsError as `admit`, for a key may have ended meanwhile, and for the signature."""
        digest = await _digest(body)
        claim, key = self._admitted(head)
        expected = signature_of(head, claim, digest, key.secret_access_key)
        if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
            raise AwsError("InvalidSignatureException", _MISMATCH)
        # Only who has the secret is told that the pair was once good.
        if key.expire_time and key.expire_time <= self._now():
            raise AwsError("ExpiredTokenException", "The security token included in the request is expired")
        signer = Signer(
            key.access_key_id, key.purpose, key.legal_basis, key.case_reference, collection_days=key.collection_days
        )
        return Verified(key.api_key, signer)

    def _admitted(self, head: RequestHead) -> tuple[Claim, AwsKey]:
        """All that can be seen without the body.

        An unknown key has a code of its own at AWS, so that to say it early tells strangers nothing new.
        """
        claim = read_claim(head)
        self._check_scope(claim)
        self._check_time(claim)
        _check_signed(head, claim)
        key = self._keys.find(claim.access_key_id)
        # Keys of this installation come without session tokens.
        if key is None or claim.has_token:
            raise AwsError("UnrecognizedClientException", "The security token included in the request is invalid.")
        return claim, key

    def _check_scope(self, claim: Claim) -> None:
        if claim.date != claim.moment[:8]:
            raise _invalid("Date in Credential scope does not match YYYYMMDD from X-Amz-Date.")
        if claim.service != SERVICE:
            raise _invalid(f"Credential should be scoped to correct service: '{SERVICE}'.")
        if claim.region != self._region:
            raise _invalid(f"Credential should be scoped to a valid region: here it is '{self._region}'.")

    def _check_time(self, claim: Claim) -> None:
        now, life = self._now(), claim.life or SKEW
        if claim.time < now - life:
            raise _invalid(
                f"Signature expired: {claim.moment} is now earlier than {now - life:{_MOMENT}} ({now:{_MOMENT}} - "
                f"{_words(life)}.)"
            )
        if claim.time > now + SKEW:
            raise _invalid(
                f"Signature not yet current: {claim.moment} is still later than {now + SKEW:{_MOMENT}} "
                f"({now:{_MOMENT}} + {_words(SKEW)}.)"
            )


def _check_signed(head: RequestHead, claim: Claim) -> None:
    """Whatever decides what is done has to be signed."""
    for name, _ in head.headers:
        if (name == "host" or name.startswith("x-amz-")) and name not in claim.signed_headers:
            raise _invalid(f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")
    if sum(name == "host" for name, _ in head.headers) != 1:
        raise _invalid("The request must have one header 'Host', which is signed.")


async def _digest(body: bytes) -> str:
    """SHA-256 of what came, in hexadecimal; no header's word is taken for it, `UNSIGNED-PAYLOAD` least of all."""
    if len(body) <= _SMALL_BODY:
        return hashlib.sha256(body).hexdigest()
    return (await asyncio.to_thread(hashlib.sha256, body)).hexdigest()


def _words(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} min"


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidSignatureException", message)
