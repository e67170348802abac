"""Keys with which parties prove to the broker who they are: Ed25519, in the form that NATS calls nkeys."""

from __future__ import annotations

import secrets

import nkeys

_SEED_BYTES = 32


def new_seed() -> bytes:
    """The text of a new private key of a user."""
    return bytes(nkeys.encode_seed(secrets.token_bytes(_SEED_BYTES), nkeys.PREFIX_BYTE_USER))


def public_of(seed: bytes) -> str:
    """The public key that belongs to a private one. Raises ValueError: it is none."""
    try:
        prefix, _ = nkeys.decode_seed(bytearray(seed))
        public = bytes(nkeys.from_seed(bytearray(seed)).public_key).decode()
    except (nkeys.NkeysError, ValueError, IndexError) as error:
        # The cause may repeat parts of the key.
        raise ValueError(f"no private key: {type(error).__name__}") from None
    if prefix != nkeys.PREFIX_BYTE_USER:
        raise ValueError("a private key, but of no user")
    return public
