"""Rekognition's operations with a real ingest and a real notify behind them; the gallery is a stand-in."""

from __future__ import annotations

import asyncio
import base64
import json

import grpc
import pytest
from broker import run_nats_server
from free_ports import find_free_ports
from job_stages import ANNS_FACE
from known_callers import until_known
from processes import start
from receiver import receiving
from rekognition_calls import STAFF
from rekognition_shapes import check_answer
from secrets_for_tests import admit, tester_key
from squares import write_video
from video_system import prepare_broker

from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import NotFound
from sightline.chassis.rpc_error import to_status
from sightline.chassis.topology import AWS_JOBS, AWS_SHELF, AWS_TOKENS
from sightline.gateway.caller import calling_as
from sightline.gateway.rekognition.arns import Arns
from sightline.gateway.rekognition.call import Signer
from sightline.gateway.rekognition.endpoint import Desk
from sightline.gateway.rekognition.operations import OPERATIONS
from sightline.gateway.settings import GatewaySettings
from sightline.gateway.shelf import Shelf
from sightline.gateway.upstream import open_upstream
from sightline.v1 import gallery_service_pb2
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceServicer, add_GalleryServiceServicer_to_server

SNS_SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"


class OneWatchlist(GalleryServiceServicer):
    """A gallery with the one watchlist `staff`, which has that id, and ann's face in it."""

    id = STAFF

    async def ListFaces(self, request, _):
        face = gallery_service_pb2.EnrolledFace(id=ANNS_FACE, external_image_id="ann.jpg")
        faces = [face] if ANNS_FACE in request.face_ids else []
        return gallery_service_pb2.ListFacesResponse(faces=faces)

    async def GetWatchlist(self, request, context):
        if not self.id or request.watchlist not in {"staff", self.id}:
            status = to_status(NotFound("WATCHLIST_NOT_FOUND", "There is none."), "1")
            packed = (("grpc-status-details-bin", status.SerializeToString()),)
            context.set_trailing_metadata(packed)
            await context.abort(grpc.StatusCode.NOT_FOUND, "There is none.")
        staff = gallery_service_pb2.Watchlist(id=self.id, name="staff")
        return gallery_service_pb2.GetWatchlistResponse(watchlist=staff)


@pytest.fixture(scope="package")
def watched_video(tmp_path_factory):
    """Seven seconds with three walks of squares, which detect takes for faces."""
    return write_video(tmp_path_factory.mktemp("videos") / "squares 1.mp4")


@pytest.fixture(scope="package")
def broker(tmp_path_factory):
    """A provisioned broker that knows the tester."""
    with run_nats_server(tmp_path_factory.mktemp("nats")) as server:
        asyncio.run(prepare_broker(server.url))
        yield server


@pytest.fixture(scope="package")
def ingest(tmp_path_factory, broker, watched_video):
    """A running ingest; its detect comes with the test."""
    folder = tmp_path_factory.mktemp("ingest")
    env = {
        "SIGHTLINE_NATS_URL": broker.url,
        "SIGHTLINE_DETECT_TARGET": f"127.0.0.1:{find_free_ports(1)[0]}",
        "SIGHTLINE_VIDEO_ROOTS": f'["{watched_video.parent}"]',
        "SIGHTLINE_CAMERA_NETWORKS": '["127.0.0.0/8"]',
        "SIGHTLINE_STATE_DIR": str(folder),
    }
    with start("sightline.ingest", env, folder / "ingest.log") as service:
        service.wait_serving()
        yield service


@pytest.fixture(scope="package")
def receiver():
    """Where the topic `done` is posted."""
    with receiving() as running:
        running.secret = SNS_SECRET
        yield running


@pytest.fixture(scope="package")
def notify(tmp_path_factory, broker, receiver):
    """A running notify."""
    folder = tmp_path_factory.mktemp("notify")
    (folder / "sns").write_text(SNS_SECRET)
    (folder / "sns").chmod(0o600)
    env = {
        "SIGHTLINE_NATS_URL": broker.url,
        "SIGHTLINE_STATE_DIR": str(folder),
        "SIGHTLINE_WEBHOOK_NETWORKS": '["127.0.0.0/8"]',
        "SIGHTLINE_WEBHOOK_ALLOW_HTTP": "true",
        "SIGHTLINE_SNS_TOPICS": json.dumps({"done": receiver.url}),
        "SIGHTLINE_SNS_SECRET_FILE": str(folder / "sns"),
    }
    with start("sightline.notify", env, folder / "notify.log") as service:
        service.wait_serving()
        yield service


@pytest.fixture
async def broker_bus(broker):
    """A connection to the broker."""
    async with connect_bus(broker.url, "test") as connection:
        yield connection


@pytest.fixture
def admitted(broker_bus, ingest, notify):
    """A function that gives the key of somebody with these rights, of whom both services know."""

    async def made(handle, *grants):
        key = await admit(broker_bus, handle, *grants)
        await until_known(key, ingest=ingest.target, notify=notify.target)
        return key

    return made


@pytest.fixture
def staff():
    """The stand-in for the gallery: a test deletes its watchlist (id ""), or makes it anew."""
    return OneWatchlist()


@pytest.fixture
async def gallery(staff):
    """Where the stand-in answers."""
    server = grpc.aio.server()
    add_GalleryServiceServicer_to_server(staff, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


@pytest.fixture
async def desk(broker_bus, ingest, notify, gallery):
    """What operations work with."""
    settings = GatewaySettings(ingest_target=ingest.target, match_target=gallery, notify_target=notify.target)
    shelf, tokens, jobs = [await Shelf.opened(broker_bus, name) for name in (AWS_SHELF, AWS_TOKENS, AWS_JOBS)]
    async with open_upstream(settings) as upstream:
        yield Desk(upstream, Arns(settings.aws_region, settings.aws_account), shelf, tokens, jobs, None)


@pytest.fixture
def rekognition(desk):
    """A function that calls an operation as the tester, or with another API key; its answer has botocore's shape."""
    signer = Signer("SLAKTEST", "access control", "consent", "C-1")

    async def called(operation, key=None, **parameters):
        with calling_as(key or tester_key()):
            return check_answer(operation, await OPERATIONS[operation](desk.call(signer), parameters))

    return called
