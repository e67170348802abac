"""Videos and cameras that tests make for themselves."""

from __future__ import annotations

import asyncio
import base64
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from camera_server import serving

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


def write_clip(
    path: Path, pictures: Iterable[NDArray[np.uint8]], rate: int = 10, codec: str = "libx264", **options: str
) -> Path:
    """Write (height, width, 3) RGB pictures as a video; the container is as the path's suffix says."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, options=options)
        stream.time_base = Fraction(1, rate)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            if not number:
                stream.width, stream.height = frame.width, frame.height
                stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@asynccontextmanager
async def mjpeg_camera(
    pictures: Iterable[bytes],
    *,
    pause_s: float = 0.02,
    hang: bool = False,
    login: str = "",
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """An HTTP camera on that port: sends JPEG files as multipart and then hangs up, or falls silent.

    With a login (user:password) it lets nobody else in.
    """
    wanted = b"Authorization: Basic " + base64.b64encode(login.encode())

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if login and wanted not in await reader.readuntil(b"\r\n\r\n"):
            writer.write(b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="c"\r\nContent-Length: 0\r\n\r\n')
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n")
            for picture in pictures:
                writer.write(b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture))
                writer.write(picture + b"\r\n")
                await asyncio.sleep(pause_s)
            await writer.drain()
            if hang:
                await reader.read()

    async with serving(serve, tls=tls) as port:
        yield port
