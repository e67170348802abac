from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager

import grpc
import pytest
from fakes import identity_of
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from prometheus_client import CollectorRegistry

from sightline.chassis.access import CameraIds, ForServices, WatchlistIds
from sightline.chassis.errors import (
    AlreadyExists,
    Conflict,
    FailedPrecondition,
    Internal,
    InvalidInput,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
)
from sightline.chassis.health import Health
from sightline.chassis.identity.rights import FULL_REACH, Rights
from sightline.chassis.principal import Principal, current_principal
from sightline.chassis.rpc import MAX_MESSAGE, BearerText, Served, from_rpc_error, open_channel, serve_rpc
from sightline.chassis.settings import ServiceSettings
from sightline.v1 import access_pb2, alert_service_pb2_grpc, detect_service_pb2_grpc, face_pb2
from sightline.v1 import alert_service_pb2 as alerts
from sightline.v1 import detect_service_pb2 as detect

TOKEN = "correct horse"  # noqa: S105 - of this test alone
IMAGE = face_pb2.Image(encoded=b"x")
KINDS = (
    InvalidInput,
    NotFound,
    AlreadyExists,
    FailedPrecondition,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
    Conflict,
    Internal,
)
CALLER = Principal("somebody", Rights({access_pb2.ROLE_OPERATOR: FULL_REACH}))
LOCATORS = {
    access_pb2.OBJECT_KIND_WATCHLIST: WatchlistIds(),
    access_pb2.OBJECT_KIND_CAMERA: CameraIds(),
    access_pb2.OBJECT_KIND_ALERT: ForServices(NotFound("ALERT_NOT_FOUND", "There is none.")),
}
ERRORS = {kind.__name__: kind("THING_WRONG", "The thing is wrong: mend it.") for kind in KINDS}


class Settings(ServiceSettings):
    """Settings of a service without any of its own."""

    service = "test"


class StubDetect(detect_service_pb2_grpc.DetectServiceServicer):
    """Does what the purpose of the request names."""

    def __init__(self) -> None:
        self.calls = 0
        self.started = asyncio.Event()
        self.release = asyncio.Event()

    async def DetectFaces(self, request, _context):
        """Answers with the caller, or fails as it was told to."""
        self.calls += 1
        if error := ERRORS.get(request.purpose):
            raise error
        if request.purpose == "bug":
            raise ZeroDivisionError("secret detail")
        if request.purpose == "flaky" and self.calls < 3:
            raise Unavailable("NOT_YET", "Try again.")
        if request.purpose == "slow":
            self.started.set()
            await self.release.wait()
        return detect.DetectFacesResponse(detector_id=current_principal().subject)


class StubAlerts(alert_service_pb2_grpc.AlertServiceServicer):
    """Streams two alerts, and then fails where the purpose says so."""

    async def WatchAlerts(self, request, _context):
        """Two answers."""
        for sequence in (1, 2):
            yield alerts.WatchAlertsResponse(sequence=sequence)
        if request.purpose == "bug":
            raise ZeroDivisionError("secret detail")


@pytest.fixture
def settings():
    """On a port that is free, with a short drain."""
    return Settings(drain_seconds=5)


@pytest.fixture
def registry():
    """Metrics of one server."""
    return CollectorRegistry()


@pytest.fixture
def stub():
    """The servicer that the server of the test runs."""
    return StubDetect()


@pytest.fixture
def serve(settings, registry, stub):
    """A function that serves the stubs; yields the port."""
    served = [
        Served("sightline.v1.DetectService", stub, detect_service_pb2_grpc.add_DetectServiceServicer_to_server),
        Served("sightline.v1.AlertService", StubAlerts(), alert_service_pb2_grpc.add_AlertServiceServicer_to_server),
    ]

    @asynccontextmanager
    async def start(**changes):
        changed = settings.model_copy(update=changes)
        async with serve_rpc(changed, served, identity_of({TOKEN: CALLER}), Health(), registry, LOCATORS) as port:
            yield port

    return start


@asynccontextmanager
async def channel_to(port, token=TOKEN):
    """A channel as our services open it."""
    async with open_channel(f"127.0.0.1:{port}", BearerText(token)) as channel:
        yield channel


def ask(purpose="", **fields) -> detect.DetectFacesRequest:
    """A valid request."""
    return detect.DetectFacesRequest(images=[IMAGE], purpose=purpose, **fields)


async def refusal(serve, request, token=TOKEN) -> grpc.aio.AioRpcError:
    """The error of a call that is refused."""
    async with serve() as port, channel_to(port, token) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await detect_service_pb2_grpc.DetectServiceStub(channel).DetectFaces(request)
    return caught.value


