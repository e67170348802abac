"""The folder of a certificate: three files, named as cert-manager mounts them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.tls.certificate import Certificate

if TYPE_CHECKING:
    from pathlib import Path

log = structlog.get_logger()

_OPEN_TO_THE_WORLD = 0o007


class CertificateFolder:
    """Reads a certificate, and reads it again when its files have changed: a rotation restarts nothing.

    What cannot be used is not taken up while there is something that can: the files change one after the other.

    Args:
        path: of the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last: Certificate | None = None
        self._seen: tuple[object, ...] | None = None

    @property
    def chain(self) -> Path:
        """The certificate, and those that lead to an authority; PEM."""
        return self.path / "tls.crt"

    @property
    def key(self) -> Path:
        """Its private key; PEM."""
        return self.path / "tls.key"

    @property
    def authorities(self) -> Path:
        """Whose certificates are believed; PEM."""
        return self.path / "ca.crt"

    def current(self) -> Certificate:
        """The certificate of this moment; the same object as long as nothing has changed.

        Raises:
            FailedPrecondition: CERTIFICATE_MISSING, CERTIFICATE_INVALID, CERTIFICATE_EXPIRED or SECRET_EXPOSED, and
                there was none before that can be used.
        """
        version = self._version()
        if self._last is not None and version == self._seen:
            return self._last
        try:
            found = self._read()
        except FailedPrecondition as error:
            if self._last is None:
                raise
            found = self._last
            log.warning("certificate_not_taken_up", reason=error.reason, detail=error.message)
        else:
            if self._last is not None:
                log.info("certificate_renewed", end=found.end.isoformat())
        self._last, self._seen = found, version
        return found

    def _read(self) -> Certificate:
        chain, key, authorities = (self._bytes(path) for path in (self.chain, self.key, self.authorities))
        try:
            found = Certificate.parse(chain, key, authorities)
        except ValueError as error:
            raise FailedPrecondition(
                "CERTIFICATE_INVALID", f"The certificate in {self.path} cannot be used: {error}."
            ) from error
        if found.expired:
            raise FailedPrecondition(
                "CERTIFICATE_EXPIRED",
                f"The certificate in {self.path} ended on {found.end:%Y-%m-%d}: `sightline certificates renew`, or "
                "whoever issued it, makes another.",
            )
        return found

    def _bytes(self, path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                if path == self.key and os.fstat(file.fileno()).st_mode & _OPEN_TO_THE_WORLD:
                    raise FailedPrecondition(
                        "SECRET_EXPOSED", f"Every user of this machine may open {path}: `chmod o-rwx {path}`."
                    )
                return file.read()
        except FileNotFoundError as error:
            raise FailedPrecondition(
                "CERTIFICATE_MISSING",
                f"There is no {path}: `sightline init --add-missing` makes certificates, or put your own there.",
            ) from error
        except OSError as error:
            raise FailedPrecondition("CERTIFICATE_INVALID", f"{path} cannot be read: {error.strerror}.") from error

    def _version(self) -> tuple[object, ...]:
        return tuple(map(_state, (self.chain, self.key, self.authorities)))


def _state(path: Path) -> tuple[int, ...] | None:
    """What changes with a file; None where it cannot be reached, and reading it will say why."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
