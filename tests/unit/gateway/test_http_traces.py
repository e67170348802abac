"""Requests as parts of their clients' traces."""

import httpx
import pytest
from recorded_spans import recorded_spans
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sightline.chassis import tracing
from sightline.gateway.http_traces import HttpTraces

TRACE = "ab" * 16


def _tell(_):
    """What a service would be told that is called now."""
    return PlainTextResponse(tracing.outgoing().get("traceparent", ""))


async def _ask(path="/v1/watchlists/of-somebody", ratio=1.0, **headers):
    app = HttpTraces(Starlette(routes=[Route("/v1/{rest:path}", _tell)]), ratio)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        return await client.get(path, headers=headers)


async def test_a_clients_trace_goes_on_and_says_nothing_of_the_path():
    """The services hear of the client's trace, by way of the gateway's span, whose name is the API alone."""
    with recorded_spans() as spans:
        told = (await _ask(traceparent=f"00-{TRACE}-abcdabcdabcdabcd-00")).text
        assert (await _ask("/nowhere")).status_code == 404
    first, second = spans()
    assert told == f"00-{TRACE}-{first.context.span_id:016x}-01"
    assert [(span.name, dict(span.attributes)) for span in (first, second)] == [
        ("gateway rest", {"http.response.status_code": 200}),
        ("gateway none", {"http.response.status_code": 404}),
    ]


@pytest.mark.parametrize("flags", ["00", "01"])
async def test_no_client_decides_what_is_recorded(flags):
    """With a ratio of none nothing is, whatever they ask for; the id goes on all the same."""
    with recorded_spans(ratio=0) as spans:
        told = (await _ask(ratio=0.0, traceparent=f"00-{TRACE}-abcdabcdabcdabcd-{flags}")).text
    assert spans() == ()
    assert (told.split("-")[1], told[-2:]) == (TRACE, "00")
