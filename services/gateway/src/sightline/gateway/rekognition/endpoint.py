"""Where Rekognition's clients post to: which operation is meant, by whom and with what, and answers for them."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import structlog
from starlette.responses import Response
from starlette.routing import Route

from sightline.chassis.errors import SightlineError
from sightline.chassis.rpc import from_rpc_error
from sightline.gateway.body import BodyTooLarge
from sightline.gateway.caller import calling_as
from sightline.gateway.rekognition.call import Call
from sightline.gateway.rekognition.checking import PICTURE, check
from sightline.gateway.rekognition.claim import pairs_of
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.model import load_model
from sightline.gateway.rekognition.rules import check_rules
from sightline.gateway.rekognition.translation import translated
from sightline.gateway.rekognition.verifying import RequestHead
from sightline.gateway.rekognition.wire import CONTENT_TYPE, decoded, encoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from sightline.gateway.body import BodyGate
    from sightline.gateway.rekognition.arns import Arns
    from sightline.gateway.rekognition.call import Answer, Operation, Parameters, Signer
    from sightline.gateway.rekognition.model import Model, OperationModel
    from sightline.gateway.rekognition.stored_pictures import StoredPictures
    from sightline.gateway.rekognition.verifying import Verified, Verifier
    from sightline.gateway.shelf import Shelf
    from sightline.gateway.upstream import Upstream

log = structlog.get_logger()

TARGET_PREFIX = "RekognitionService."
SMALL_BODY = 1024 * 1024
"""For everything but pictures: 4096 face ids take 160 kB, 200 tags at most 300 kB."""
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Desk:
    """What calls are answered with; see Call and StoredPictures."""

    upstream: Upstream
    arns: Arns
    shelf: Shelf
    tokens: Shelf
    jobs: Shelf
    pictures: StoredPictures

    def call(self, signer: Signer) -> Call:
        """A call of whoever signed it."""
        return Call(signer, self.upstream, self.arns, self.shelf, self.tokens, self.jobs)


class Endpoint:
    """Answers `POST /`.

    Args:
        operations: by name.
        verifier: tells who calls.
        gate: lets bodies in.
        desk: what operations work with.
    """

    def __init__(self, operations: Mapping[str, Operation], verifier: Verifier, gate: BodyGate, desk: Desk) -> None:
        self._operations = operations
        self._verifier = verifier
        self._gate = gate
        self._desk = desk
        self._model = load_model()

    @property
    def route(self) -> Route:
        """For a Starlette application."""
        return Route("/", self.answer, methods=["POST"])

    async def answer(self, request: Request) -> Response:
        """An answer or an error, never an exception."""
        started, request_id = time.perf_counter(), str(uuid.uuid4())
        name, code = _name(request.headers.get("x-amz-target", "")), ""
        try:
            content = await self._answer(request, name)
            return _response(content, request_id)
        except AwsError as error:
            code = error.code
            return _response(_error_body(error, request_id), request_id, error)
        finally:
            seconds = round(time.perf_counter() - started, 4)
            known = name if name in self._model.operations else "unknown"
            log.info("rekognition", operation=known, error=code, seconds=seconds, request=request_id)

    async def _answer(self, request: Request, name: str) -> bytes:
        operation = self._known(name)
        head = _head(request)
        try:
            self._verifier.admit(head)  # strangers' bodies are not read
            async with self._gate.body(request, _limit(operation, self._model)) as body:
                verified = await self._verifier.verify(head, body)
                _check_query(head)
                parameters = decoded(body, operation.input, self._model)
                check(parameters, operation.input, self._model)
                check_rules(name, parameters)
                return encoded(await self._done(name, verified, parameters), operation.output, self._model)
        except Exception as error:  # whatever it is, a client gets an answer that it can read
            raise _aws_error(error, operation) from error

    async def _done(self, name: str, verified: Verified, parameters: Parameters) -> Answer:
        call = self._desk.call(verified.signer)
        with calling_as(verified.bearer):
            async with self._desk.pictures.fetched(call, parameters) as whole:
                return await self._operations[name](call, whole)

    def _known(self, name: str) -> OperationModel:
        """Raises AwsError UnknownOperationException."""
        if name in self._operations:
            return self._model.operations[name]
        if name in self._model.others or name in self._model.operations:
            raise AwsError("UnknownOperationException", f"{name} is not served here: this is for faces alone.")
        raise AwsError("UnknownOperationException", "There is no such operation of Rekognition.")


def _name(target: str) -> str:
    """Of the operation; "" where another service is meant, or none."""
    return target.removeprefix(TARGET_PREFIX) if target.startswith(TARGET_PREFIX) else ""


def _aws_error(error: Exception, operation: OperationModel) -> AwsError:
    if isinstance(error, AwsError):
        return error
    if isinstance(error, BodyTooLarge):
        return _too_large(error, operation)
    if isinstance(error, grpc.aio.AioRpcError):
        return translated(from_rpc_error(error, "upstream"), operation.errors)
    if isinstance(error, SightlineError):
        return translated(error, operation.errors)
    log.error("rekognition_failed", operation=operation.name, exc_info=error)
    return AwsError("InternalServerError", "Internal server error", _SERVER_ERROR)


def _too_large(error: BodyTooLarge, operation: OperationModel) -> AwsError:
    if "ImageTooLargeException" in operation.errors:
        return AwsError("ImageTooLargeException", "Image size is too large.")
    return AwsError("ValidationException", error.message)


def _limit(operation: OperationModel, model: Model) -> int:
    """Bytes that a request may have: its pictures in base64, and the rest."""
    most = model.shapes[PICTURE].most or 0
    pictures = sum(part == "Image" for part in model.shapes[operation.input].members.values())
    return SMALL_BODY + pictures * (round(most) * 4 // 3 + 4)


def _head(request: Request) -> RequestHead:
    scope = request.scope
    headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    path = scope.get("raw_path", b"/").decode("latin-1").partition("?")[0]
    return RequestHead(request.method, path, scope["query_string"].decode("latin-1"), headers)


def _check_query(head: RequestHead) -> None:
    """Raises AwsError InvalidParameterException: it was presigned with parameters in its query, as botocore does."""
    names = [name for name, _ in pairs_of(head.query)]
    beside = [name for name in names if not name.startswith("X-Amz-")]
    if beside and "X-Amz-Algorithm" in names:
        raise AwsError(
            "InvalidParameterException",
            f"Request has invalid parameters: {', '.join(beside)[:64]} in the query, where nobody reads them. They "
            "belong in the body, as JSON, and are signed with it.",
        )


def _error_body(error: AwsError, request_id: str) -> bytes:
    body: dict[str, Any] = {"__type": error.code, "Code": error.code, "Logref": request_id, "Message": error.message}
    return json.dumps(body).encode()


def _response(content: bytes, request_id: str, error: AwsError | None = None) -> Response:
    headers = {"x-amzn-requestid": request_id, "content-type": CONTENT_TYPE}
    if error is not None:
        headers["x-amzn-errortype"] = error.code
    return Response(content, status_code=error.status if error else 200, headers=headers)
