"""Requests of every RPC to a running system: made from the contracts, and bytes that are none."""

import asyncio
from collections import Counter, defaultdict

import cv2
import grpc
import pytest
from authz_cases import Case, cases, methods
from authz_population import populate
from authz_requests import REQUESTS
from authz_system import OUR_SERVICE, ROLES, SERVER_OF, running_system
from hypothesis import strategies as st
from messages import changed, messages
from mutations import spoilt
from process_cost import cost_of
from rich.console import Console
from skimage import data

from sightline.chassis.rpc import from_rpc_error
from sightline.v1 import access_pb2

CALL_SECONDS = 30.0
GROWTH_MB = 400.0
"""By how much a service may grow: models, indexes and pictures of some megapixels come to lie in its memory."""
FINDINGS = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS}
ENDLESS = {"WatchAlerts", "WatchAudit"}
CHANGES_CALLERS = {"SetGrants", "RevokeApiKey", "RotateApiKey"}
"""Sent as they were made, they would take the callers' own rights from them."""


@pytest.fixture(scope="module")
def system(tmp_path_factory, starter_pack):
    """Broker, all services and people of every role."""
    _, picture = cv2.imencode(".jpg", cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGHTLINE_CALLS_PER_SECOND", "0")
        with running_system(tmp_path_factory.mktemp("fuzz"), starter_pack, picture.tobytes()) as running:
            asyncio.run(populate(running))
            yield running


def caller_of(method):
    """Somebody who may call it."""
    roles = method.GetOptions().Extensions[access_pb2.access].roles
    return next((name for name, role in ROLES.items() if role in roles), OUR_SERVICE)


def about(method):
    """What its valid request is about: the caller's own, but for what would take their rights from them."""
    return Case("none") if method.name in CHANGES_CALLERS else next(iter(cases(method)))


class Caller:
    """Sends bytes to RPCs, and says how they were answered."""

    def __init__(self, system):
        self._system = system
        self.answers = defaultdict(Counter)

    async def call(self, method, sent):
        """Raises AssertionError where the answer is a fault of ours."""
        case = Case("own", all_watchlists=True, all_cameras=True)
        async with self._system.channel(method.containing_service.name, caller_of(method), case) as channel:
            try:
                async with asyncio.timeout(CALL_SECONDS):
                    await self._ask(channel, method, sent)
            except grpc.aio.AioRpcError as error:
                self._check(method, error)
            except TimeoutError:
                assert method.name in ENDLESS, f"{method.name} does not answer"

    async def _ask(self, channel, method, sent):
        path = f"/{method.containing_service.full_name}/{method.name}"
        kinds = {
            (False, False): channel.unary_unary,
            (False, True): channel.unary_stream,
            (True, False): channel.stream_unary,
            (True, True): channel.stream_stream,
        }
        ask = kinds[method.client_streaming, method.server_streaming](path)
        request = iter(sent) if method.client_streaming else sent[0]
        if not method.server_streaming:
            await ask(request, timeout=CALL_SECONDS)
        else:
            answers = ask(request, timeout=2.0 if method.name in ENDLESS else CALL_SECONDS)
            async for _ in answers:
                break
            answers.cancel()
        self.answers[method.name]["OK"] += 1

    def _check(self, method, error):
        reason = from_rpc_error(error, "test").reason
        self.answers[method.name][reason] += 1
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED and method.name in ENDLESS:
            return
        assert error.code() not in FINDINGS, f"{method.name}: {error.code()} {error.details()}"
        assert error.code() is not grpc.StatusCode.DEADLINE_EXCEEDED, f"{method.name} does not answer"
        assert "Traceback" not in (error.details() or "")


def alive(system, before):
    """Every service runs, has not grown by much, and has no trace of a fault in its log."""
    for name, service in system.services.items():
        assert service.process.poll() is None, f"{name} has ended: {service.log.read_text()[-2000:]}"
        grown = cost_of(service.process.pid).megabytes - before[name]
        Console().print(f"{name} grew by {grown:.0f} MB")
        assert grown < GROWTH_MB, name
        assert '"event": "rpc_failed"' not in service.log.read_text()


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("how", ["made", "spoilt"])
def test_every_rpc_answers_what_it_is_sent(fuzz, system, how, shared_media):
    """An answer, or a status with a reason: never INTERNAL or UNKNOWN, no trace, no service ended or swollen."""
    ids = {method.name: system.ids(method.name, "admin", about(method)) for method in methods()}
    objects = system.objects
    known = [*objects.watchlists.values(), *objects.faces.values(), *objects.cameras.values(), *objects.alerts.values()]
    files = [system.picture, *(path.read_bytes()[:60_000] for path in sorted((shared_media / "broken").iterdir()))]
    before = {name: cost_of(service.process.pid).megabytes for name, service in system.services.items()}
    caller = Caller(system)

    def requests(method):
        if how == "made" and method.name not in CHANGES_CALLERS:
            made = messages(method.input_type, known, files)
            either = made | changed(REQUESTS[method.name](ids[method.name]), made)
            return st.lists(either.map(lambda message: message.SerializeToString()), min_size=1, max_size=2)
        valid = [REQUESTS[method.name](ids[method.name]).SerializeToString(), b"\x0a\x01a"]
        return st.lists(spoilt(valid) | st.binary(max_size=200), min_size=1, max_size=2)

    every = st.sampled_from(methods()).flatmap(lambda method: st.tuples(st.just(method), requests(method)))
    assert fuzz(lambda made: asyncio.run(caller.call(*made)), every)
    assert set(SERVER_OF.values()) == set(system.services)
    Console().print({name: dict(answers) for name, answers in sorted(caller.answers.items())})
    alive(system, before)
