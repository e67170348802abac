"""Stream processors: cameras, in which the people of one collection are looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.lost_collections import give_another, lost_watchlists
from sightline.gateway.rekognition.operators import require_operator
from sightline.gateway.rekognition.paging import from_token, to_token
from sightline.gateway.rekognition.processor import Processors, not_there
from sightline.gateway.rekognition.seen_processors import seen
from sightline.gateway.rekognition.stream_camera import WATCHED, StreamCameras, said_of, status_word
from sightline.gateway.rekognition.stream_making import create
from sightline.gateway.rekognition.stream_rules import check_served, invalid
from sightline.gateway.rekognition.tags import drop_tags
from sightline.v1.camera_service_pb2 import CAMERA_STATE_STOPPED

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Answer, Call, Operation, Parameters
    from sightline.gateway.rekognition.processor import Processor
    from sightline.v1.camera_service_pb2 import CameraStatus

MOST_LISTED = 1000
_LISTING = "stream processors"


async def describe(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's DescribeStreamProcessor."""
    processor, status = await seen(call, parameters["Name"])
    arn = call.arns.of("streamprocessor", processor.name)
    lost = await _is_lost(call, processor, status)
    return processor.described() | said_of(status, lost=lost) | {"StreamProcessorArn": arn}


async def list_processors(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's ListStreamProcessors: those whose cameras the caller may see."""
    after = from_token(_LISTING, parameters.get("NextToken", ""))
    statuses, every = await StreamCameras(call).statuses(), await Processors(call.shelf).all()
    left = [each for each in every if each.name > after and each.camera_id in statuses]
    shown = left[: min(parameters.get("MaxResults", MOST_LISTED), MOST_LISTED)]
    running = [each for each in shown if statuses[each.camera_id].state in WATCHED]
    lost = await lost_watchlists(call, (each.watchlist_id for each in running))
    listed = [
        {"Name": each.name, "Status": status_word(statuses[each.camera_id], lost=each.watchlist_id in lost)}
        for each in shown
    ]
    more = {"NextToken": to_token(_LISTING, shown[-1].name)} if len(shown) < len(left) else {}
    return {"StreamProcessors": listed, **more}


async def start(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's StartStreamProcessor."""
    check_served(parameters)
    processor, status = await seen(call, parameters["Name"])
    if await lost_watchlists(call, [processor.watchlist_id]):
        await give_another(call, processor)
    elif status.state in WATCHED:
        raise AwsError("ResourceInUseException", f"The stream processor {processor.name} has been started already.")
    await StreamCameras(call).start(processor.camera_id)
    await Processors(call.shelf).touch(processor.name)
    return {}


async def stop(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's StopStreamProcessor."""
    processor, status = await seen(call, parameters["Name"])
    if status.state == CAMERA_STATE_STOPPED:
        raise AwsError("ResourceInUseException", f"The stream processor {processor.name} does not run.")
    await StreamCameras(call).stop(processor.camera_id)
    await Processors(call.shelf).touch(processor.name)
    return {}


async def update(call: Call, parameters: Parameters) -> Answer:
    """See Rekognition's UpdateStreamProcessor, which changes nothing else of a search for faces than data sharing."""
    check_served(parameters)
    processor, _ = await seen(call, parameters["Name"])
    if "DataSharingPreferenceForUpdate" not in parameters:
        raise invalid("there is nothing to update: give DataSharingPreferenceForUpdate.")
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
    if status and status.state in WATCHED and not await _is_lost(call, processor, status):
        raise AwsError("ResourceInUseException", f"The stream processor {processor.name} runs: stop it first.")
    if status and processor.made_camera:
        await cameras.delete(processor.camera_id)
    await processors.remove(processor.name)
    await drop_tags(call, processor.id)
    return {}


async def _is_lost(call: Call, processor: Processor, status: CameraStatus) -> bool:
    """Whether it is to run, and its collection is gone: it has failed, and may be deleted."""
    return status.state in WATCHED and bool(await lost_watchlists(call, [processor.watchlist_id]))


STREAMS: dict[str, Operation] = {
    "CreateStreamProcessor": create,
    "DescribeStreamProcessor": describe,
    "ListStreamProcessors": list_processors,
    "StartStreamProcessor": start,
    "StopStreamProcessor": stop,
    "UpdateStreamProcessor": update,
    "DeleteStreamProcessor": delete,
}
