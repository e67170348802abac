"""Frames of real files through a real decoder process."""

import asyncio
import os
import signal
import time

import av
import numpy as np
import pytest
from clips import mjpeg_camera

from sightline.chassis.errors import InvalidInput, Unavailable
from sightline.chassis.picture import encode_jpeg
from sightline.ingest.credentials import Credentials
from sightline.ingest.frames import open_frames
from sightline.ingest.source import Source
from sightline.ingest.viewing import Viewing


def _camera(port, scheme="http"):
    url, host = f"{scheme}://127.0.0.1:{port}/v", f"127.0.0.1:{port}"
    return Source(opened=url, host=host, live=True, shown=url, credentials=Credentials("user", "hunter2"))


async def _read(source, fps=3.0, stall_s=20.0):
    """All frames, what was raised, and how many frames the decoder read."""
    got, raised = [], None
    async with open_frames(source, Viewing(fps), stall_s=stall_s) as frames:
        try:
            async for frame in frames:
                got.append(frame)  # noqa: PERF401 (what came before an error is wanted too)
        except (InvalidInput, Unavailable) as error:
            raised = error
        return got, raised, frames.frames_read


def _is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def jpeg():
    """One JPEG picture."""
    return encode_jpeg(np.full((120, 160, 3), 128, np.uint8), 90)


async def test_a_real_clip_is_sampled_by_media_time(shared_media, file_source):
    """36.2 s at 3 frames a second are 109 frames in order, each the right picture at the right time."""
    got, raised, read = await _read(await file_source(shared_media / "video" / "cctv_public.mp4"))
    assert raised is None
    assert (len(got), read) == (109, 362)
    assert [frame.index for frame in got] == list(range(109))
    assert all(abs(frame.media_time_s - frame.index / 3) < 0.11 for frame in got)
    assert got[0].picture.shape == (360, 640, 3)
    with av.open(str(shared_media / "video" / "cctv_public.mp4")) as video:
        first = next(video.decode(video=0)).to_ndarray(format="rgb24")
    assert np.array_equal(got[0].picture, first)


async def test_the_first_frames_can_be_passed_over(shared_media, file_source):
    """The others are the same pictures with the same times and places as in a reading of all."""
    source = await file_source(shared_media / "video" / "cctv_public.mp4")
    whole, _, _ = await _read(source)
    async with open_frames(source, Viewing(3.0, first=100)) as frames:
        rest = [frame async for frame in frames]
    assert [(frame.index, frame.media_time_s) for frame in rest] == [(f.index, f.media_time_s) for f in whole[100:]]
    assert all(np.array_equal(one.picture, other.picture) for one, other in zip(rest, whole[100:], strict=True))


async def test_a_file_that_ends_in_garbage_gives_its_frames_first(shared_media, file_source):
    """The intact frames come, then an error that says where the damage begins."""
    got, raised, read = await _read(await file_source(shared_media / "video" / "truncated.mp4"), fps=12)
    assert len(got) == read == 15
    assert raised.reason == "VIDEO_UNREADABLE"
    assert "ends in garbage after 1.5 s of 2.9 s" in raised.message


async def test_something_else_is_no_video(shared_media, file_source, tmp_path):
    """A text, noise, an empty file and a playlist that names other files are refused in words."""
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXTINF:1,\n{shared_media}/video/cctv_public.mp4\n#EXT-X-ENDLIST\n")
    concat = tmp_path / "concat.txt"
    concat.write_text(f"ffconcat version 1.0\nfile {shared_media}/video/cctv_public.mp4\n")
    noise, empty = tmp_path / "noise.mp4", tmp_path / "empty.mkv"
    noise.write_bytes(np.random.default_rng(3).bytes(20_000))
    empty.touch()
    for path in (shared_media / "video" / "not_a_video.mp4", playlist, concat, noise, empty):
        got, raised, _ = await _read(await file_source(path))
        assert (got, raised.reason) == ([], "VIDEO_UNREADABLE"), path


