"""Fetching a pinned archive from Python package indexes, without installing anything."""

import netrc
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from sightline.chassis.errors import FailedPrecondition, NotFound, SightlineError, Unavailable
from sightline.cli.models.download import Downloads, OnBytes, Wanted
from sightline.cli.models.sources import Source

JSON = "application/vnd.pypi.simple.v1+json"
ACCEPT = f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


class PackageIndexes:
    """Simple repositories (PEP 503 and 691), asked one after another.

    Args:
        addresses: of the repositories.
        downloads: for the archives.
        client: for the pages that lead to them.
    """

    def __init__(self, addresses: Sequence[str], downloads: Downloads, client: httpx.Client) -> None:
        self._addresses = addresses
        self._downloads = downloads
        self._client = client

    def download(self, source: Source, target: Path, on_bytes: OnBytes) -> None:
        """Write the archive to `target`; `on_bytes` is told how many bytes are there.

        Raises:
            Unavailable: INDEX_UNREACHABLE, when no index answers; what came is kept, to be continued.
            NotFound: SOURCE_NOT_FOUND, when they do and none has the file.
            FailedPrecondition: SOURCE_HASH_MISMATCH, or NO_INDEX where the user's settings allow none.
            AlreadyExists: DOWNLOAD_RUNNING.
        """
        problem: SightlineError = FailedPrecondition(
            "NO_INDEX",
            "pip's or uv's settings forbid package indexes; unset PIP_NO_INDEX, UV_OFFLINE and the like",
        )
        for address in self._addresses:
            try:
                self._download_from(address, source, target, on_bytes)
            except SightlineError as error:
                problem = error
            else:
                return
        raise problem

    def _download_from(self, address: str, source: Source, target: Path, on_bytes: OnBytes) -> None:
        try:
            link = self._link(address, source)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError) as error:  # or no index at all
            raise _unreachable(address, error) from error
        wanted = Wanted(source.filename, (link,), source.size, source.sha256, _auth(address, link))
        try:
            self._downloads.fetch(wanted, target, on_bytes)
        except Unavailable as error:
            raise _unreachable(address, error) from error
        except FailedPrecondition as error:
            message = f"what {_host(address)} has is not the published file: {error.message}, or ask another index"
            raise FailedPrecondition("SOURCE_HASH_MISMATCH", message) from error

    def _link(self, address: str, source: Source) -> str:
        page = f"{address}/{re.sub(r'[-_.]+', '-', source.package).lower()}/"
        answer = self._client.get(page, headers={"accept": ACCEPT}, auth=_auth(address, page))
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise _absent(address, source)
        answer.raise_for_status()
        for link in _links(answer):
            if unquote(urlsplit(link).path).rpartition("/")[2] == source.filename:
                return urljoin(str(answer.url), link)
        raise _absent(address, source)


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]


def _links(answer: httpx.Response) -> Iterator[str]:
    if answer.headers.get("content-type", "").startswith(JSON):
        yield from (file["url"] for file in answer.json()["files"])
        return
    anchors = _Anchors()
    anchors.feed(answer.text)
    yield from anchors.links


def _auth(address: str, link: str) -> tuple[str, str] | None:
    """Name and password for the index's own host: from its address, else from ~/.netrc."""
    index = urlsplit(address)
    if index.hostname != urlsplit(link).hostname or index.hostname is None:
        return None
    if index.username:
        return unquote(index.username), unquote(index.password or "")
    try:
        entry = netrc.netrc().authenticators(index.hostname)
    except (OSError, netrc.NetrcParseError):
        return None
    return (entry[0], entry[2]) if entry and entry[2] else None


def _absent(address: str, source: Source) -> NotFound:
    advice = "point UV_INDEX_URL or PIP_INDEX_URL to an index that has it"
    message = f"{_host(address)} has no {source.filename}; {advice}"
    return NotFound("SOURCE_NOT_FOUND", message)


def _unreachable(address: str, error: Exception) -> Unavailable:
    # An index's address may hold a password: only its host is named, and of the error only its kind.
    what = error.message if isinstance(error, SightlineError) else type(error).__name__
    if isinstance(error, httpx.HTTPStatusError):
        what = f"HTTP {error.response.status_code}"
    advice = "check the network, the proxy and UV_INDEX_URL or PIP_INDEX_URL"
    message = f"{_host(address)} cannot be used ({what}); {advice}"
    return Unavailable("INDEX_UNREACHABLE", message)


def _host(address: str) -> str:
    return urlsplit(address).hostname or address
