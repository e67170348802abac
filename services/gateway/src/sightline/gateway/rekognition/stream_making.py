"""Makes stream processors: a record of each, its camera and its tags, or nothing of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sightline.chassis.errors import Conflict, PermissionDenied, SightlineError
from sightline.chassis.ids import new_id, requested_id
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.known_collections import watchlist
from sightline.gateway.rekognition.operators import require_operator, subject_of
from sightline.gateway.rekognition.processor import Kept, Processor, Processors, name_taken
from sightline.gateway.rekognition.request_tokens import is_refusal
from sightline.gateway.rekognition.stream_camera import StreamCameras
from sightline.gateway.rekognition.stream_input import read_input
from sightline.gateway.rekognition.stream_rules import arns_of, check_served, invalid, search_of
from sightline.gateway.rekognition.tags import drop_tags, put_tags

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Answer, Call, Parameters
    from sightline.v1.camera_service_pb2 import Camera

LEAST_THRESHOLD = 80.0
"""Rekognition sets lower ones to this."""


@dataclass(frozen=True)
class _Watched:
    """The camera of a new processor: one that is there, or one that is made out of a URL, with that request id."""

    id: str
    there: Camera | None = None
    url: str = ""
    request_id: str = ""


async def create(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's CreateStreamProcessor.

    The record comes first, unfinished, with the id that the camera has or will have. Whatever dies before it is
    finished, its maker may begin anew: what there is of it goes then.
    """
    check_served(parameters)
    search, arns, name = search_of(parameters), arns_of(parameters), parameters["Name"]
    await _make_room(call, name)
    watchlist_id = (await watchlist(call, search["CollectionId"])).id
    watched = await _watched(call, arns[0], watchlist_id)
    processor = _processor(call, parameters, watched, watchlist_id)
    kept = await Processors(call.shelf).add(processor)
    try:
        await _finish(call, kept, watched, parameters.get("Tags", {}))
    except (AwsError, SightlineError) as error:
        if is_refusal(error):
            await _undo(call, kept)
        raise
    return {"StreamProcessorArn": call.arns.of("streamprocessor", name)}


async def _make_room(call: Call, name: str) -> None:
    """Takes back what the caller has begun and not finished. Raises AwsError ResourceInUseException."""
    known = await Processors(call.shelf).find(name)
    if known is None:
        return
    if known.processor.finished or known.processor.maker != call.signer.access_key_id:
        raise name_taken()
    await _undo(call, known)


async def _finish(call: Call, kept: Kept, watched: _Watched, tags: dict[str, str]) -> None:
    processor, cameras = kept.processor, StreamCameras(call)
    if watched.there is not None:
        await cameras.match_also(watched.there, processor.watchlist_id)
    else:
        await cameras.make(processor.name, watched.url, processor.watchlist_id, watched.request_id)
    await drop_tags(call, processor.id)  # of one that had its name, and died before they went
    if tags:
        await put_tags(call, processor.id, tags)
    await Processors(call.shelf).finish(kept)


async def _undo(call: Call, kept: Kept) -> None:
    """Leaves nothing of an unfinished one; of one that somebody else has begun anew since, only the camera goes."""
    processor = kept.processor
    if processor.made_camera:
        with suppress(PermissionDenied):  # who may delete none has made none
            await StreamCameras(call).delete(processor.camera_id)
    with suppress(Conflict):
        await Processors(call.shelf).remove(processor.name, kept.revision)
        await drop_tags(call, processor.id)


async def _watched(call: Call, arn: str, watchlist_id: str) -> _Watched:
    """The camera that the ARN means. Raises AwsError."""
    source = read_input(arn)
    if not source.camera_id:
        request_id = new_id()
        made_id = requested_id("camera", await subject_of(call), request_id)
        return _Watched(made_id, url=source.url, request_id=request_id)
    camera = await StreamCameras(call).find(source.camera_id)
    if camera is None:
        raise invalid(f"there is no camera {source.camera_id}: `sightline cameras list` shows them.")
    await require_operator(call, camera.id, watchlist_id)
    if any(each.camera_id == camera.id for each in await Processors(call.shelf).all()):
        raise AwsError("ResourceInUseException", "The input's stream has a stream processor: one has one.")
    return _Watched(camera.id, there=camera)


def _processor(call: Call, parameters: Parameters, watched: _Watched, watchlist_id: str) -> Processor:
    search, (input_arn, output_arn) = search_of(parameters), arns_of(parameters)
    moment = datetime.now(UTC).timestamp()
    return Processor(
        name=parameters["Name"],
        camera_id=watched.id,
        made_camera=watched.there is None,
        input_arn=input_arn,
        output_arn=output_arn,
        collection_id=search["CollectionId"],
        watchlist_id=watchlist_id,
        threshold=max(search.get("FaceMatchThreshold", LEAST_THRESHOLD), LEAST_THRESHOLD),
        role_arn=parameters["RoleArn"],
        kms_key_id=parameters.get("KmsKeyId", ""),
        opt_in=(parameters.get("DataSharingPreference") or {}).get("OptIn"),
        maker=call.signer.access_key_id,
        create_time=moment,
        update_time=moment,
        finished=False,
    )
