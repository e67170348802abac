"""Where the command keeps what it signs in with: the desktop's keyring, or a file that only its user can read."""

from __future__ import annotations

import fcntl
import os
import stat
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Protocol, TypeVar

from sightline.chassis.errors import FailedPrecondition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from keyring.backend import KeyringBackend

T = TypeVar("T")

SERVICE, NAME = "sightline", "credentials"
KEYRING_SECONDS = 60.0
"""A locked keyring asks its user in a window of the desktop; where no window can be shown it may wait for ever."""

_INSTEAD = "unlock it, or set SIGHTLINE_CREDENTIALS_STORE=file and run `sightline login`."


class CredentialStore(Protocol):
    """A place for one text, which is secret."""

    @property
    def place(self) -> str:
        """For people: where it is."""

    def read(self) -> str | None:
        """The text; None where there is none."""

    def write(self, text: str) -> None:
        """Keeps the text instead of what was there."""

    def remove(self) -> bool:
        """Forgets it; whether there was one."""


@dataclass(frozen=True)
class FileStore:
    """A file with mode 0600, for machines without a keyring."""

    path: Path

    @property
    def place(self) -> str:
        """The file."""
        return f"{self.path} (readable by you alone)"

    def read(self) -> str | None:
        """What the file has.

        Raises:
            FailedPrecondition: CREDENTIALS_EXPOSED, CREDENTIALS_UNREADABLE.
        """
        with _told(self.path):
            try:
                with self.path.open(encoding="utf-8") as file:
                    refuse_exposed(self.path, os.fstat(file.fileno()).st_mode, stat.S_IRWXG | stat.S_IRWXO)
                    return file.read()
            except FileNotFoundError:
                return None

    def write(self, text: str) -> None:
        """Writes it whole or not at all. Raises FailedPrecondition CREDENTIALS_UNREADABLE."""
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        with _told(self.path):
            self._make_folder()
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
            draft.replace(self.path)

    def remove(self) -> bool:
        """Deletes the file."""
        with _told(self.path):
            was_there = self.path.exists()
            self.path.unlink(missing_ok=True)
            return was_there

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other commands from changing credentials meanwhile, in whichever store."""
        with _told(self.path):
            self._make_folder()
            descriptor = os.open(self.path.with_name(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _make_folder(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


@dataclass(frozen=True)
class KeyringStore:
    """The keyring of the desktop."""

    backend: KeyringBackend
    seconds: float = KEYRING_SECONDS

    @property
    def place(self) -> str:
        """The keyring's own name."""
        return f"the keyring ({self.backend.name})"

    def read(self) -> str | None:
        """What the keyring has. Raises FailedPrecondition KEYRING_LOCKED, KEYRING_UNUSABLE."""
        return self._ask(lambda: self.backend.get_password(SERVICE, NAME))

    def write(self, text: str) -> None:
        """Keeps it in the keyring; raises as `read`."""
        self._ask(lambda: self.backend.set_password(SERVICE, NAME, text))

    def remove(self) -> bool:
        """Deletes it from the keyring; raises as `read`."""
        was_there = self.read() is not None
        if was_there:
            self._ask(lambda: self.backend.delete_password(SERVICE, NAME))
        return was_there

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return answer_within(self.seconds, question)
        except TimeoutError as error:
            message = f"the keyring has not opened for {self.seconds:.0f} s; {_INSTEAD}"
            raise FailedPrecondition("KEYRING_LOCKED", message) from error
        except Exception as error:  # every backend has errors of its own
            message = f"the keyring cannot be used ({type(error).__name__}); {_INSTEAD}"
            raise FailedPrecondition("KEYRING_UNUSABLE", message) from error


def find_keyring() -> KeyringStore | None:
    """The keyring of this desktop, where there is one that keeps things safely."""
    import keyring.core  # noqa: PLC0415 - it takes a quarter of a second, which most commands need not pay

    try:
        backend = answer_within(KEYRING_SECONDS, keyring.get_keyring)
        # Of less than 1 are those that keep nothing, or keep it in a plain file.
        is_usable = keyring.core.recommended(backend)
    except Exception:  # noqa: BLE001 - a keyring that is configured wrongly is none
        return None
    return KeyringStore(backend) if is_usable else None


def answer_within(seconds: float, question: Callable[[], T]) -> T:
    """What it gives, or raises. Raises TimeoutError when it takes longer; then it is left alone."""
    answer: Future[T] = Future()

    def ask() -> None:
        try:
            answer.set_result(question())
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is awaited
            answer.set_exception(error)

    Thread(target=ask, daemon=True).start()
    return answer.result(seconds)


def refuse_exposed(path: Path, mode: int, others: int) -> None:
    """Raises FailedPrecondition CREDENTIALS_EXPOSED where others may do something with the file."""
    if mode & others:
        raise FailedPrecondition("CREDENTIALS_EXPOSED", f"others can read {path}; run `chmod 600 {path}`.")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise FailedPrecondition("CREDENTIALS_UNREADABLE", f"{path} cannot be used ({why}).") from error
