"""`/v1/aws-keys`: pairs of access keys as resources, for whoever shows an API key."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sightline.chassis.errors import InvalidInput
from sightline.gateway.aws_keys.desk import NewAwsKey
from sightline.gateway.aws_keys.owner import owner_of
from sightline.gateway.rest.by_method import ByMethod
from sightline.gateway.rest.reading import bearer_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from sightline.gateway.aws_keys.desk import AwsKeyDesk
    from sightline.gateway.body import BodyGate
    from sightline.gateway.upstream import Upstream

BODY_BYTES = 16 * 1024


def aws_key_routes(desk: AwsKeyDesk, upstream: Upstream, gate: BodyGate, region: str) -> list[Route]:
    """The routes, below `/v1`.

    Args:
        desk: does the work.
        upstream: tells whose API key it is.
        gate: lets bodies in.
        region: for which clients have to sign; told with a new pair.
    """

    async def create(request: Request) -> Response:
        owner = await owner_of(bearer_of(request), upstream)
        async with gate.body(request, BODY_BYTES) as body:
            wanted = _read(body)
        key = await desk.make(owner, wanted)
        shown = key.shown() | {"secret_access_key": key.secret_access_key, "region": region}
        return JSONResponse(shown, HTTPStatus.CREATED, {"location": f"/v1/aws-keys/{key.access_key_id}"})

    async def list_keys(request: Request) -> Response:
        owner = await owner_of(bearer_of(request), upstream)
        return JSONResponse({"aws_keys": [key.shown() for key in desk.seen_by(owner)]})

    async def get(request: Request) -> Response:
        owner = await owner_of(bearer_of(request), upstream)
        return JSONResponse(desk.get(owner, request.path_params["access_key_id"]).shown())

    async def end(request: Request) -> Response:
        owner = await owner_of(bearer_of(request), upstream)
        await desk.end(owner, request.path_params["access_key_id"])
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return [
        Route("/aws-keys", ByMethod(GET=list_keys, POST=create)),
        Route("/aws-keys/{access_key_id}", ByMethod(GET=get, DELETE=end)),
    ]


def _read(body: bytes) -> NewAwsKey:
    try:
        return NewAwsKey.model_validate_json(body)
    except ValidationError as error:
        # Without what was sent: it may be a secret in the wrong place.
        wrong = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'the body'}: {each['msg']}"
            for each in error.errors(include_input=False, include_url=False, include_context=False)
        )
        raise InvalidInput("AWS_KEY_INVALID", f"What is asked for cannot be made: {wrong}.") from None
