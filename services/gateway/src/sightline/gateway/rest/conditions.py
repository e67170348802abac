"""If-None-Match: whoever has an answer already is not sent it once more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sightline.chassis.errors import InvalidInput

if TYPE_CHECKING:
    from starlette.requests import Request

    from sightline.gateway.rest.route import Route

HEADER = "if-none-match"
ANY = "*"
_ETAG = r'(?:W/)?"[!#-~]*"'
PATTERN = rf"^(\*|{_ETAG}( *, *{_ETAG})*)$"
"""Of the header: etags as ETag had them, or `*` for whatever there is."""
_HEADER = re.compile(PATTERN, re.ASCII)


def check_none_match(route: Route, request: Request) -> None:
    """Raises InvalidInput IF_NONE_MATCH_INVALID: it is none, or the method does not hear it."""
    header = request.headers.get(HEADER)
    if header is None:
        return
    if route.verb != "GET":
        raise InvalidInput("IF_NONE_MATCH_INVALID", "GET alone hears If-None-Match: leave it away.")
    if not _HEADER.fullmatch(header):
        raise InvalidInput("IF_NONE_MATCH_INVALID", 'If-None-Match has etags in quotes, as ETag had them: "…".')


def is_known(request: Request, etag: str) -> bool:
    """Whether the client has what has that etag, by a header that was checked."""
    header = request.headers.get(HEADER, "")
    return header == ANY or etag in re.findall(r'"([^"]*)"', header)
