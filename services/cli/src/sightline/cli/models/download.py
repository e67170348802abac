"""Downloading published files: continued where they broke off, and checked before anybody sees them."""

import shutil
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote, urlsplit

import httpx

from sightline.chassis.errors import FailedPrecondition, SightlineError, Unavailable
from sightline.chassis.pack import verify_file
from sightline.cli.models.partial import PartialFile
from sightline.cli.models.sources import Source

ATTEMPTS = 3  # per address: hundreds of megabytes may break off once
TIMEOUT = httpx.Timeout(60, connect=15)
LARGEST_BYTES = 4 << 30  # of a file whose size nobody told

OnBytes: TypeAlias = Callable[[int], object]


@dataclass(frozen=True)
class Wanted:
    """A file and what is known of it.

    Attributes:
        urls: asked in this order until one has it.
        size: bytes; None if unknown, as `sha256`.
        auth: name and password for the server.
    """

    name: str
    urls: tuple[str, ...]
    size: int | None = None
    sha256: str | None = None
    auth: tuple[str, str] | None = field(default=None, repr=False)

    def mirrored(self, mirror: str) -> "Wanted":
        """The same file in a mirror's folder; as it is where there is no mirror."""
        return replace(self, urls=(f"{mirror.rstrip('/')}/{quote(self.name)}",)) if mirror else self


