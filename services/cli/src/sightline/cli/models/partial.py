"""A file that is being downloaded: its bytes so far, and how the server named the version they are of."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from sightline.chassis.errors import AlreadyExists


class PartialFile:
    """The bytes of one address that lie on this disk already."""

    def __init__(self, folder: Path, url: str, name: str) -> None:
        # By address: the same name on another server may be another file.
        stem = f"{hashlib.sha256(url.encode()).hexdigest()[:16]}-{name}"
        self.path = folder / f"{stem}.part"
        self._validator = folder / f"{stem}.version"

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def conditions(self, *, is_checked: bool) -> dict[str, str]:
        """Headers that ask for the rest only.

        Without the server's word on the version (`If-Range`), the rest may be another file's; that is asked for only
        if a known hash will tell.
        """
        validator = self._validator.read_text(encoding="utf-8") if self._validator.is_file() else ""
        if not self.size or not (validator or is_checked):
            return {}
        asked = {"range": f"bytes={self.size}-"}
        return asked | ({"if-range": validator} if validator else {})

    def begin(self, answer: httpx.Response) -> None:
        """Throw away what is there, and keep the name of the version that comes now."""
        self.discard()
        etag = answer.headers.get("etag", "")
        # A weak tag does not promise equal bytes (RFC 9110, 13.1.5).
        strong = "" if etag.startswith("W/") else etag
        if version := strong or answer.headers.get("last-modified", ""):
            self._validator.write_text(version, encoding="utf-8")

    def discard(self) -> None:
        """Forget it all."""
        self.path.unlink(missing_ok=True)
        self._validator.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second download of the same file out.

        Raises:
            AlreadyExists: DOWNLOAD_RUNNING.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            message = f"{self.path.name} is being downloaded by another process; wait for it"
            raise AlreadyExists("DOWNLOAD_RUNNING", message) from error
        finally:
            os.close(descriptor)
