"""What clients ask of the services: pictures over gRPC, faces from NATS to NATS, and both stages in a row."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from inference_clock import Contender
from inference_services import IN_FLIGHT, Services, in_flight

from sightline.chassis import topology
from sightline.chassis.ids import new_id
from sightline.chassis.topology import Lane
from sightline.ingest.shots import cut_crop
from sightline.v1 import detect_service_pb2, embed_service_pb2, events_pb2, face_pb2

if TYPE_CHECKING:
    from nats.aio.msg import Msg
    from numpy.typing import NDArray

POINTS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
FACES = 256
PASSES = 4
"""Over the pictures: the first and the last calls of a run are not sixteen at a time."""
_SECONDS = 120


def raw_image(picture: NDArray[np.uint8]) -> face_pb2.Image:
    """Pixels as requests carry them."""
    height, width = picture.shape[:2]
    return face_pb2.Image(raw=face_pb2.RawImage(width=width, height=height, rgb=picture.tobytes()))


LOOKS = {
    "640": face_pb2.DETECTION_PROFILE_SINGLE,
    "128 and 640": face_pb2.DETECTION_PROFILE_UNSPECIFIED,
}
"""How detect looks at a picture: once, as the bare network does, and as it does when nothing is asked."""


def detecting(services: Services, what: str, looks: str, images: list[face_pb2.Image]) -> Contender:
    """DetectFaces, one picture a call."""
    profile = LOOKS[looks]
    requests = [detect_service_pb2.DetectFacesRequest(images=[image], profile=profile) for image in images] * PASSES

    async def call(request: detect_service_pb2.DetectFacesRequest) -> None:
        response = await services.detect.DetectFaces(request, timeout=_SECONDS)
        _check(response.results)

    async def run() -> int:
        await in_flight([partial(call, request) for request in requests])
        return len(requests)

    work = f"{IN_FLIGHT} in flight; looks at {looks}, decodes what is no pixels yet, measures each face"
    return Contender(f"detect {what}, {looks}", work, run, services.detect_processes)


async def shots_of(services: Services, pictures: list[NDArray[np.uint8]]) -> list[events_pb2.FaceShot]:
    """The faces of the pictures as ingest cuts them, repeated until there are enough."""
    shots = [shot for picture in pictures for shot in await _shots(services, picture)]
    return (shots * (FACES // len(shots) + 1))[:FACES]


async def embedding_stream(services: Services, shots: list[events_pb2.FaceShot]) -> Contender:
    """Face events into the broker, and the wait for as many embedding events out of it."""
    arrived = asyncio.Semaphore(0)

    async def arrive(message: Msg) -> None:
        arrived.release()

    await services.bus.client.subscribe("sightline.embeddings.job.*", cb=arrive)

    async def run() -> int:
        source = new_id()
        for shot in shots:
            # The same shot again would be dropped as a duplicate.
            shot.shot_id = new_id()
            event = events_pb2.FaceEvent(source=source, epoch=1, track_id=source, shot=shot)
            await services.bus.client.publish(topology.faces(Lane.JOB, source), event.SerializeToString())
        async with asyncio.timeout(_SECONDS):
            for _ in shots:
                await arrived.acquire()
        await services.bus.js.purge_stream(topology.MATCH_JOB.stream)
        return len(shots)

    does = "JPEG crops in face events to vectors in embedding events, both in JetStream; decodes, aligns, embeds"
    return Contender("embed NATS to NATS", does, run, services.stream_processes)


def both_stages(services: Services, pictures: list[NDArray[np.uint8]]) -> Contender:
    """DetectFaces, then EmbedFaces with the faces' squares, both raw."""

    async def call(picture: NDArray[np.uint8], image: face_pb2.Image) -> None:
        request = detect_service_pb2.DetectFacesRequest(images=[image])
        found = await services.detect.DetectFaces(request, timeout=_SECONDS)
        _check(found.results)
        crops = [_raw_crop(picture, face) for face in found.results[0].faces]
        if crops:
            request = embed_service_pb2.EmbedFacesRequest(crops=crops)
            embedded = await services.embed.EmbedFaces(request, timeout=_SECONDS)
            _check(embedded.results)

    calls = [partial(call, picture, raw_image(picture)) for picture in pictures] * PASSES

    async def run() -> int:
        await in_flight(calls)
        return len(calls)

    does = (
        f"the same decoded pictures, {IN_FLIGHT} in flight: DetectFaces (128 and 640), then EmbedFaces with raw crops"
    )
    return Contender("detect + embed", does, run, services.both_processes)


def _check(results: object) -> None:
    for result in results:  # type: ignore[attr-defined]  # either service's
        if result.HasField("error"):
            raise RuntimeError(result.error.message)


async def _shots(services: Services, picture: NDArray[np.uint8]) -> list[events_pb2.FaceShot]:
    request = detect_service_pb2.DetectFacesRequest(images=[raw_image(picture)])
    found = await services.detect.DetectFaces(request, timeout=_SECONDS)
    crops = [cut_crop(picture, _in_pixels(picture, face)) for face in found.results[0].faces]
    return [events_pb2.FaceShot(crop=crop.jpeg, landmarks=_landmarks(crop.landmarks)) for crop in crops]


@dataclass(frozen=True)
class _Place:
    """Of a face in a picture, as `cut_crop` reads it: pixels."""

    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]


def _in_pixels(picture: NDArray[np.uint8], face: face_pb2.Face) -> _Place:
    size = np.array(picture.shape[1::-1], np.float32)
    box = face.bounding_box
    corners = [(box.left, box.top), (box.left + box.width, box.top + box.height)]
    points = [(point.x, point.y) for point in (getattr(face.landmarks, name) for name in POINTS)]
    return _Place((corners * size).ravel(), points * size)


def _raw_crop(picture: NDArray[np.uint8], face: face_pb2.Face) -> embed_service_pb2.FaceCrop:
    """The square of 1.6 x the box, as far as the picture reaches."""
    place = _in_pixels(picture, face)
    middle, half = (place.box[:2] + place.box[2:]) / 2, 0.8 * np.ptp(place.box.reshape(2, 2), axis=0).max()
    left, top = np.maximum(middle - half, 0).astype(int)
    right, bottom = np.minimum(middle + half, picture.shape[1::-1]).astype(int)
    cut = picture[top:bottom, left:right]
    ratios = (place.landmarks - [left, top]) / cut.shape[1::-1]
    return embed_service_pb2.FaceCrop(image=raw_image(cut), landmarks=_landmarks(ratios))


def _landmarks(ratios: NDArray[np.float32]) -> face_pb2.Landmarks:
    points = {name: face_pb2.Point(x=x, y=y) for name, (x, y) in zip(POINTS, ratios.tolist(), strict=True)}
    return face_pb2.Landmarks(**points)
