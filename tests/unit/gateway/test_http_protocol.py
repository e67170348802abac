"""Clients that keep a connection and use it for nothing."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
from free_ports import find_free_ports
from secrets_for_tests import secrets_folder
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sightline.gateway import http_protocol, http_server
from sightline.gateway.http_protocol import TAKE_BYTES, PatientProtocol
from sightline.gateway.http_server import serve_http
from sightline.gateway.settings import GatewaySettings

WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
UNREAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx"


class Endless:
    """An answer that never ends, and whether its reader was given up."""

    def __init__(self):
        self.given_up = asyncio.Event()

    async def pieces(self):
        """Of one megabyte."""
        try:
            while True:
                yield bytes(1 << 20)
                await asyncio.sleep(0.01)  # as whoever asks a service: else nothing else would be done
        finally:
            self.given_up.set()


@asynccontextmanager
async def connected(endless=None):
    """A connection to the gateway's server, which answers at once, whatever it is asked."""

    async def answer(_):
        return StreamingResponse(endless.pieces()) if endless else Response("well")

    [port] = find_free_ports(1)
    settings = GatewaySettings(tls="off", secrets_dir=secrets_folder().path, http_port=port, drain_seconds=1)
    routes = [Route("/", answer, methods=["GET", "POST"])]
    async with serve_http(settings, Starlette(routes=routes)), asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        yield reader, writer
        writer.close()


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"", b""),
        (b"", WHOLE[:-2]),
        (WHOLE, WHOLE[:-2]),
        (UNREAD, b"x"),
    ],
    ids=["nothing", "half a head", "half a second head", "a body that nobody reads"],
)
async def test_who_sends_no_request_is_let_go(monkeypatch, first, then):
    """Whatever a client leaves unfinished, it keeps its connection for a moment, and not from the others."""
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 0.2)
    async with connected() as (reader, writer):
        writer.write(first)
        if first:
            assert (await reader.readuntil(b"well")).startswith(b"HTTP/1.1 200")
        writer.write(then)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(1)


async def test_who_takes_no_answer_is_let_go(monkeypatch):
    """A client that asks and does not read is given up, with what was to be read by it."""
    monkeypatch.setattr(http_protocol, "TAKE_SECONDS", 0.2)
    endless = Endless()
    async with connected(endless) as (_, writer):
        writer.write(WHOLE)
        await endless.given_up.wait()
    assert endless.given_up.is_set()


@pytest.mark.parametrize(
    ("sizes", "aborted"),
    [
        ([10 * TAKE_BYTES, 9 * TAKE_BYTES], False),
        ([10 * TAKE_BYTES, 9 * TAKE_BYTES + 1], True),
        ([TAKE_BYTES // 2, 1], True),
    ],
)
async def test_a_slow_reader_is_waited_for(sizes, aborted):
    """As long as they take a quarter of a megabyte in a minute, or all that there is."""
    protocol = object.__new__(PatientProtocol)
    protocol.loop = asyncio.get_running_loop()
    protocol.transport = Transport(sizes)
    protocol._look_at_reader(protocol.transport.get_write_buffer_size())
    assert protocol.transport.aborted == aborted


class Transport:
    """Says how much waits to be taken, each time something else."""

    def __init__(self, sizes):
        self._sizes = iter(sizes)
        self.aborted = False

    def get_write_buffer_size(self):
        return next(self._sizes)

    def abort(self):
        self.aborted = True


async def test_no_answer_waits_for_an_acknowledgement_of_its_head(monkeypatch):
    """Head and body go in two pieces; a connection with the system's delay keeps the second one back for 40 ms."""
    undelayed = []

    class Watched(PatientProtocol):
        def connection_made(self, transport):
            super().connection_made(transport)
            accepted = transport.get_extra_info("socket")
            undelayed.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(http_server, "PatientProtocol", Watched)
    async with connected() as (reader, writer):
        writer.write(WHOLE)
        await reader.readuntil(b"well")
    assert undelayed == [1]
