"""Text of files that an administrator writes, and that not everybody may open: credentials, secrets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sightline.chassis.errors import FailedPrecondition

_OPEN_TO_THE_WORLD = 0o007


def private_text(path: Path, invalid: Callable[[str], FailedPrecondition]) -> str:
    """The file's text, from the very file whose mode was looked at.

    Args:
        path: of the file.
        invalid: the error, of what is wrong with the file: "may be opened by every user …".

    Raises:
        FailedPrecondition: it is missing, or open to others.
        UnicodeDecodeError: it is no text.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OPEN_TO_THE_WORLD:
                raise invalid("may be opened by every user of this machine: `chmod o-rwx` it")
            return file.read().decode()
    except OSError as error:
        raise invalid(f"cannot be read ({error.strerror})") from error
