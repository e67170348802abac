"""Changes the file of the installation's keys: a key is added in front, or the old ones are taken away."""

import base64
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sightline.chassis.errors import AlreadyExists, FailedPrecondition
from sightline.chassis.installation_key import KEY_BYTES
from sightline.chassis.key_file import KeyFile
from sightline.chassis.kms import Kms
from sightline.cli.private_files import write_private


class KeyLines:
    """The lines of one file, which is replaced whole or not at all, and stays its owner's.

    Every method raises FailedPrecondition: KEY_FILE_MISSING, KEY_FILE_INVALID, SECRET_EXPOSED, KEY_FILE_FIXED (it
    cannot be changed from here).
    """

    def __init__(self, path: Path, kms: Kms | None = None) -> None:
        """`kms` unwraps what it wrapped, and wraps what is added."""
        # Behind a symbolic link is the file that is meant.
        self._path = path.resolve()
        self._kms = kms
        self.file = KeyFile(self._path, kms=kms)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second rotation away while the block runs. Raises AlreadyExists ROTATION_RUNNING."""
        self._check_owner()
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            _lock(folder, self._path.parent)
            yield
        finally:
            os.close(folder)

    def add(self) -> str:
        """Put a new key in front, so that it wraps from now on, and give its id."""
        self._write([self._line(secrets.token_bytes(KEY_BYTES)), *self._lines()])
        return self.file.current().id

    def wrap(self) -> int:
        """Have the key management service wrap every key, those anew that it has wrapped before; give their number.

        Raises FailedPrecondition KMS_UNSET as well.
        """
        if self._kms is None:
            raise FailedPrecondition(
                "KMS_UNSET",
                "there is no key management service; set SIGHTLINE_KMS_URL, SIGHTLINE_KMS_NAME and "
                "SIGHTLINE_KMS_CREDENTIALS_FILE",
            )
        return self._rewritten(self._kms.wrap)

    def unwrap(self) -> int:
        """Write every key as it is, so that no key management service is needed; give their number."""
        return self._rewritten(base64.b64encode)

    def _rewritten(self, line: Callable[[bytes], bytes]) -> int:
        lines = [line(key.secret()) for key in self.file.keys()]  # noqa: SIM118 - no dict
        self._write(lines)
        return len(lines)

    def retire(self) -> list[str]:
        """Take away all keys but the current one, and give their ids."""
        retired = [key.id for key in self.file.keys()[1:]]
        if retired:
            self._write(self._lines()[:1])
        return retired

    def _line(self, key: bytes) -> bytes:
        return self._kms.wrap(key) if self._kms else base64.b64encode(key)

    def _lines(self) -> list[bytes]:
        self.file.keys()  # what is wrong with the file is said here
        return self._path.read_bytes().split()

    def _write(self, lines: list[bytes]) -> None:
        try:
            write_private(self._path, b"\n".join(lines) + b"\n")
        except OSError as error:
            raise FailedPrecondition(
                "KEY_FILE_FIXED",
                f"{self._path} cannot be replaced ({error.strerror}); change the original of it, where it is writable",
            ) from error

    def _check_owner(self) -> None:
        self.file.keys()
        owner = self._path.stat().st_uid
        if owner != os.geteuid():
            raise FailedPrecondition(
                "KEY_FILE_FIXED",
                f"{self._path} belongs to the user {owner}, whose services could not read a file of yours; run this "
                "command as that user",
            )


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise AlreadyExists(
            "ROTATION_RUNNING", f"another command is changing the keys in {folder}; wait until it is done"
        ) from error