def download_client(certificates: ssl.SSLContext, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """An HTTP client that follows redirects, but never from https to http."""
    return httpx.Client(
        verify=certificates,
        headers={"accept-encoding": "identity"},
        timeout=TIMEOUT,
        follow_redirects=True,
        event_hooks={"response": [_never_downgrade]},
        transport=transport,
    )


class Downloads:
    """Downloads on their way, in a folder that outlives a broken connection."""

    def __init__(self, folder: Path, client: httpx.Client) -> None:
        self._folder = folder
        self._client = client

    def fetch(self, wanted: Wanted, target: Path, on_bytes: OnBytes) -> None:
        """Put the whole, checked file to `target`; `on_bytes` is told how many bytes are there.

        Raises:
            Unavailable: MODEL_DOWNLOAD_FAILED, with the server's status; what came is kept, to be continued.
            FailedPrecondition: MODEL_SIZE_MISMATCH, MODEL_HASH_MISMATCH, REDIRECT_REFUSED; then nothing is kept.
            AlreadyExists: DOWNLOAD_RUNNING.
        """
        problem: SightlineError = Unavailable("MODEL_DOWNLOAD_FAILED", f"{wanted.name} has no address; report this")
        for url in wanted.urls:
            part = PartialFile(self._folder, url, wanted.name)
            try:
                with part.locked():
                    self._fetch_whole(url, part, wanted, on_bytes)
                    shutil.move(part.path, target)
                    part.discard()
            except SightlineError as error:
                # A server with a forged file is worse than one without a file, and is what has to be told.
                problem = problem if isinstance(problem, FailedPrecondition) else error
            else:
                return
        raise problem

    def _fetch_whole(self, url: str, part: PartialFile, wanted: Wanted, on_bytes: OnBytes) -> None:
        was_continued = part.size > 0
        try:
            self._fetch_checked(url, part, wanted, on_bytes)
        except FailedPrecondition:
            part.discard()
            if not was_continued:
                raise
            # The old half may have been the wrong one: once more from the start.
            self._fetch_checked(url, part, wanted, on_bytes)

    def _fetch_checked(self, url: str, part: PartialFile, wanted: Wanted, on_bytes: OnBytes) -> None:
        self._fetch_persistently(url, part, wanted, on_bytes)
        if wanted.size not in {None, part.size}:
            raise _size_mismatch(url, wanted, part.size)
        if not wanted.sha256:
            return
        try:
            verify_file(part.path, wanted.sha256)
        except FailedPrecondition as error:
            message = (
                f"{wanted.name} from {_host(url)} has not the SHA-256 {wanted.sha256}; nothing was kept; use a mirror"
            )
            raise FailedPrecondition("MODEL_HASH_MISMATCH", message) from error

    def _fetch_persistently(self, url: str, part: PartialFile, wanted: Wanted, on_bytes: OnBytes) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._receive(url, part, wanted, on_bytes)
            except httpx.TransportError as error:
                if attempt == ATTEMPTS:
                    raise _failed(url, wanted, type(error).__name__) from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise _failed(url, wanted, type(error).__name__) from error
        return None

    def _receive(self, url: str, part: PartialFile, wanted: Wanted, on_bytes: OnBytes) -> None:
        if wanted.size is not None and part.size == wanted.size:
            return None
        conditions = part.conditions(is_checked=wanted.sha256 is not None)
        with self._client.stream("GET", url, headers=conditions, auth=wanted.auth) as answer:
            if conditions and _is_not_the_rest(answer, part.size):
                part.discard()
            elif not answer.is_success:
                raise _failed(url, wanted, f"HTTP {answer.status_code}")
            else:
                if answer.status_code != httpx.codes.PARTIAL_CONTENT:
                    part.begin(answer)
                return _write(url, answer, part, wanted, on_bytes)
        return self._receive(url, part, wanted, on_bytes)


class Mirror:
    """A folder on a server of one's own with the archives of Python packages, for sites without the internet."""

    def __init__(self, address: str, downloads: Downloads) -> None:
        self._address = address
        self._downloads = downloads

    def download(self, source: Source, target: Path, on_bytes: OnBytes) -> None:
        """Write the archive to `target`; errors as `Downloads.fetch`."""
        wanted = Wanted(source.filename, (), source.size, source.sha256)
        self._downloads.fetch(wanted.mirrored(self._address), target, on_bytes)


def _write(url: str, answer: httpx.Response, part: PartialFile, wanted: Wanted, on_bytes: OnBytes) -> None:
    done = part.size
    length = answer.headers.get("content-length", "")
    if wanted.size is not None and length.isdigit() and done + int(length) != wanted.size:
        raise _size_mismatch(url, wanted, done + int(length))
    with part.path.open("ab") as out:
        for block in answer.iter_raw():
            done += len(block)
            if done > (wanted.size or LARGEST_BYTES):
                raise _size_mismatch(url, wanted, done)
            out.write(block)
            on_bytes(done)


def _is_not_the_rest(answer: httpx.Response, size: int) -> bool:
    """Whether an answer to a question for the rest is one that must not be appended, and is no whole file either."""
    if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        return True
    starts_there = answer.headers.get("content-range", "").startswith(f"bytes {size}-")
    return answer.status_code == httpx.codes.PARTIAL_CONTENT and not starts_there


def _never_downgrade(answer: httpx.Response) -> None:
    if not answer.has_redirect_location:
        return
    to = answer.request.url.join(answer.headers["location"])
    if answer.request.url.scheme == "https" and to.scheme != "https":
        message = f"{answer.request.url.host} sends from https to {to.scheme}://{to.host}; use another mirror"
        raise FailedPrecondition("REDIRECT_REFUSED", message)


def _failed(url: str, wanted: Wanted, what: str) -> Unavailable:
    # An address may hold a password: only its host is named.
    advice = "try again, or name a mirror with --mirror or SIGHTLINE_MODELS_MIRROR"
    message = f"{wanted.name} cannot be had from {_host(url)} ({what}); {advice}"
    return Unavailable("MODEL_DOWNLOAD_FAILED", message)


def _size_mismatch(url: str, wanted: Wanted, size: int) -> FailedPrecondition:
    expected = f"{wanted.size:,}" if wanted.size else f"at most {LARGEST_BYTES:,}"
    message = f"{wanted.name} at {_host(url)} has {size:,} bytes, expected {expected}; nothing was kept; use a mirror"
    return FailedPrecondition("MODEL_SIZE_MISMATCH", message)


def _host(url: str) -> str:
    return urlsplit(url).hostname or "that address"
