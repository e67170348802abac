"""Data keys within another owner's: one key whose destruction makes many unreadable at once.

Erasing an entry from the broker's files costs as much as a file is large. Of keys that lie within another one, that one
alone has to be erased; their own entries only go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.installation_key import NONCE_BYTES
from sightline.chassis.owner_key import Sealed

if TYPE_CHECKING:
    from sightline.chassis.owner_key import OwnerKey


def put_within(vault: OwnerKey, owner: str, data_key: bytes) -> bytes:
    """The owner's data key, wrapped by the vault's."""
    sealed = vault.seal(data_key, owner.encode())
    return sealed.nonce + sealed.ciphertext


def take_from(vault: OwnerKey | None, owner: str, wrapped: bytes) -> bytes | None:
    """The owner's data key; None: the key within which it lay was destroyed, whatever is in its place now."""
    if vault is None:
        return None
    try:
        return vault.open(Sealed(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]), owner.encode())
    except FailedPrecondition:
        return None
