"""What the decoder process does with frames before the service has them."""

import json

import av
import numpy as np
import pytest
from clips import write_clip

from sightline.ingest.frames import open_frames
from sightline.ingest.sampling import Sampler
from sightline.ingest.video_facts import VideoFacts
from sightline.ingest.viewing import Viewing

RANDOM = np.random.default_rng(5)
SCENE = np.kron(RANDOM.integers(0, 256, (15, 20, 3)), np.ones((16, 16, 1))).astype(np.uint8)
MASK = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))


def _crossing(number):
    """The scene with something bright that walks through it."""
    picture = SCENE.copy()
    picture[100:140, 4 * number : 4 * number + 40] = 255
    return picture


async def _frames(source, viewing):
    async with open_frames(source, viewing) as stream:
        return [frame async for frame in stream], stream.progress


@pytest.fixture
def clip(tmp_path, file_source):
    """Writes pictures, ten a second, and admits the file."""

    async def make(pictures, name="clip.mp4", **how):
        return await file_source(write_clip(tmp_path / name, pictures, **how))

    return make


async def test_masks_are_burnt_in_before_the_service_has_a_frame(clip):
    """What lies behind a mask is black in every frame, and all around it as it was."""
    source = await clip([_crossing(number) for number in range(10)])
    bare, _ = await _frames(source, Viewing(10.0))
    masked, _ = await _frames(source, Viewing(10.0, masks=(MASK,)))
    assert len(bare) == len(masked) == 10
    for before, after in zip(bare, masked, strict=True):
        assert before.picture[60:180, 80:240].mean() > 50
        assert not after.picture[60:180, 80:240].any()
        assert np.array_equal(before.picture[:59], after.picture[:59])
        assert np.array_equal(before.picture[:, 242:], after.picture[:, 242:])


async def test_frames_without_motion_are_passed_over(clip):
    """Of six still seconds a frame every two comes; the others are counted, and the tracker's clock leaves them out."""
    frames, progress = await _frames(await clip([SCENE] * 60), Viewing(5.0, motion_gate=True))
    assert [frame.media_time_s for frame in frames] == pytest.approx([0.0, 2.0, 4.0])
    assert [frame.moving_s for frame in frames] == pytest.approx([0.0, 0.2, 0.4])
    assert (progress.frames_read, progress.frames_still) == (60, 27)


async def test_frames_with_motion_all_come(clip):
    """Of somebody who walks through the picture nothing is passed over."""
    source = await clip([_crossing(number) for number in range(60)])
    frames, progress = await _frames(source, Viewing(5.0, motion_gate=True))
    assert (len(frames), progress.frames_still) == (30, 0)


async def test_motion_behind_a_mask_is_none(clip):
    """A street behind a mask wakes nobody."""
    pictures = [_crossing(number) for number in range(40)]
    band = ((0.0, 0.35), (1.0, 0.35), (1.0, 0.65), (0.0, 0.65))
    frames, _ = await _frames(await clip(pictures), Viewing(5.0, masks=(band,), motion_gate=True))
    assert len(frames) == 2


async def test_key_frames_alone_are_decoded(clip):
    """A camera that sends one every second gives a frame a second, whatever the sample rate."""
    source = await clip([_crossing(number) for number in range(50)], g="10", sc_threshold="0")
    frames, progress = await _frames(source, Viewing(10.0, keyframes_only=True))
    assert [round(frame.media_time_s, 2) for frame in frames] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert progress.frames_read == 50


async def test_pictures_that_nobody_takes_change_nothing(clip, tmp_path):
    """Of a video with pictures out of order some are not decoded; what is sampled is as if all had been."""
    pictures = [_crossing(number) for number in range(60)]
    source = await clip(pictures, rate=25, bf="3", g="50")
    frames, progress = await _frames(source, Viewing(5.0))
    sampler = Sampler(5.0)
    with av.open(str(tmp_path / "clip.mp4")) as video:
        every = [(sampler.take(frame.time), frame.to_ndarray(format="rgb24")) for frame in video.decode(video=0)]
    expected = [(time, whole) for time, whole in every if time is not None]
    assert progress.frames_read == 60
    assert [frame.media_time_s for frame in frames] == [time for time, _ in expected]
    assert all(np.array_equal(frame.picture, whole) for frame, (_, whole) in zip(frames, expected, strict=True))


async def test_a_video_says_what_it_is(clip):
    """As its container and codec have it; of the rate nothing where only FFmpeg would guess."""
    told, full = [], {"x264-params": "fullrange=on"}
    for name, codec, options in (
        ("a.mp4", "libx264", {}),
        ("b.mp4", "libx264", full),
        ("a.avi", "mjpeg", {}),
        ("a.h264", "libx264", {}),
    ):
        async with open_frames(await clip([SCENE] * 5, name=name, codec=codec, **options), Viewing(1.0)) as stream:
            assert stream.facts == VideoFacts()
            assert [frame.index async for frame in stream] == [0]
            told.append(stream.facts)
    assert told == [
        VideoFacts("h264", "QuickTime / MOV", 10.0, "limited"),
        VideoFacts("h264", "QuickTime / MOV", 10.0, "full"),
        VideoFacts("mjpeg", "AVI (Audio Video Interleaved)", 10.0, "full"),
        VideoFacts("h264", "raw H.264 video", 0.0, "limited"),
    ]


@pytest.mark.parametrize(
    "said",
    [
        {"codec": "h264" * 40},
        {"format": "\u2026"},
        {"format": "a\nb"},
        {"codec": 7},
        {"fps": "10"},
        {"fps": -1.0},
        {"fps": float("nan")},
        {"color_range": "wide"},
        {"title": "x"},
        [],
    ],
)
def test_what_no_decoder_says_of_a_video_is_refused(said):
    """One that somebody has taken over has no other words than ours."""
    with pytest.raises((ValueError, TypeError)):
        VideoFacts.from_body(json.dumps(said).encode())


async def test_a_running_decoder_takes_another_rate(clip):
    """Told to sample less often, it does so from there on, and more often again."""
    source = await clip([np.full((480, 640, 3), number, np.uint8) for number in range(250)])
    times = []
    async with open_frames(source, Viewing(10.0)) as stream:
        async for frame in stream:
            times.append(frame.media_time_s)
            if len(times) == 3:
                stream.set_fps(1.0)
            elif frame.media_time_s > 12:
                stream.set_fps(5.0)
    steps = np.diff(times)
    assert steps[0] == pytest.approx(0.1)
    assert steps.max() == pytest.approx(1.0)
    assert steps[-1] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("libx264", "a.mp4"),
        ("libx265", "a.mkv"),
        ("mjpeg", "a.avi"),
        ("libvpx-vp9", "a.webm"),
        ("libsvtav1", "a.mp4"),
        ("mpeg4", "a.ts"),
    ],
    ids=["h264", "h265", "mjpeg", "vp9", "av1", "mpeg4"],
)
async def test_what_cameras_and_people_send_is_read(clip, codec, name):
    """H.264, H.265, MJPEG, VP9, AV1 and MPEG-4 give all their frames, in the colours that they had."""
    source = await clip([SCENE] * 10, name=name, codec=codec)
    frames, progress = await _frames(source, Viewing(10.0, motion_gate=True))
    assert progress.frames_read == 10
    assert np.abs(frames[0].picture.astype(int) - SCENE).mean() < 12
