"""A client of gRPC servers that does what no library would: it sends requests by halves, and reads no answers."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ResponseReceived, TrailersReceived
from h2.settings import SettingCodes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

LARGE = 30_000_000
SECONDS = 60


class Http2Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, window: int) -> None:
        self._reader, self._writer = reader, writer
        self._connection = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self._connection.initiate_connection()
        self._connection.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: window})
        self._heads: dict[int, dict[str, str]] = {}
        self._trailers: dict[int, dict[str, str]] = {}

    def call(self, method: str, begun: bytes, **metadata: str) -> int:
        """Begins a call of that method, and sends so much of its request; gives its number."""
        number = self._connection.get_next_available_stream_id()
        fixed = {":method": "POST", ":scheme": "http", ":path": method, ":authority": "localhost"}
        headers = {**fixed, "te": "trailers", "content-type": "application/grpc", **metadata}
        self._connection.send_headers(number, list(headers.items()))
        self._connection.send_data(number, begun)
        self._flush()
        return number

    async def head(self, number: int) -> Mapping[str, str]:
        """The headers of a call's answer."""
        return await self._until(self._heads, number)

    async def status(self, number: int) -> int:
        """With what a call ended."""
        return int((await self._until(self._trailers, number))["grpc-status"])

    async def _until(self, known: dict[int, dict[str, str]], number: int) -> dict[str, str]:
        async with asyncio.timeout(SECONDS):
            while number not in known:
                data = await self._reader.read(65536)
                assert data, "the server has closed the connection"
                for event in self._connection.receive_data(data):
                    self._take(event)
                self._flush()
        return known[number]

    def _take(self, event: object) -> None:
        if isinstance(event, ResponseReceived | TrailersReceived):
            headers = dict(event.headers)
            self._heads.setdefault(event.stream_id, headers)
            if "grpc-status" in headers:
                self._trailers[event.stream_id] = headers

    def _flush(self) -> None:
        self._writer.write(self._connection.data_to_send())


@asynccontextmanager
async def http2_client(port: int, window: int = 65535) -> AsyncIterator[Http2Client]:
    """Connected while the block runs; `window`: so many bytes of an answer it takes before it reads them: never."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Http2Client(reader, writer, window)
    finally:
        writer.close()


def half_of(size: int = LARGE) -> bytes:
    """What a request of that many bytes begins with."""
    return b"\0" + size.to_bytes(4, "big") + b"\0" * 1000
