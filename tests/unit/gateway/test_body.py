"""Bodies of clients that go away: their own affair, whoever they are, and no fault of the gateway's."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import grpc
import pytest
from prometheus_client import CollectorRegistry

from sightline.gateway.application import application
from sightline.gateway.body import BodyGate
from sightline.gateway.rekognition.endpoint import Endpoint
from sightline.gateway.rest.routes import routes
from sightline.gateway.settings import GatewaySettings


@pytest.fixture
async def leaving():
    """A function that posts half of a body, and leaves: the answer that nobody hears, and what the metrics count."""
    registry, gate = CollectorRegistry(), BodyGate(10**8, 5.0)
    async with grpc.aio.insecure_channel("127.0.0.1:9") as channel:
        upstream = SimpleNamespace(channel=lambda _: channel)
        known = SimpleNamespace(admit=lambda _: None)
        rekognition = Endpoint({"ListCollections": None}, known, gate, None)
        settings = GatewaySettings(tls="off")
        app = application([rekognition.route, *routes(upstream, gate, settings, asyncio.Event())], registry)

        async def post(path, **headers):
            sent, pieces = [], [{"type": "http.request", "body": b"", "more_body": True}, {"type": "http.disconnect"}]
            raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
            scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": raw}

            async def receive():
                return pieces.pop(0)

            async def send(message):
                sent.append(message)

            await app(scope, receive, send)
            answered = {sample.labels.get("status") for metric in registry.collect() for sample in metric.samples}
            return json.loads(sent[1]["body"]), answered - {None}

        yield post


async def test_who_leaves_a_call_of_rekognition_is_no_fault(leaving):
    """To know an access key's id is enough to get that far."""
    answer, statuses = await leaving("/", x_amz_target="RekognitionService.ListCollections")
    assert (answer["Code"], statuses) == ("InvalidParameterException", {"400"})


@pytest.mark.parametrize(
    ("path", "media"), [("/v1/watchlists", "application/json"), ("/v1/video-uploads", "video/mp4")]
)
async def test_who_leaves_a_call_of_rest_is_no_fault(leaving, path, media):
    """Anybody can get that far: what they show is looked at by the services."""
    answer, statuses = await leaving(path, authorization="Bearer any", content_type=media)
    assert (answer["reason"], answer["status"], statuses) == ("BODY_CUT_OFF", 400, {"400"})
