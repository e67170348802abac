"""A pair of access keys, as AWS's clients are configured with it, and the API key that it stands for."""

from __future__ import annotations

import base64
import json
import re
import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

PREFIX = "SLAK"
ID_PATTERN = re.compile(rf"{PREFIX}[A-Z2-7]{{16}}")
_ID_BYTES = 10
_SECRET_BYTES = 30


@dataclass(frozen=True)
class AwsKey:
    """A pair.

    Attributes:
        access_key_id: 20 characters, beginning with SLAK; it is no secret.
        secret_access_key: 40 characters, with which clients sign.
        api_key: with which the services are called.
        api_key_id: its public part.
        subject_id: whose it is.
        name: what the pair is for, or where it lies.
        purpose: of searches, and of collections that are created.
        legal_basis: of collections that are created.
        case_reference: of searches; may be empty.
        collection_days: how long a collection lives that is created without a tag that says it.
        create_time: when it was made.
        expire_time: when the API key ends; None: never.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    api_key: str = field(repr=False)
    api_key_id: str
    subject_id: str
    name: str
    purpose: str
    legal_basis: str
    case_reference: str
    collection_days: int
    create_time: datetime
    expire_time: datetime | None

    def shown(self) -> dict[str, Any]:
        """All of it that is no secret, as JSON has it."""
        shown = {name: value for name, value in asdict(self).items() if name not in {"secret_access_key", "api_key"}}
        return shown | {"create_time": _text(self.create_time), "expire_time": _text(self.expire_time)}

    def content(self) -> bytes:
        """All of it, to be sealed."""
        return json.dumps(asdict(self), default=_text).encode()

    @classmethod
    def of(cls, content: bytes) -> AwsKey:
        """What `content` was made of."""
        stored = json.loads(content)
        for name in ("create_time", "expire_time"):
            stored[name] = datetime.fromisoformat(stored[name]) if stored[name] else None
        return cls(**stored)


def new_access_key_id() -> str:
    """A random one: 80 bits."""
    return PREFIX + base64.b32encode(secrets.token_bytes(_ID_BYTES)).decode()


def new_secret_access_key() -> str:
    """A random one: 240 bits, in characters that need no quotes in a shell or in a file of settings."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def now() -> datetime:
    """This second."""
    return datetime.now(UTC).replace(microsecond=0)


def _text(time: datetime | None) -> str | None:
    return time.isoformat().replace("+00:00", "Z") if time else None
