"""The file of the installation's keys: one while nothing happens, several while they are rotated."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.installation_key import KEY_BYTES
from sightline.chassis.installation_keys import read_lines

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.chassis.installation_key import InstallationKey
    from sightline.chassis.kms import Kms

log = structlog.get_logger()

_OPEN_TO_THE_WORLD = 0o007
_FROM_THE_BACKUP = (
    "`sightline init` makes one with a new installation's secrets; that of an older installation has to be put back "
    "from its backup."
)


class KeyFile:
    """Reads the keys, and reads them again when the file has changed: a rotation restarts nothing.

    One key a line, 32 bytes in base64, or what a key management service made of them. The first wraps; the others only
    unwrap.

    Every method raises FailedPrecondition: KEY_FILE_MISSING, KEY_FILE_INVALID (what is in it are not keys),
    SECRET_EXPOSED (every user of the machine could read it), and what the Kms raises. Errors never repeat what is in
    the file.

    Args:
        path: of the file.
        missing: what to do where it is not there.
        kms: unwraps lines that it wrapped.
    """

    def __init__(self, path: Path, missing: str = _FROM_THE_BACKUP, kms: Kms | None = None) -> None:
        self.path = path
        self._kms = kms
        self._advice = missing
        self._keys: tuple[InstallationKey, ...] = ()
        self._read_version: tuple[int, ...] | None = None

    def keys(self) -> tuple[InstallationKey, ...]:
        """All keys, the one that wraps first."""
        if self._read_version is None or self._read_version != self._version():
            self._read()
        return self._keys

    def current(self) -> InstallationKey:
        """The key that wraps."""
        return self.keys()[0]

    def named(self, key_id: str) -> InstallationKey:
        """The key with that id. Raises FailedPrecondition INSTALLATION_KEY_WRONG as well."""
        key = self._find(key_id)
        if key is None:
            # Two changes within one tick of the file system's clock look like one.
            self._read()
            key = self._find(key_id)
        if key is None:
            raise FailedPrecondition(
                "INSTALLATION_KEY_WRONG",
                f"Stored keys are wrapped by the installation key {key_id}, which is not in {self.path}: put back the "
                "file that has it. In a rotation, every replica needs the new file before the next step.",
            )
        return key

    def _find(self, key_id: str) -> InstallationKey | None:
        return next((key for key in self.keys() if key.id == key_id), None)

    def _read(self) -> None:
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_mode & _OPEN_TO_THE_WORLD:
                    raise self._exposed()
                lines = file.read().split()
        except FileNotFoundError as error:
            raise self._missing() from error
        except OSError as error:
            raise FailedPrecondition("KEY_FILE_INVALID", f"{self.path} cannot be read: {error.strerror}.") from error
        keys = read_lines(lines, self._kms, self._invalid)
        ids = [key.id for key in keys]
        if ids != [key.id for key in self._keys]:
            log.info("installation_keys", current=ids[0], others=ids[1:])
        self._keys, self._read_version = keys, _version(status)

    def _version(self) -> tuple[int, ...] | None:
        """What changes with the file; None where it cannot be reached, and reading it will say why."""
        try:
            return _version(self.path.stat())
        except OSError:
            return None

    def _missing(self) -> FailedPrecondition:
        return FailedPrecondition("KEY_FILE_MISSING", f"There is no key file {self.path}: {self._advice}")

    def _invalid(self) -> FailedPrecondition:
        return FailedPrecondition(
            "KEY_FILE_INVALID",
            f"{self.path} is damaged: every line must be {KEY_BYTES} bytes in base64. Put it back from its backup.",
        )

    def _exposed(self) -> FailedPrecondition:
        return FailedPrecondition(
            "SECRET_EXPOSED",
            f"Every user of this machine may open {self.path}: `chmod o-rwx {self.path}`, and rotate the key if others "
            "may have read it.",
        )


def _version(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
