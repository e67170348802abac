"""Files of installation keys, as tests make and change them."""

from __future__ import annotations

import base64
import os
import secrets
from typing import TYPE_CHECKING

from sightline.chassis.key_file import KeyFile

if TYPE_CHECKING:
    from pathlib import Path


def new_key() -> bytes:
    """The bytes of an installation key that nobody else has."""
    return secrets.token_bytes(32)


def write_keys(path: Path, *keys: bytes) -> KeyFile:
    """Puts a file with these keys, the current one first, in place of what was there, and returns a reader of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(base64.b64encode(key) + b"\n" for key in keys)
    draft.replace(path)
    return KeyFile(path)
