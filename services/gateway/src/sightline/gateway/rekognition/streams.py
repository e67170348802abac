"""Stream processors: cameras, in which the people of one collection are looked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.known_collections import watchlist
from sightline.gateway.rekognition.operators import require_operator
from sightline.gateway.rekognition.paging import from_token, to_token
from sightline.gateway.rekognition.processor import Processor, Processors, name_taken, not_there
from sightline.gateway.rekognition.seen_processors import seen
from sightline.gateway.rekognition.stream_camera import WATCHED, StreamCameras, said_of, status_word
from sightline.gateway.rekognition.stream_input import read_input
from sightline.gateway.rekognition.tags import drop_tags, put_tags

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Answer, Call, Operation, Parameters

LEAST_THRESHOLD = 80.0
"""Rekognition sets lower ones to this."""
MOST_LISTED = 1000
_LISTING = "stream processors"
_UNSERVED = {
    "NotificationChannel": "it tells of labels, and there is no SNS",
    "RegionsOfInterest": "they are for labels; faces are looked for in the regions of the camera",
    "RegionsOfInterestForUpdate": "they are for labels; faces are looked for in the regions of the camera",
    "SettingsForUpdate": "Rekognition changes settings for labels alone: make another stream processor",
    "ParametersToDelete": "they are for labels",
    "StartSelector": "it is for labels, and there is no Kinesis: a camera is watched from now on",
    "StopSelector": "it is for labels: a camera is watched until StopStreamProcessor",
}


async def create(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's CreateStreamProcessor."""
    _check_served(parameters)
    search, name = _search_of(parameters), parameters["Name"]
    output_arn = (parameters["Output"].get("KinesisDataStream") or {}).get("Arn")
    input_arn = (parameters["Input"].get("KinesisVideoStream") or {}).get("Arn")
    if not (output_arn and input_arn):
        raise _invalid("face search takes Input.KinesisVideoStream.Arn and Output.KinesisDataStream.Arn.")
    processors, cameras = Processors(call.shelf), StreamCameras(call)
    if await processors.find(name):
        raise name_taken()
    watchlist_id, moment = (await watchlist(call, search["CollectionId"])).id, datetime.now(UTC).timestamp()
    camera_id, made = await _camera(call, processors, name, input_arn, watchlist_id)
    processor = Processor(
        name=name,
        camera_id=camera_id,
        made_camera=made,
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
    )
    try:
        await processors.add(processor)
    except BaseException:
        if made:
            await cameras.delete(camera_id)
        raise
    if tags := parameters.get("Tags"):
        await put_tags(call, processor.id, tags)
    return {"StreamProcessorArn": call.arns.of("streamprocessor", name)}


async def describe(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's DescribeStreamProcessor."""
    processor, status = await seen(call, parameters["Name"])
    arn = call.arns.of("streamprocessor", processor.name)
    return processor.described() | said_of(status) | {"StreamProcessorArn": arn}


async def list_processors(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's ListStreamProcessors: those whose cameras the caller may see."""
    after = from_token(_LISTING, parameters.get("NextToken", ""))
    statuses, every = await StreamCameras(call).statuses(), await Processors(call.shelf).all()
    left = [each for each in every if each.name > after and each.camera_id in statuses]
    shown = left[: min(parameters.get("MaxResults", MOST_LISTED), MOST_LISTED)]
    listed = [{"Name": each.name, "Status": status_word(statuses[each.camera_id])} for each in shown]
    more = {"NextToken": to_token(_LISTING, shown[-1].name)} if len(shown) < len(left) else {}
    return {"StreamProcessors": listed, **more}


async def start(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's StartStreamProcessor."""
    _check_served(parameters)
    processor, status = await seen(call, parameters["Name"])
    if status.state in WATCHED:
        raise AwsError("ResourceInUseException", f"The stream processor {processor.name} has been started already.")
    await StreamCameras(call).start(processor.camera_id)
    return {}


async def stop(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's StopStreamProcessor; one that does not run stays as it is."""
    processor, _ = await seen(call, parameters["Name"])
    await StreamCameras(call).stop(processor.camera_id)
    return {}


async def update(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's UpdateStreamProcessor, which changes nothing else of a search for faces than data sharing."""
    _check_served(parameters)
    processor, _ = await seen(call, parameters["Name"])
    if "DataSharingPreferenceForUpdate" not in parameters:
        raise _invalid("there is nothing to update: give DataSharingPreferenceForUpdate.")
    await require_operator(call, processor.camera_id, processor.watchlist_id)
    opt_in = parameters["DataSharingPreferenceForUpdate"]["OptIn"]
    await Processors(call.shelf).change(processor.name, opt_in=opt_in)
    return {}


async def delete(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's DeleteStreamProcessor. A camera that was made for it goes with it."""
    processors, cameras = Processors(call.shelf), StreamCameras(call)
    processor = await processors.get(parameters["Name"])
    status = await cameras.status(processor.camera_id)
    if status is None and processor.maker != call.signer.access_key_id:
        raise not_there(processor.name)
    if status:
        await require_operator(call, processor.camera_id, processor.watchlist_id)
    if status and status.state in WATCHED:
        raise AwsError("ResourceInUseException", f"The stream processor {processor.name} runs: stop it first.")
    if status and processor.made_camera:
        await cameras.delete(processor.camera_id)
    await processors.remove(processor.name)
    await drop_tags(call, processor.id)
    return {}


async def _camera(call: Call, processors: Processors, name: str, arn: str, watchlist_id: str) -> tuple[str, bool]:
    """The id of the camera that the ARN means, and whether it was made just now."""
    source, cameras = read_input(arn), StreamCameras(call)
    if not source.camera_id:
        return await cameras.make(name, source.url, watchlist_id), True
    camera = await cameras.find(source.camera_id)
    if camera is None:
        raise _invalid(f"there is no camera {source.camera_id}: `sightline cameras list` shows them.")
    await require_operator(call, camera.id, watchlist_id)
    if any(each.camera_id == camera.id for each in await processors.all()):
        raise AwsError("ResourceInUseException", "The input's stream has a stream processor: one has one.")
    await cameras.match_also(camera, watchlist_id)
    return camera.id, False


def _search_of(parameters: Parameters) -> Parameters:
    """Settings.FaceSearch. Raises AwsError InvalidParameterException."""
    settings = parameters["Settings"]
    if "ConnectedHome" in settings or "S3Destination" in parameters["Output"]:
        raise _invalid("ConnectedHome and S3Destination are for labels, which are not served: give FaceSearch.")
    search: Parameters = settings.get("FaceSearch") or {}
    if not search.get("CollectionId"):
        raise _invalid("Settings.FaceSearch.CollectionId is missing.")
    return search


def _check_served(parameters: Parameters) -> None:
    for name in parameters:
        if name in _UNSERVED:
            raise _invalid(f"{name} is not served: {_UNSERVED[name]}.")


def _invalid(why: str) -> AwsError:
    return AwsError("InvalidParameterException", f"Request has invalid parameters: {why}")


STREAMS: dict[str, Operation] = {
    "CreateStreamProcessor": create,
    "DescribeStreamProcessor": describe,
    "ListStreamProcessors": list_processors,
    "StartStreamProcessor": start,
    "StopStreamProcessor": stop,
    "UpdateStreamProcessor": update,
    "DeleteStreamProcessor": delete,
}
