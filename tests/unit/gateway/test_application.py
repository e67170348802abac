"""What the application answers where no route does."""

from __future__ import annotations

import httpx
from prometheus_client import CollectorRegistry
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sightline.gateway.application import application


async def test_the_path_of_rekognition_s_clients_is_for_posts():
    """A browser that looks there is told so, in the words of every other refusal; nobody keeps any answer."""
    app = application([Route("/", lambda _: PlainTextResponse("yes"), methods=["POST"])], CollectorRegistry())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        looked, posted = await client.get("/"), await client.post("/")
    assert (looked.status_code, looked.headers["allow"], looked.json()["reason"]) == (405, "POST", "METHOD_NOT_ALLOWED")
    assert (posted.text, posted.headers["cache-control"]) == ("yes", "no-store")
