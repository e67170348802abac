"""Going on in the middle of a stored video: the frames are those of a reading from its beginning."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from clips import write_clip

from sightline.ingest.frames import open_frames
from sightline.ingest.viewing import Viewing

RANDOM = np.random.default_rng(5)
SCENE = np.kron(RANDOM.integers(0, 256, (15, 20, 3)), np.ones((16, 16, 1))).astype(np.uint8)
SECONDS, RATE, FPS = 12, 25, 5.0


def pictures():
    """The scene with something bright that walks through it."""
    for number in range(SECONDS * RATE):
        picture = SCENE.copy()
        picture[100:140, number % 280 : number % 280 + 40] = 255
        yield picture


async def read(source, viewing):
    """Frames, and how many were read by the decoder."""
    async with open_frames(source, viewing) as stream:
        return [frame async for frame in stream], stream.frames_read


async def check(source, *, decodes_less, places=(1, 17, 30, 42, 59)):
    """Go on at each of these frames: what comes is what comes in a reading from the beginning, to the last bit."""
    whole, read_whole = await read(source, Viewing(FPS))
    for place in places:
        at = whole[place]
        viewing = Viewing(FPS, first=place, first_s=at.media_time_s, origin_s=at.origin_s)
        rest, read_rest = await read(source, viewing)
        expected = [(frame.index, frame.media_time_s, frame.origin_s) for frame in whole[place:]]
        assert [(frame.index, frame.media_time_s, frame.origin_s) for frame in rest] == expected
        assert all(np.array_equal(a.picture, b.picture) for a, b in zip(rest, whole[place:], strict=True))
        if decodes_less and at.media_time_s > 4:
            assert read_rest < read_whole * 0.75, "it was decoded from the beginning"
        if not decodes_less:
            assert read_rest == read_whole
    return whole


# Key frames every two seconds, pictures out of order, groups that refer to the one before, other codes.
INDEXED = [
    ("a.mp4", "libx264", {"g": "50", "bf": "0"}),
    ("b.mp4", "libx264", {"g": "50", "bf": "3"}),
    ("c.mp4", "libx264", {"g": "50", "bf": "3", "x264-params": "open-gop=1:b-pyramid=normal"}),
    ("d.mkv", "libx264", {"g": "50", "bf": "3"}),
    ("e.mkv", "libx265", {"g": "50", "x265-params": "log-level=none:open-gop=1:keyint=50"}),
    ("f.webm", "libvpx-vp9", {"g": "50", "deadline": "realtime", "cpu-used": "8"}),
    ("g.mp4", "mpeg4", {"g": "50", "bf": "2"}),
]


@pytest.mark.parametrize(("name", "codec", "options"), INDEXED, ids=[name for name, *_ in INDEXED])
async def test_frames_after_a_seek_are_those_without_one(tmp_path, file_source, name, codec, options):
    """The same places, times and pixels, and fewer pictures are decoded for them."""
    source = await file_source(write_clip(tmp_path / name, pictures(), RATE, codec, **options))
    whole = await check(source, decodes_less=True)
    assert len(whole) == SECONDS * FPS


# An index that is not there, times that are counted, a picture that is renewed bit by bit and has no key frames.
OTHERS = [
    ("a.ts", "libx264", {"g": "50", "bf": "3"}),
    ("b.avi", "mpeg4", {"g": "50", "bf": "2"}),
    ("c.h264", "libx264", {"g": "50", "bf": "3"}),
    ("d.mp4", "libx264", {"g": "50", "x264-params": "intra-refresh=1"}),
]


@pytest.mark.parametrize(("name", "codec", "options"), OTHERS, ids=[name for name, *_ in OTHERS])
async def test_what_cannot_be_sought_is_decoded_from_the_beginning(tmp_path, file_source, name, codec, options):
    """And the same frames come."""
    source = await file_source(write_clip(tmp_path / name, pictures(), RATE, codec, **options))
    whole = await check(source, decodes_less=False, places=(30,))
    assert len(whole) == SECONDS * FPS


async def test_a_clock_that_does_not_begin_at_zero_is_kept(tmp_path, file_source):
    """Media time counts from the first frame, on whatever the container's clock says."""
    path = tmp_path / "late.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"g": "50"})
        stream.width, stream.height, stream.time_base = 320, 240, Fraction(1, 1000)
        for number, picture in enumerate(pictures()):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            # Uneven, as a telephone records.
            frame.pts, frame.time_base = 7300 + number * 40 + number % 3 * 5, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    whole = await check(await file_source(path), decodes_less=True)
    assert whole[0].origin_s > 7


async def test_a_place_that_is_not_there_is_looked_for_from_the_beginning(tmp_path, file_source):
    """Where the file is another one, or its clock, the frames are counted as before."""
    source = await file_source(write_clip(tmp_path / "a.mp4", pictures(), RATE, g="50"))
    whole, read_whole = await read(source, Viewing(FPS))
    for first_s, origin_s in ((whole[30].media_time_s + 0.013, 0.0), (whole[30].media_time_s, 0.5), (900.0, 0.0)):
        rest, read_rest = await read(source, Viewing(FPS, first=30, first_s=first_s, origin_s=origin_s))
        assert [frame.media_time_s for frame in rest] == [frame.media_time_s for frame in whole[30:]]
        assert read_rest == read_whole
