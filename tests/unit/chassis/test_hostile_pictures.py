"""Pictures of strangers, decoded in processes that may die of them."""

import asyncio
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from prometheus_client import CollectorRegistry

from sightline.chassis.errors import InvalidInput, SightlineError
from sightline.chassis.picture import encode_jpeg, see_picture
from sightline.chassis.picture_decoders import PictureDecoders
from sightline.chassis.picture_record import HEAD
from sightline.chassis.picture_worker import Bounds, Lost, PictureWorker

JPEG = encode_jpeg(np.full((48, 64, 3), 128, np.uint8), 90)


def whole(_):
    """The scale of who wants every pixel."""
    return 1.0


def png(width, height, mode="RGBA"):
    stream = BytesIO()
    Image.new(mode, (width, height)).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def outcome(see, data):
    """What comes of a picture: its pixels, or the reason why there are none."""
    try:
        seen = see(data, whole)
    except SightlineError as error:
        return error.reason
    return seen.pixels.tobytes(), seen.width, seen.height


def lost(registry, why):
    return registry.get_sample_value("sightline_picture_decoders_lost_total", {"why": why}) or 0


def pid(decoders):
    """Of the only decoder; nobody else tells."""
    (worker,) = decoders._workers
    return worker.process.pid


def until_at_work(pid):
    """Until a process has used a tenth of a second of a processor since now."""
    place = Path(f"/proc/{pid}/stat")

    def ticks():
        return sum(map(int, place.read_text().split()[13:15]))

    began, deadline = ticks(), time.monotonic() + 60
    while ticks() < began + 10:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def decoders(registry):
    """One decoder."""
    with PictureDecoders(registry, 1) as decoders:
        yield decoders


def test_a_hostile_file_gives_what_it_gives_here(decoders, registry, shared_media):
    """Every file of `broken` and `formats` but the largest has the same pixels, or the same reason, as in-process."""
    for path in sorted([*(shared_media / "broken").iterdir(), *(shared_media / "formats").iterdir()]):
        if "8000x6000" not in path.name:
            data = path.read_bytes()
            assert outcome(decoders.see, data) == outcome(see_picture, data), path
    assert lost(registry, "died") == lost(registry, "time") == 0


def test_a_large_picture_is_asked_for_at_a_part_of_its_size(decoders):
    """The decoder asks how large it is wanted, and hears what goes wrong with that; it goes on with the next."""
    heard = []
    seen = decoders.see(JPEG, lambda size: heard.append(size) or 0.5)
    assert (heard, seen.pixels.shape, seen.width, seen.height) == ([(64, 48)], (24, 32, 3), 64, 48)

    def unsuitable(_):
        raise InvalidInput("PROFILE_UNSUPPORTED", "not so")

    with pytest.raises(InvalidInput, match="PROFILE_UNSUPPORTED"):
        decoders.see(JPEG, unsuitable)
    assert decoders.see(JPEG, whole).pixels.shape == (48, 64, 3)


async def test_a_decoder_that_dies_hurts_one_call(registry):
    """Of two decoders one is killed at its work: that call says DECODER_DIED, the other has its pixels, all go on."""
    with PictureDecoders(registry, 2) as decoders, ThreadPoolExecutor(2) as threads:
        one, other = decoders._workers
        assert [worker.see(JPEG, whole).width for worker in (one, other)] == [64, 64]
        large = png(5000, 5000)
        calls = [threads.submit(outcome, decoders.see, large) for _ in range(2)]
        await asyncio.to_thread(until_at_work, one.process.pid)
        os.kill(one.process.pid, signal.SIGSEGV)
        outcomes = [call.result(60) for call in calls]
        assert "DECODER_DIED" in outcomes
        assert [found[1:] for found in outcomes if found != "DECODER_DIED"] == [(5000, 5000)]
        assert lost(registry, "died") == 1
        assert other in decoders._workers
        assert one not in decoders._workers
        await decoders.check()
        assert [outcome(decoders.see, JPEG)[1:] for _ in range(4)] == [(64, 48)] * 4


