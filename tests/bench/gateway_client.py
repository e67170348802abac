"""A client of the gateway that costs next to nothing: requests are signed beforehand, and sent as bytes."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def signed(port: int, pair: dict[str, Any], operation: str, parameters: dict[str, Any]) -> bytes:
    """A whole HTTP request, good for five minutes."""
    body = json.dumps(parameters).encode()
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"RekognitionService.{operation}",
        "Host": f"127.0.0.1:{port}",
    }
    request = AWSRequest("POST", f"http://127.0.0.1:{port}/", data=body, headers=headers)
    credentials = Credentials(pair["access_key_id"], pair["secret_access_key"])
    SigV4Auth(credentials, "rekognition", pair["region"]).add_auth(request)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    head = "\r\n".join(["POST / HTTP/1.1", *lines, f"Content-Length: {len(body)}", "", ""])
    return head.encode() + body


class Connection:
    """One connection that is kept open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes) -> dict[str, Any]:
        """Sends and gives what is answered. Raises RuntimeError: an error was."""
        self._writer.write(request)
        await self._writer.drain()
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        body = await self._reader.readexactly(length)
        if " 200 " not in head.partition("\r\n")[0]:
            raise RuntimeError(body.decode())
        return dict(json.loads(body))


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[Connection]:
    """A connection, closed with the block."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
