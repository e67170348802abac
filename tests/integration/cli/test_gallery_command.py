"""`sightline gallery` against a server that says what it is told to; the real one is in tests/integration/match."""

import asyncio
import json

import grpc
import pytest
from secrets_for_tests import tester_key
from typer.testing import CliRunner

from sightline.cli import gallery
from sightline.v1 import index_service_pb2 as pb
from sightline.v1.index_service_pb2_grpc import IndexServiceServicer, add_IndexServiceServicer_to_server


class Index(IndexServiceServicer):
    """An index that drifts, and whose builds fail."""

    def __init__(self) -> None:
        self.target = ""
        self.answers: list[pb.VerifyGalleryResponse] = []
        self.looks = 0

    async def GetIndexStatus(self, _request, _):
        self.looks += 1
        status = pb.IndexStatus(engine="edge", size=7, last_error="Internal: REBUILD_FAILED: it ended with -9")
        if self.looks < 3:
            status.building.CopyFrom(pb.IndexProgress(phase="reading", done=self.looks, expected=7))
        return pb.GetIndexStatusResponse(status=status)

    async def RebuildIndex(self, _request, _):
        return pb.RebuildIndexResponse()

    async def VerifyGallery(self, _request, _):
        for answer in self.answers:
            yield answer


@pytest.fixture
async def index():
    """A running server."""
    server, servicer = grpc.aio.server(), Index()
    add_IndexServiceServicer_to_server(servicer, server)
    servicer.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    yield servicer
    await server.stop(0)


@pytest.fixture
def run(index):
    """A function that runs the command."""
    environment = {"SIGHTLINE_MATCH_TARGET": index.target, "SIGHTLINE_API_KEY": tester_key()}

    async def invoke(*arguments):
        return await asyncio.to_thread(CliRunner().invoke, gallery.app, arguments, env=environment)

    return invoke


async def test_drift_ends_with_exit_code_1(run, index):
    """Where faces differ the command names them, says what to do, and fails, in a table and as JSON."""
    drift = pb.GalleryDrift(missing=2, missing_face_ids=["a", "b"], differing=1, differing_face_ids=["c"])
    index.answers = [pb.VerifyGalleryResponse(checked=5, expected=7), pb.VerifyGalleryResponse(checked=7, drift=drift)]
    table, program = await run("verify"), await run("verify", "--json")
    assert (table.exit_code, program.exit_code) == (1, 1)
    assert "a b" in table.stdout
    assert "sightline gallery rebuild" in table.stderr
    assert json.loads(program.stdout)["missing_face_ids"] == ["a", "b"]


async def test_a_comparison_without_a_result_is_no_success(run, index):
    """Where the service ends in the middle the command says VERIFY_INTERRUPTED."""
    index.answers = [pb.VerifyGalleryResponse(checked=5, expected=7)]
    result = await run("verify")
    assert result.exit_code == 1
    assert "VERIFY_INTERRUPTED" in str(result.exception)


async def test_a_rebuild_that_fails_is_said_to_have(run, index):
    """Whoever waits for it gets its reason and an exit code, after it has ended."""
    result = await run("rebuild", "--wait")
    assert result.exit_code == 1
    assert "it ended with -9" in str(result.exception)
    assert index.looks == 3
