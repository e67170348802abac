"""Where the installation's keys come from: a file, or the environment; each is a key, or one that a service wrapped."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Protocol

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.installation_key import KEY_BYTES, InstallationKey
from sightline.chassis.kms import is_wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sightline.chassis.errors import SightlineError
    from sightline.chassis.kms import Kms


class InstallationKeys(Protocol):
    """The keys that an installation has just now.

    Every method raises FailedPrecondition: what is wrong with them; and Unavailable KMS_UNAVAILABLE.
    """

    def keys(self) -> tuple[InstallationKey, ...]:
        """All keys, the one that wraps first."""

    def current(self) -> InstallationKey:
        """The key that wraps."""

    def named(self, key_id: str) -> InstallationKey:
        """The key with that id. Raises FailedPrecondition INSTALLATION_KEY_WRONG as well."""


class GivenKeys:
    """Keys out of a variable of the environment, separated by blanks. Another one takes a restart.

    Args:
        text: what the variable holds.
        variable: its name.
        kms: unwraps keys that it wrapped.
    """

    def __init__(self, text: str, variable: str, kms: Kms | None) -> None:
        self._text = text
        self._variable = variable
        self._kms = kms
        self._keys: tuple[InstallationKey, ...] = ()

    def keys(self) -> tuple[InstallationKey, ...]:
        """See InstallationKeys."""
        self._keys = self._keys or read_lines(self._text.encode().split(), self._kms, self._invalid)
        return self._keys

    def current(self) -> InstallationKey:
        """See InstallationKeys."""
        return self.keys()[0]

    def named(self, key_id: str) -> InstallationKey:
        """See InstallationKeys."""
        for key in self.keys():
            if key.id == key_id:
                return key
        raise FailedPrecondition(
            "INSTALLATION_KEY_WRONG",
            f"Stored keys are wrapped by the installation key {key_id}, which is not in {self._variable}: put it "
            "there, behind the first, until nothing needs it.",
        )

    def _invalid(self) -> FailedPrecondition:
        return FailedPrecondition(
            "KEYS_INVALID", f"{self._variable} holds no keys: each must be {KEY_BYTES} bytes in base64."
        )


def read_lines(
    lines: Sequence[bytes], kms: Kms | None, invalid: Callable[[], SightlineError]
) -> tuple[InstallationKey, ...]:
    """The keys of these lines.

    Raises:
        SightlineError: what `invalid` makes where there is none, or one is no key.
        FailedPrecondition: KMS_UNSET, a line is wrapped and nobody unwraps it; and what the Kms raises.
    """
    keys = tuple(InstallationKey(_key(line, kms, invalid)) for line in lines)
    if not keys:
        raise invalid()
    return keys


def _key(line: bytes, kms: Kms | None, invalid: Callable[[], SightlineError]) -> bytes:
    try:
        key = _unwrapped(line, kms) if is_wrapped(line) else base64.b64decode(line, validate=True)
    except binascii.Error:
        # The cause is not kept: it belongs to a line that may be a key with a slip in it.
        raise invalid() from None
    if len(key) != KEY_BYTES:
        raise invalid()
    return key


def _unwrapped(line: bytes, kms: Kms | None) -> bytes:
    if kms is None:
        raise FailedPrecondition(
            "KMS_UNSET",
            "An installation key is wrapped by a key management service, and none is set: set SIGHTLINE_KMS_URL, "
            "SIGHTLINE_KMS_NAME and SIGHTLINE_KMS_CREDENTIALS_FILE.",
        )
    return kms.unwrap(line)
