"""An S3-compatible store: obstore signs, httpx fetches.

obstore's own requests would follow a redirect to any host, and ask whatever AWS' environment variables name; its
signatures are made here, without a network.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx

from sightline.chassis.errors import Conflict, FailedPrecondition, InvalidInput, NotFound, SightlineError, Unavailable
from sightline.chassis.object_store import NoStore, ObjectAddress, ObjectBody, not_configured, not_installed
from sightline.chassis.s3_credentials import read_credentials

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sightline.chassis.object_store import ObjectStore

_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_SIGNED_FOR = timedelta(minutes=5)
"""Longer than any request takes to begin: once it has begun, a signature may end."""


@dataclass(frozen=True)
class S3Access:
    """What the administrator allows."""

    endpoint: str
    """`https://host[:port]`; empty: there is no store."""
    region: str
    buckets: tuple[str, ...]
    credentials_file: Path | None
    """None: everybody may read these buckets."""
    ca_file: Path | None
    """Who vouches for the store's certificate; None: the system's authorities."""


class S3Store:
    """An ObjectStore. It speaks to its endpoint, and to no host that the endpoint names."""

    def __init__(self, access: S3Access) -> None:
        self._access = access

    def admit(self, url: str) -> ObjectAddress:
        """See ObjectStore."""
        address = ObjectAddress.read(url)
        if address.bucket not in self._access.buckets:
            raise InvalidInput(
                "SOURCE_NOT_ALLOWED", f"bucket {address.bucket!r} may not be read; add it to SIGHTLINE_S3_BUCKETS"
            )
        return address

    @asynccontextmanager
    async def open(self, address: ObjectAddress, start: int, etag: str) -> AsyncIterator[ObjectBody]:
        """See ObjectStore."""
        headers = {"Accept-Encoding": "identity"}
        headers |= {"Range": f"bytes={start}-"} if start else {}
        headers |= {"If-Match": etag} if etag else {}
        url, trusted = await asyncio.to_thread(self._prepare, address)
        try:
            async with (
                httpx.AsyncClient(verify=trusted, timeout=_TIMEOUT, trust_env=False, follow_redirects=False) as client,
                client.stream("GET", url, headers=headers) as answer,
            ):
                _check(answer, address, start)
                yield ObjectBody(_size(answer, start), answer.headers["ETag"], answer.aiter_raw())
        except (httpx.TransportError, httpx.StreamError) as error:
            raise _lost(error) from error

    def _prepare(self, address: ObjectAddress) -> tuple[str, ssl.SSLContext]:
        """The URL, which is a secret for some minutes, and whom to trust."""
        file = self._access.ca_file
        try:
            trusted = ssl.create_default_context(cafile=file)
        except OSError as error:  # ssl.SSLError is one
            raise _refused(f"{file}, which SIGHTLINE_S3_CA_FILE names, holds no certificates") from error
        return self._url(address), trusted

    def _url(self, address: ObjectAddress) -> str:
        access = self._access
        if access.credentials_file is None:
            return f"{access.endpoint.rstrip('/')}/{address.bucket}/{quote(address.key)}"
        import obstore  # noqa: PLC0415 - an extra
        from obstore.store import S3Store as Signing  # noqa: PLC0415 - as above

        who = read_credentials(access.credentials_file)
        store = Signing(
            address.bucket,
            endpoint=access.endpoint.rstrip("/"),
            region=access.region,
            access_key_id=who.key_id,
            secret_access_key=who.secret,
            session_token=who.session_token,
            skip_signature=False,
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )
        return obstore.sign(store, "GET", address.key, _SIGNED_FOR)


def open_store(access: S3Access, service: str) -> ObjectStore:
    """The store of a service's settings. Raises FailedPrecondition S3_CREDENTIALS_INVALID."""
    if not access.endpoint:
        return NoStore(not_configured(service))
    if find_spec("obstore") is None:
        return NoStore(not_installed(service))
    if access.credentials_file is not None:
        read_credentials(access.credentials_file)  # what is wrong with the file ends the start
    return S3Store(access)


def _check(answer: httpx.Response, address: ObjectAddress, start: int) -> None:
    status = answer.status_code
    if status == httpx.codes.NOT_FOUND:
        raise NotFound("S3_OBJECT_NOT_FOUND", f"There is no {address}: check bucket and key.")
    if status == httpx.codes.PRECONDITION_FAILED:
        raise Conflict(
            "S3_OBJECT_CHANGED", f"{address} was replaced while it was being searched: start the search again."
        )
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS:
        raise Unavailable("S3_UNAVAILABLE", f"The object store cannot answer now (HTTP {status}): is it well?")
    if answer.has_redirect_location or status in range(300, 400):
        raise _refused(f"the store sends to another place (HTTP {status}): correct its endpoint and region")
    if status != (httpx.codes.PARTIAL_CONTENT if start else httpx.codes.OK):
        raise _refused(f"the store refuses {address} (HTTP {status}): check its credentials and what they allow")


def _size(answer: httpx.Response, start: int) -> int:
    """Of the whole object. Raises FailedPrecondition S3_REFUSED where the store does not say what it sends."""
    left = answer.headers.get("Content-Length", "")
    if not left.isdigit() or not answer.headers.get("ETag"):
        raise _refused("the store does not say how large the object is, and which version")
    if start and not answer.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
        raise _refused("the store sends another part of the object than it was asked for")
    return start + int(left)


def _lost(error: httpx.TransportError | httpx.StreamError) -> SightlineError:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return _refused("nobody trusted vouches for the store's certificate; name who does: SIGHTLINE_S3_CA_FILE")
    return Unavailable("S3_UNAVAILABLE", f"The object store does not answer ({type(error).__name__}): is it up?")


def _refused(why: str) -> SightlineError:
    return FailedPrecondition("S3_REFUSED", f"The object cannot be fetched: {why}.")