async def test_a_call_has_its_caller(serve):
    """With credentials a call goes through, and the servicer knows who calls."""
    async with serve() as port, channel_to(port) as channel:
        answer = await detect_service_pb2_grpc.DetectServiceStub(channel).DetectFaces(ask())
    assert answer.detector_id == "somebody"


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x"])
async def test_without_credentials_nothing_is_done(serve, stub, token):
    """Missing or wrong credentials are UNAUTHENTICATED, and the servicer never sees the call."""
    error = await refusal(serve, ask(), token)
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert from_rpc_error(error, "detect").reason == "CREDENTIALS_REFUSED"
    assert stub.calls == 0


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (detect.DetectFacesRequest(), "images"),
        (ask(purpose="x" * 257), "purpose"),
        (ask(max_faces=5000), "max_faces"),
        (detect.DetectFacesRequest(images=[face_pb2.Image()]), "images.content"),
    ],
)
async def test_an_invalid_request_names_the_field(serve, stub, request_, field):
    """A request that breaks a rule of the contract is INVALID_ARGUMENT with the field's path, before the servicer."""
    error = await refusal(serve, request_)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert from_rpc_error(error, "detect").reason == "REQUEST_INVALID"
    assert f"{field}: " in error.details()
    assert stub.calls == 0


@pytest.mark.parametrize("name", ERRORS)
async def test_an_error_arrives_as_it_was_raised(serve, name):
    """Class, reason and message of every SightlineError come out of from_rpc_error on the other side."""
    raised = ERRORS[name]
    received = from_rpc_error(await refusal(serve, ask(name)), "detect")
    assert (type(received), received.reason, received.message) == (type(raised), raised.reason, raised.message)


async def test_a_bug_tells_the_caller_nothing(serve, capsys):
    """An unexpected exception is INTERNAL without its text or trace; the request id leads to the log."""
    error = await refusal(serve, ask("bug"))
    assert error.code() is grpc.StatusCode.INTERNAL
    everything = f"{error.details()} {error.trailing_metadata()} {error.debug_error_string()}"
    assert "secret detail" not in everything
    assert "Traceback" not in everything
    assert "ZeroDivisionError" not in everything
    request_id = error.details().rpartition("request ")[2].rstrip(").")
    assert request_id
    assert request_id in capsys.readouterr().out