def test_a_decoder_that_hangs_is_given_up(registry):
    """One that says nothing is killed after its patience: DECODER_TIME, counted, and the next picture is decoded."""
    with PictureDecoders(registry, 1, Bounds(patience_s=3)) as decoders:
        assert decoders.see(JPEG, whole).width == 64
        hung = pid(decoders)
        os.kill(hung, signal.SIGSTOP)
        assert outcome(decoders.see, JPEG) == "DECODER_TIME"
        assert decoders.see(JPEG, whole).width == 64
        assert pid(decoders) != hung
    assert lost(registry, "time") == 1


def test_hostile_pictures_pass_no_limits(registry):
    """25 megapixels pass neither 1 s of processor time nor 350 MB: both are refused, and the reason says which."""
    large = png(5000, 5000)
    with PictureDecoders(registry, 1, Bounds(memory_bytes=350_000_000)) as decoders:
        assert outcome(decoders.see, large) == "DECODER_MEMORY"
        assert decoders.see(JPEG, whole).width == 64
    assert lost(registry, "died") == 0
    busy = CollectorRegistry()
    with PictureDecoders(busy, 1, Bounds(cpu_s=1)) as decoders:
        assert outcome(decoders.see, png(7000, 7000)) == "DECODER_TIME"
        assert decoders.see(JPEG, whole).width == 64
    assert lost(busy, "time") == 1


def test_too_many_bytes_never_reach_a_decoder(decoders):
    """An empty file and 20 MB are refused here."""
    assert outcome(decoders.see, b"") == "IMAGE_EMPTY"
    assert outcome(decoders.see, bytes(20_000_001)) == "IMAGE_TOO_LARGE"


def test_limits_and_no_secrets(decoders, monkeypatch):
    """A decoder has no environment of the service's, bounded memory, nothing to write to, and no network."""
    monkeypatch.setenv("SIGHTLINE_SECRET", "hunter2")
    decoders.see(JPEG, whole)
    place = Path(f"/proc/{pid(decoders)}")
    if not place.exists():
        pytest.skip("NOT TESTED: no /proc here")
    assert b"SIGHTLINE" not in (place / "environ").read_bytes()
    assert "Seccomp:\t2" in (place / "status").read_text()
    limits = {line[:26].strip(): line[26:].split()[0] for line in (place / "limits").read_text().splitlines()[1:]}
    assert (limits["Max address space"], limits["Max file size"]) == (str(5 << 28), "0")
    assert limits["Max core file size"] == "0"


SAYS = """
import socket, struct, sys, time
head = struct.Struct("<cIIII")
service = socket.socket(fileno=0)
service.sendall(head.pack(b"R", 0, 0, 0, 0))
service.recv(1 << 20)
service.sendall({said!r})
time.sleep(20)
"""


HOSTILE = {
    "more pixels than may be sent": HEAD.pack(b"P", 60_000, 60_000, 60_000, 60_000),
    "more pixels than the whole": HEAD.pack(b"P", 10, 10, 5, 5),
    "no pixels": HEAD.pack(b"P", 0, 10, 5, 5),
    "a question about too many": HEAD.pack(b"A", 60_000, 60_000, 0, 0),
    "a gigabyte of text": HEAD.pack(b"E", 1 << 30, 0, 0, 0),
    "a text that is no reason": HEAD.pack(b"E", 10, 0, 0, 0) + b'["no", 1] ',
    "something else": HEAD.pack(b"X", 0, 0, 0, 0),
}


@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE)
def test_what_a_hostile_decoder_says_is_bounded(said):
    """Who takes over a decoder can claim no size that was not sent, and no text that is no reason: it is given up."""
    worker = PictureWorker(Bounds(patience_s=5), ("-c", SAYS.format(said=said)))
    with pytest.raises(Lost) as gone:
        worker.see(JPEG, whole)
    assert gone.value.why == "nonsense"
    assert worker.process.returncode == -signal.SIGKILL
