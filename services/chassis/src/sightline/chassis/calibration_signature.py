"""The signature of a calibration: made with the key that seals the audit trail, checked by whoever uses it."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sightline.chassis.calibration import Calibration, Signature
from sightline.chassis.seals import key_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# No seal begins like that: what one of the two signs is never the other.
_CONTEXT = b"sightline calibration\0"


def sign(calibration: Calibration, key: Ed25519PrivateKey) -> Calibration:
    """The same calibration with a signature."""
    public = key.public_key()
    signature = Signature(
        key_id=key_id(public),
        public_key=base64.b64encode(public.public_bytes_raw()).decode(),
        value=base64.b64encode(key.sign(_CONTEXT + calibration.signed_text)).decode(),
    )
    return calibration.model_copy(update={"signature": signature})


def is_unchanged(calibration: Calibration) -> bool:
    """Whether it says what its signature says; true of one without a signature, of which nobody can tell."""
    signature = calibration.signature
    if signature is None:
        return True
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signature.public_key, validate=True))
        key.verify(base64.b64decode(signature.value, validate=True), _CONTEXT + calibration.signed_text)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return key_id(key) == signature.key_id