async def test_damaged_bytes_crash_nothing(shared_media, file_source, tmp_path):
    """Clips with bytes overwritten at random end with frames, a clear error, or both."""
    random = np.random.default_rng(11)
    for name in ("corridor_walk.mp4", "mjpeg.avi", "asl_hungry.mkv"):
        data = np.frombuffer((shared_media / "video" / name).read_bytes(), np.uint8).copy()
        data[random.integers(0, data.size, 400)] = random.integers(0, 256, 400, dtype=np.uint8)
        path = tmp_path / name
        path.write_bytes(data.tobytes())
        got, raised, _ = await _read(await file_source(path))
        assert got or raised.reason == "VIDEO_UNREADABLE"


async def test_a_video_of_giant_pictures_is_refused(tmp_path, file_source):
    """Pictures beyond 8K are not decoded."""
    path = tmp_path / "giant.avi"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=5)
        stream.width, stream.height, stream.pix_fmt = 8192, 8192, "yuvj420p"
        out.mux(stream.encode(av.VideoFrame(8192, 8192, "yuvj420p")))
        out.mux(stream.encode(None))
    got, raised, _ = await _read(await file_source(path))
    assert (got, raised.reason) == ([], "VIDEO_UNREADABLE")


async def test_a_title_in_another_encoding_harms_nothing(shared_media, file_source, tmp_path):
    """What a video says about itself need not be UTF-8."""
    path = tmp_path / "latin.mkv"
    data = (shared_media / "video" / "asl_hungry.mkv").read_bytes()
    assert b"ENCODER" in data
    path.write_bytes(data.replace(b"ENCODER", b"ENC\xd6DER"))
    got, raised, _ = await _read(await file_source(path))
    assert got
    assert raised is None


async def test_an_unknown_code_is_refused(shared_media, file_source, tmp_path):
    """A video for which there is no decoder is unreadable, and no decoder process dies of it."""
    path = tmp_path / "unknown.mp4"
    data = (shared_media / "video" / "classroom.mp4").read_bytes()
    assert b"avc1" in data
    path.write_bytes(data.replace(b"avc1", b"qqqq"))
    got, raised, _ = await _read(await file_source(path))
    assert (got, raised.reason) == ([], "VIDEO_UNREADABLE")


async def test_a_killed_decoder_is_reported(shared_media, file_source):
    """Killing the child in the middle raises an error of ours, not the caller's, and leaves no process."""
    source = await file_source(shared_media / "video" / "one_by_one_person.mp4")
    async with open_frames(source, Viewing(10)) as frames:
        reading = aiter(frames)
        await anext(reading)
        frames._process.send_signal(signal.SIGKILL)  # no public way to hurt it
        with pytest.raises(Unavailable, match=r"exit status -9\)") as died:
            [frame async for frame in reading]
        assert died.value.reason == "DECODER_DIED"
        assert frames.frames_read > 0
    assert not _is_running(frames._process.pid)


async def test_leaving_early_leaves_no_process(shared_media, file_source):
    """A reader that stops, fails or is cancelled takes its decoder with it, even a blocked one."""
    source = await file_source(shared_media / "video" / "one_by_one_person.mp4")
    async with open_frames(source, Viewing(10)) as frames:
        await anext(aiter(frames))
        await asyncio.sleep(0.3)  # the pipe is full by now
    assert not _is_running(frames._process.pid)


async def test_a_slow_reader_holds_the_decoder_back(shared_media, file_source):
    """What nobody takes is not decoded: memory stays bounded by the pipe's buffer."""
    source = await file_source(shared_media / "video" / "one_by_one_person.mp4")
    async with open_frames(source, Viewing(10)) as frames:
        reading = aiter(frames)
        await anext(reading)
        await asyncio.sleep(1.0)
        await anext(reading)
        read = frames.frames_read
        await asyncio.sleep(1.0)
        await anext(reading)
        assert frames.frames_read - read < 5


