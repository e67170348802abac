"""Memory of detect and embed over many mixed requests: `python tests/bench/soak_requests.py PACK_DIR [REQUESTS]`.

Real processes, sixteen requests in flight, 10,000 by default: pictures of 60 to 1,600 px a side, one in a hundred of 12
megapixels, by turns as pixels, JPEG and PNG, and one in twenty that cannot be read; the faces found are embedded.
Prints the resident memory of both every twentieth part, and ends with 1 where the median of the last quarter is more
than a tenth above the peak of the first two fifths: a single part may end while a large picture is at work.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import cv2
import numpy as np
from inference_clients import raw_image
from inference_services import Services, in_flight, running

from sightline.v1 import detect_service_pb2, embed_service_pb2
from sightline.v1.face_pb2 import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS = 20
_PAGE = 4096
_SECONDS = 120
_LARGE = (4000, 3000)


def resident(pid: int) -> float:
    """Resident memory of a process, in megabytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1e6


def image_of(picture: NDArray[np.uint8], number: int, rng: np.random.Generator) -> Image:
    """The picture in a size and form that depend on the number."""
    if number % 20 == 7:
        return Image(encoded=b"\xff\xd8\xff\xe0 no picture")
    size = _LARGE if number % 100 == 0 else tuple(map(int, np.exp(rng.uniform(np.log(60), np.log(1600), 2))))
    resized = np.asarray(cv2.resize(picture, size), np.uint8)
    form = ("raw", ".jpg", ".png")[number % 3]
    if form == "raw" and resized.nbytes < 31_000_000:
        return raw_image(resized)
    return Image(encoded=cv2.imencode(form if form != "raw" else ".jpg", resized[..., ::-1])[1].tobytes())


async def ask(services: Services, picture: NDArray[np.uint8], number: int) -> None:
    """One picture through both services."""
    image = image_of(picture, number, np.random.default_rng(number))
    request = detect_service_pb2.DetectFacesRequest(images=[image])
    result = (await services.detect.DetectFaces(request, timeout=_SECONDS)).results[0]
    if crops := [embed_service_pb2.FaceCrop(image=image, landmarks=face.landmarks) for face in result.faces]:
        await services.embed.EmbedFaces(embed_service_pb2.EmbedFacesRequest(crops=crops), timeout=_SECONDS)


async def soak(pack: Path, requests: int) -> list[tuple[float, ...]]:
    """The resident memory of detect and embed after each part."""
    from skimage import data  # noqa: PLC0415 - slow to import

    picture = np.asarray(data.astronaut(), np.uint8)
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder), pack) as services:
            for part in range(PARTS):
                numbers = range(part * requests // PARTS, (part + 1) * requests // PARTS)
                await in_flight([partial(ask, services, picture, number) for number in numbers])
                measured.append(tuple(resident(pid) for pid in services.both_processes))
                sys.stdout.write(
                    f"{numbers.stop} requests: detect {measured[-1][0]:.0f}, embed {measured[-1][1]:.0f} MB\n"
                )
                sys.stdout.flush()
    return measured


def main(pack: Path, requests: int = 10_000) -> None:
    """Runs, prints, and ends."""
    measured = asyncio.run(soak(pack, requests))
    early = [max(column) for column in zip(*measured[: PARTS * 2 // 5], strict=True)]
    late = [median(column) for column in zip(*measured[-PARTS // 4 :], strict=True)]
    raise SystemExit(any(last > first * 1.1 for last, first in zip(late, early, strict=True)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
