"""Records that come through a socket."""

import asyncio
import socket
import struct
from contextlib import asynccontextmanager

import pytest

from sightline.ingest.frame_pipe import FramePipe
from sightline.ingest.frame_record import MAX_BODY, PREFIX


@asynccontextmanager
async def _open_pipe():
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    _, pipe = await asyncio.get_running_loop().create_connection(FramePipe, sock=ours)
    with theirs:
        yield pipe, theirs
        pipe.close()
        await asyncio.sleep(0)


def _record(kind, body):
    return PREFIX.pack(kind, len(body)) + body


async def test_records_arrive_whole_and_in_order():
    """However their bytes are cut, and also those that were there before the other end went away."""
    loop = asyncio.get_running_loop()
    bodies = [bytes([number]) * (1 + number * 70_000) for number in range(6)]
    async with _open_pipe() as (pipe, theirs):

        async def send():
            data = b"".join(_record(b"F", body) for body in bodies)
            for start in range(0, len(data), 33_333):
                await loop.sock_sendall(theirs, data[start : start + 33_333])
            theirs.close()

        sending = asyncio.create_task(send())
        for body in bodies:
            kind, got = await pipe.take()
            assert (kind, got.tobytes()) == (b"F", body)
        for _ in range(2):
            with pytest.raises(EOFError):
                await pipe.take()
        await sending


async def test_who_writes_without_a_reader_has_to_wait():
    """One record is taken in ahead; then the writer's socket is full."""
    async with _open_pipe() as (pipe, theirs):
        sent = 0
        body = _record(b"F", bytes(1 << 20))
        for _ in range(200):
            await asyncio.sleep(0.005)
            try:
                sent += theirs.send(body[sent % len(body) :])
            except BlockingIOError:
                continue
        assert len(body) < sent < 3 * len(body)
        assert (await pipe.take())[1].nbytes == 1 << 20


@pytest.mark.parametrize("length", [0, MAX_BODY + 1, 0xFFFFFFFF])
async def test_what_is_no_record_ends_it(length):
    """A length that no record has is not waited for, and no memory is set aside for it."""
    async with _open_pipe() as (pipe, theirs):
        theirs.send(struct.pack("<cI", b"F", length) + b"x" * 100)
        with pytest.raises(EOFError):
            await pipe.take()
