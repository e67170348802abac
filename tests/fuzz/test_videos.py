"""Files that are no videos any more, against the decoder process."""

import asyncio
from collections import Counter

import pytest
from mutations import spoilt
from rich.console import Console

from sightline.chassis.errors import InvalidInput, Unavailable
from sightline.ingest.frames import open_frames
from sightline.ingest.source import SourceRules, admit
from sightline.ingest.viewing import Viewing

CLIPS = ("corridor_walk.mp4", "mjpeg.avi", "asl_hungry.mkv", "classroom.mp4")
MOST_BYTES = 120_000
REASONS = {"VIDEO_UNREADABLE", "DECODER_DIED", "DECODER_MEMORY"}


async def ending(path):
    """How the reading of a file ends: `frames`, or a reason."""
    source = await admit(path.as_uri(), SourceRules(video_roots=(path.parent,)))
    async with open_frames(source, Viewing(fps=5)) as frames:
        try:
            async for _ in frames:
                pass
        except (InvalidInput, Unavailable) as error:
            return error.reason
    return "frames"


@pytest.mark.timeout(3600)
def test_spoilt_videos_have_frames_or_a_reason(fuzz, shared_media, tmp_path):
    """Whatever a container says of itself: frames, a reason, or both."""
    clips = [(shared_media / "video" / name).read_bytes()[:MOST_BYTES] for name in CLIPS]
    endings: Counter[str] = Counter()

    def check(data):
        path = tmp_path / "spoilt.mp4"
        path.write_bytes(data)
        came = asyncio.run(ending(path))
        endings[came] += 1
        assert came in REASONS | {"frames"}

    assert fuzz(check, spoilt(clips, MOST_BYTES), bite=5)
    Console().print(dict(endings))
