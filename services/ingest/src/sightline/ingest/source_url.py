"""Users and passwords in URLs: hidden from people, and put in for FFmpeg. The decoder needs it, and little else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from sightline.ingest.credentials import Credentials

# Greedy on purpose: a password with an @ or a / in it is masked too, at the price of a path with an @.
_CREDENTIALS = re.compile(r"//\S*@")
_QUERY = re.compile(r"(://[^\s?'\"]*)\?[^\s'\"]*")


def mask_credentials(text: str) -> str:
    """The text with the user part and the query of every URL in it replaced by `***`."""
    return _QUERY.sub(r"\1?***", _CREDENTIALS.sub("//***@", text))


def user_info(credentials: Credentials) -> str:
    """User and password as they stand in a URL, before the @."""
    return f"{quote(credentials.username, safe='')}:{quote(credentials.password, safe='')}"


def with_credentials(url: str, credentials: Credentials) -> str:
    """The URL as FFmpeg wants it. It is a secret from here on: only the decoder process may make it."""
    if not credentials:
        return url
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{user_info(credentials)}@{rest}"