async def test_a_camera_that_refuses_is_unreachable(unused_tcp_port):
    """A closed port is reported at once, without the password."""
    for scheme in ("http", "rtsp"):
        got, raised, _ = await _read(_camera(unused_tcp_port, scheme))
        assert (got, raised.reason) == ([], "CAMERA_UNREACHABLE")
        assert "hunter2" not in str(raised)


async def test_a_camera_that_hangs_up_is_a_disconnect(jpeg):
    """The end of a live stream is no end of a file: the frames came, then the error."""
    async with mjpeg_camera([jpeg] * 20) as port:
        got, raised, read = await _read(_camera(port), fps=20)
    assert got
    assert read > 10
    assert raised.reason == "CAMERA_UNREACHABLE"


async def test_a_silent_camera_is_given_up(jpeg):
    """No frame for the set time: the decoder is killed and the camera called unreachable."""
    started = time.monotonic()
    async with mjpeg_camera([jpeg] * 20, hang=True) as port:
        _, raised, _ = await _read(_camera(port), fps=20, stall_s=2.0)
    assert raised.reason == "CAMERA_SILENT"
    assert time.monotonic() - started < 60


async def test_a_redirect_is_not_followed(jpeg):
    """A camera cannot send the decoder to another host."""
    asked = asyncio.Event()

    async def victim(_, writer):
        asked.set()
        writer.close()

    async def redirect(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n" % port)
        await writer.drain()
        writer.close()

    target = await asyncio.start_server(victim, "127.0.0.1", 0)
    port = target.sockets[0].getsockname()[1]
    camera = await asyncio.start_server(redirect, "127.0.0.1", 0)
    async with target, camera:
        got, raised, _ = await _read(_camera(camera.sockets[0].getsockname()[1]))
    assert (got, raised.reason) == ([], "CAMERA_UNREACHABLE")
    assert not asked.is_set()


async def test_an_rtsp_redirect_is_not_followed():
    """FFmpeg's RTSP client would go to any host that a camera names, on the camera's own port."""
    asked = asyncio.Event()

    async def victim(_, writer):
        asked.set()
        writer.close()

    async def redirect(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        [number] = [line for line in head.split(b"\r\n") if line.startswith(b"CSeq")]
        writer.write(b"RTSP/1.0 302 Moved\r\n%s\r\nLocation: rtsp://127.0.0.2:%d/\r\n\r\n" % (number, port))
        await writer.drain()
        await reader.read()
        writer.close()

    camera = await asyncio.start_server(redirect, "127.0.0.1", 0)
    port = camera.sockets[0].getsockname()[1]
    target = await asyncio.start_server(victim, "127.0.0.2", port)
    async with target, camera:
        got, raised, _ = await _read(_camera(port, "rtsp"))
    assert (got, raised.reason) == ([], "CAMERA_REDIRECTED")
    assert not asked.is_set()


async def test_lying_pictures_are_turned_upright(tmp_path, file_source):
    """A telephone's rotation note (the matrix in an MP4's track header) is obeyed."""
    path = tmp_path / "phone.mp4"
    picture = np.zeros((64, 128, 3), np.uint8)
    picture[:, :64] = 255
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40  # version 0: 40 bytes before the matrix
    turn = [0, 1 << 16, 0, -(1 << 16) & 0xFFFFFFFF, 0, 0, 0, 0, 1 << 30]  # 90 degrees clockwise
    data[matrix : matrix + 36] = b"".join(value.to_bytes(4, "big") for value in turn)
    path.write_bytes(data)
    got, raised, _ = await _read(await file_source(path))
    assert raised is None
    assert got[0].picture.shape == (128, 64, 3)
    assert got[0].picture[10].mean() > 200
    assert got[0].picture[110].mean() < 50


async def test_a_device_that_is_not_there_is_unreachable():
    """A webcam that was pulled out is waited for as any camera."""
    source = Source("v4l2:/dev/video99", "", live=True, shown="v4l2:///dev/video99")
    got, raised, _ = await _read(source)
    assert (got, raised.reason) == ([], "CAMERA_UNREACHABLE")
