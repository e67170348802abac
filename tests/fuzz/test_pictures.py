"""Files that are no pictures any more, against the decoders."""

import resource
from collections import Counter

import pytest
from hypothesis import strategies as st
from mutations import spoilt
from prometheus_client import CollectorRegistry
from rich.console import Console

from sightline.chassis.errors import InvalidInput, Unavailable
from sightline.chassis.picture_decoders import PictureDecoders

REASONS = {
    "IMAGE_EMPTY",
    "IMAGE_FORMAT",
    "IMAGE_TOO_LARGE",
    "IMAGE_UNREADABLE",
    "DECODER_MEMORY",
    "DECODER_TIME",
    "DECODER_DIED",
}
MOST_BYTES = 120_000
GIGABYTES = 1.35
"""What a decoder may come to hold: its limit of addresses."""


@pytest.mark.timeout(3600)
def test_spoilt_pictures_have_pixels_or_a_reason(fuzz, shared_media):
    """Whatever a file says of itself: the service has pixels of the size that it knows, or a reason, and goes on."""
    paths = [*(shared_media / "broken").iterdir(), *(shared_media / "formats").iterdir()]
    originals = [data for path in sorted(paths) if 0 < len(data := path.read_bytes()) < MOST_BYTES]
    endings: Counter[str] = Counter()
    with PictureDecoders(CollectorRegistry(), 1) as decoders:

        def check(data, scale):
            try:
                seen = decoders.see(data, lambda _: scale)
            except (InvalidInput, Unavailable) as error:
                endings[error.reason] += 1
            else:
                assert seen.pixels.shape[2] == 3
                assert seen.pixels.size <= 3 * seen.width * seen.height <= 150_000_000
                endings["pixels"] += 1

        assert fuzz(check, spoilt(originals), st.sampled_from((1.0, 0.5, 0.1)))
        Console().print(dict(endings))
        assert endings.pop("pixels")
        assert set(endings) <= REASONS
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6 < GIGABYTES
