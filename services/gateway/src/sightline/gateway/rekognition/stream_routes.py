"""`/v1/stream-processors/NAME/records`: what a stream processor has found, for whoever waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from starlette.responses import JSONResponse
from starlette.routing import Route

from sightline.chassis.errors import InvalidInput, NotFound, SightlineError
from sightline.gateway.caller import calling_as
from sightline.gateway.rekognition.call import Signer
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.seen_processors import seen
from sightline.gateway.rekognition.stream_reading import LONGEST_WAIT, SERVICE, read_records
from sightline.gateway.rest.by_method import ByMethod
from sightline.gateway.rest.problem import problem_response
from sightline.gateway.rest.reading import bearer_of
from sightline.gateway.whole_number import whole_number

if TYPE_CHECKING:
    import asyncio

    from starlette.requests import Request
    from starlette.responses import Response

    from sightline.gateway.rekognition.endpoint import Desk


def stream_routes(desk: Desk, stop: asyncio.Event) -> list[Route]:
    """The route below `/v1`, with what operations work with; nobody waits any longer once `stop` is set."""

    async def records(request: Request) -> Response:
        try:
            with calling_as(bearer_of(request)):
                return await _records(request, desk, stop)
        except AwsError as error:
            return problem_response(NotFound("STREAM_PROCESSOR_NOT_FOUND", error.message))
        except (SightlineError, grpc.aio.AioRpcError) as error:
            return problem_response(error, SERVICE)

    return [Route("/stream-processors/{name}/records", ByMethod(GET=records))]


async def _records(request: Request, desk: Desk, stop: asyncio.Event) -> Response:
    asked = request.query_params
    signer = Signer("", asked.get("purpose", ""), "", asked.get("case_reference", ""))
    call = desk.call(signer)
    processor, _ = await seen(call, request.path_params["name"])
    wait = _wait(asked.get("wait", ""))
    reading = await read_records(call, processor, asked.get("after", ""), wait, stop)
    return JSONResponse({"records": reading.records, "after": reading.after})


def _wait(text: str) -> float:
    if not text:
        return LONGEST_WAIT
    seconds = whole_number(text, 0, round(LONGEST_WAIT))
    if seconds is None:
        raise InvalidInput("WAIT_INVALID", f"`wait` is a number of seconds from 0 to {LONGEST_WAIT:.0f}.")
    return float(seconds)
