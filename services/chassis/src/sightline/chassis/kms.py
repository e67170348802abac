"""A key management service: it keeps a key that never leaves it, and wraps those that lie in our files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sightline.chassis.settings import KmsSettings

_WRAPPED = b"vault:v"


class Kms(Protocol):
    """Wraps and unwraps keys. It may be slow and may be away; what it unwrapped is kept in memory alone."""

    def wrap(self, key: bytes) -> bytes:
        """The line in which a key file has the key. Raises Unavailable, FailedPrecondition."""

    def unwrap(self, line: bytes) -> bytes:
        """The key that was wrapped. Raises Unavailable, FailedPrecondition."""


def open_kms(settings: KmsSettings) -> Kms | None:
    """What the settings name; None: nothing. Asks nobody yet. Raises FailedPrecondition KMS_INSECURE, KMS_UNSET."""
    if not settings.kms_url:
        return None
    from sightline.chassis.vault_transit import VaultTransit  # noqa: PLC0415 - its client: half of the start

    return VaultTransit(settings)


def is_wrapped(line: bytes) -> bool:
    """Whether that line of a key file takes a key management service to be read."""
    return line.startswith(_WRAPPED)