async def test_a_stream_is_guarded_too(serve):
    """A server stream needs credentials, obeys the rules, and hides a bug after its answers."""
    async with serve() as port, channel_to(port) as channel, channel_to(port, "wrong") as stranger:
        request = alerts.WatchAlertsRequest()
        watch = alert_service_pb2_grpc.AlertServiceStub(channel).WatchAlerts
        assert [answer.sequence async for answer in watch(request)] == [1, 2]
        for refused, code in (
            (alert_service_pb2_grpc.AlertServiceStub(stranger).WatchAlerts(request), "UNAUTHENTICATED"),
            (watch(alerts.WatchAlertsRequest(watchlist_id="x.y")), "INVALID_ARGUMENT"),
            (watch(alerts.WatchAlertsRequest(purpose="bug")), "INTERNAL"),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                _ = [answer async for answer in refused]
            assert caught.value.code().name == code
            assert "secret" not in caught.value.details()


async def test_a_passing_fault_is_retried(serve, stub):
    """UNAVAILABLE is tried again by the channel itself."""
    async with serve() as port, channel_to(port) as channel:
        await detect_service_pb2_grpc.DetectServiceStub(channel).DetectFaces(ask("flaky"))
    assert stub.calls == 3


async def test_nobody_there_is_named(free_port):
    """A service that does not run is an Unavailable that names it."""
    async with channel_to(free_port) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await detect_service_pb2_grpc.DetectServiceStub(channel).DetectFaces(ask(), timeout=5)
    error = from_rpc_error(caught.value, "detect")
    assert isinstance(error, Unavailable)
    assert error.reason == "DETECT_UNAVAILABLE"


async def test_a_deadline_is_kept(serve):
    """A call that takes longer than its deadline ends as Unavailable."""
    async with serve() as port, channel_to(port) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await detect_service_pb2_grpc.DetectServiceStub(channel).DetectFaces(ask("slow"), timeout=0.3)
    assert isinstance(from_rpc_error(caught.value, "detect"), Unavailable)


async def test_large_pictures_pass_and_larger_ones_do_not(serve):
    """Messages up to 32 MiB go through; above that the call is refused and the server lives on."""
    large = face_pb2.Image(raw=face_pb2.RawImage(width=1, height=1, rgb=b"x" * (MAX_MESSAGE - 4 * 1024 * 1024)))
    async with serve() as port, channel_to(port) as channel:
        stub = detect_service_pb2_grpc.DetectServiceStub(channel)
        await stub.DetectFaces(detect.DetectFacesRequest(images=[large]))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.DetectFaces(detect.DetectFacesRequest(images=[large, large]))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        await stub.DetectFaces(ask())


async def test_what_is_in_flight_may_finish(serve, stub):
    """When the server stops, a call that has begun gets its answer."""
    async with channel_to_server(serve, drain_seconds=60) as (server, channel):
        call = asyncio.ensure_future(detect_service_pb2_grpc.DetectServiceStub(channel).DetectFaces(ask("slow")))
        await stub.started.wait()
        stopping = asyncio.create_task(server.__aexit__(None, None, None))
        await asyncio.sleep(0.1)
        assert not stopping.done()
        stub.release.set()
        assert (await call).detector_id == "somebody"
        await stopping


async def test_reflection_lists_the_services(serve):
    """Tools find out without credentials what is served; a declaration is no secret."""
    async with serve() as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        requests = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        names = [
            service.name
            async for answer in stub.ServerReflectionInfo(requests)
            for service in answer.list_services_response.service
        ]
    assert {"sightline.v1.DetectService", "sightline.v1.AlertService", "grpc.health.v1.Health"} <= set(names)


async def test_calls_are_counted_by_outcome(serve, registry):
    """Successes count as OK, refusals under their reason."""
    async with serve() as port, channel_to(port) as channel:
        stub = detect_service_pb2_grpc.DetectServiceStub(channel)
        await stub.DetectFaces(ask())
        with pytest.raises(grpc.aio.AioRpcError):
            await stub.DetectFaces(ask("NotFound"))
    method = "/sightline.v1.DetectService/DetectFaces"
    for outcome in ("OK", "THING_WRONG"):
        labels = {"method": method, "outcome": outcome}
        assert registry.get_sample_value("sightline_rpc_calls_total", labels) == 1


async def test_calls_that_run_are_counted(serve, registry, stub):
    """Of every RPC it is said from the start how many run: none before a call, one amid it, none after."""

    def running(method="DetectService/DetectFaces"):
        return registry.get_sample_value("sightline_rpc_running", {"method": f"/sightline.v1.{method}"})

    async with serve() as port, channel_to(port) as channel:
        assert (running(), running("AlertService/WatchAlerts")) == (0, 0)
        call = detect_service_pb2_grpc.DetectServiceStub(channel).DetectFaces(ask("slow"))
        await stub.started.wait()
        assert running() == 1
        stub.release.set()
        await call
        assert running() == 0


async def test_a_taken_port_is_named(serve, settings):
    """Two servers never share a port: the second says which setting to change."""
    async with serve() as port:
        taken = settings.model_copy(update={"grpc_port": port})
        with pytest.raises(FailedPrecondition, match=rf"PORT_TAKEN: Port {port} .*SIGHTLINE_GRPC_PORT"):
            async with serve_rpc(taken, [], identity_of({}), Health(), CollectorRegistry()):
                pass


async def test_a_port_of_another_program_is_named(serve):
    """As above, where it is not one of ours that listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(FailedPrecondition, match="PORT_TAKEN"):
            async with serve(grpc_port=other.getsockname()[1]):
                pass


async def test_an_undeclared_service_does_not_start(settings, registry):
    """A service whose contract names no access for an RPC is refused at start, by name."""
    undeclared = Served("grpc.health.v1.Health", object(), lambda _servicer, _server: None)
    with pytest.raises(FailedPrecondition, match=r"ACCESS_UNDECLARED: grpc\.health\.v1\.Health/"):
        async with serve_rpc(settings, [undeclared], identity_of({}), Health(), registry):
            pass


async def test_a_service_that_cannot_place_its_objects_does_not_start(settings, registry):
    """A request that names an object of which the service does not know where it belongs would be open to everybody."""
    served = Served(
        "sightline.v1.AlertService", StubAlerts(), alert_service_pb2_grpc.add_AlertServiceServicer_to_server
    )
    with pytest.raises(FailedPrecondition, match=r"ACCESS_UNDECLARED: .* OBJECT_KIND_WATCHLIST"):
        async with serve_rpc(settings, [served], identity_of({}), Health(), registry):
            pass


@asynccontextmanager
async def channel_to_server(serve, **changes):
    """A server that the test itself stops, and a channel to it."""
    server = serve(**changes)
    async with channel_to(await server.__aenter__()) as channel:
        yield server, channel
