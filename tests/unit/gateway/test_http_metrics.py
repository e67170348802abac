"""What the gateway counts of its answers."""

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sightline.gateway.http_metrics import HttpMetrics


def _fails(_):
    raise ZeroDivisionError


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
async def client(registry):
    routes = [Route("/", lambda _: PlainTextResponse("yes"), methods=["POST"]), Route("/v1/broken", _fails)]
    app = HttpMetrics(Starlette(routes=routes), registry)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as made:
        yield made


async def test_answers_are_counted_by_api_and_status(client, registry):
    """Rekognition's, REST's and whatever else is asked for, which has no label of its own for each path."""
    assert (await client.post("/")).status_code == 200
    assert (await client.get("/v1/broken")).status_code == 500
    assert [(await client.get(path)).status_code for path in ("/a", "/b")] == [404, 404]
    counted = {
        (sample.labels["api"], sample.labels["status"]): sample.value
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == "sightline_http_requests_total"
    }
    assert counted == {("rekognition", "200"): 1, ("rest", "500"): 1, ("none", "404"): 2}
    assert registry.get_sample_value("sightline_http_seconds_count", {"api": "none"}) == 2
