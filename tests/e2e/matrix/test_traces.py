"""What a collector of traces gets of a running system: the way of one frame, and nothing that is nobody's business."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import grpc
import pytest
from camera_calls import Cameras
from receiver import receiving
from secrets_for_tests import tester

from sightline.chassis.rpc import BearerText, open_channel
from sightline.chassis.tracing import ATTRIBUTES
from sightline.v1 import gallery_service_pb2, subscription_service_pb2
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.subscription_service_pb2_grpc import SubscriptionServiceStub

WAIT_S = 100.0
WAY = [
    ("ingest", "frame"),
    ("embed", "process embed:FACES_JOB"),
    ("match", "process match:EMBEDDINGS_JOB"),
    ("match", "sighting"),
    ("notify", "process notify:SIGHTINGS"),
    ("notify", "deliver"),
]
DETECTED = ("detect", "sightline.v1.DetectService/DetectFaces")
RESOURCE = {"service.namespace", "service.name", "service.version", "service.instance.id"}


@pytest.fixture(scope="module")
def delivered(services):
    """The request that a webhook got because somebody enrolled was in the one picture that a camera saw."""
    folder = Path(unquote(urlsplit(services.video).path)).parent / "traced"
    folder.mkdir()
    (folder / "one.jpg").write_bytes(services.picture)
    with receiving() as receiver:
        asyncio.run(watch(services, folder, receiver.url))
        until(lambda: receiver.taken)
        return receiver.taken[0]


async def watch(services, folder, url):
    """Enrol whom the picture shows, subscribe to alerts on them, and start a camera that sees it."""
    async with open_channel(services.services["match"].target, tester()) as channel:
        gallery = GalleryServiceStub(channel)
        rules = {"name": "traced", "purpose": "test", "review_policy": gallery_service_pb2.REVIEW_POLICY_NONE}
        request = gallery_service_pb2.CreateWatchlistRequest(watchlist=gallery_service_pb2.Watchlist(**rules))
        watchlist = (await gallery.CreateWatchlist(request)).watchlist.id
        request = gallery_service_pb2.EnrollFaceRequest(watchlist=watchlist, person="P", display_name="Pat Doe")
        request.image.encoded = services.picture
        await gallery.EnrollFace(request)
    async with open_channel(services.services["notify"].target, tester()) as channel:
        kind = subscription_service_pb2.SUBSCRIPTION_KIND_EXTERNAL
        wish = subscription_service_pb2.Subscription(name="traced", watchlist_ids=[watchlist], kind=kind)
        wish.webhook.url = url
        request = subscription_service_pb2.CreateSubscriptionRequest(subscription=wish)
        await SubscriptionServiceStub(channel).CreateSubscription(request)
    async with open_channel(services.services["ingest"].target, tester()) as channel:
        await Cameras(services.services["ingest"], channel).watch(f"{folder.as_uri()}/", watchlist_ids=[watchlist])


def until(holds) -> None:
    """Returns once that holds."""
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_one_trace_goes_from_the_frame_to_the_webhook(services, delivered):
    """Each step is a part of the one before it, in five services, and the receiver is told of which trace it all is."""
    version, trace, parent, flags = delivered.headers["traceparent"].split("-")
    assert (version, int(flags, 16) & 1) == ("00", 1), "it says that it is recorded"
    # Each service sends its own, when it does.
    until(lambda: {(told.service, told.span.name) for told in services.traces.of(trace)} >= {*WAY, DETECTED})
    spans = {told.span.span_id.hex(): told for told in services.traces.of(trace)}
    way, step = [], spans[parent]
    while True:
        way.insert(0, (step.service, step.span.name))
        if not step.span.parent_span_id:
            break
        step = spans[step.span.parent_span_id.hex()]
    assert way == WAY
    # Of the alert's picture it is asked once more, for the faces that are hidden there.
    detected = {(told.span.name, told.span.parent_span_id) for told in spans.values() if told.service == "detect"}
    assert (DETECTED[1], step.span.span_id) in detected
    assert step.facts["sightline.faces"] == 1
    [sighting] = [told.span for told in spans.values() if told.span.name == "sighting"]
    [matched] = [told.span for told in spans.values() if told.span.name == "process match:EMBEDDINGS_JOB"]
    assert [link.span_id for link in sighting.links] == [matched.span_id], "it rests on that shot"


def test_the_log_names_the_trace(services, delivered):
    """What services log on the way has the trace's id."""
    trace = delivered.headers["traceparent"].split("-")[1]
    for name, event in (("match", "sighting"), ("notify", "alert")):
        lines = services.services[name].log.read_text().splitlines()
        assert any(trace in line and f'"event": "{event}"' in line for line in lines), name


def test_spans_say_ids_numbers_and_codes_alone(services, delivered):
    """Of every call and message of this system: no fact but those on the list, no text that could be anything else."""
    assert delivered
    told = list(services.traces.spans)
    assert {each.service for each in told} == {"ingest", "detect", "embed", "match", "notify"}
    assert {key for each in told for key in each.facts} <= set(ATTRIBUTES.values())
    assert {key for each in told for key in each.resource} == RESOURCE
    assert not [each for each in told if each.span.events or each.span.status.message or each.span.trace_state]
    texts = {value for each in told for value in each.facts.values() if isinstance(value, str)}
    assert not [text for text in texts if not re.fullmatch(r"[a-z0-9]{26}|[A-Z][A-Z0-9_]*|[\w.:/-]{1,80}", text)]
    everything = b"".join(each.span.SerializeToString() for each in told)
    assert not [
        word for word in (b"Pat Doe", b"traced", b"slk_", b"127.0.0.1", services.picture[:64]) if word in everything
    ]


def test_strangers_leave_no_span(services, delivered):
    """Who shows no credentials is refused, and no collector hears of it, whatever they say of a trace."""
    assert delivered
    trace = "ab" * 16

    async def call(credentials, trace):
        sent = (("traceparent", f"00-{trace}-abcdabcdabcdabcd-01"),)
        async with open_channel(services.services["match"].target, credentials) as channel:
            request = gallery_service_pb2.ListWatchlistsRequest()
            await GalleryServiceStub(channel).ListWatchlists(request, metadata=sent)

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        asyncio.run(call(BearerText(""), trace))
    # The second where other tests' strangers tried so often that all are told to wait.
    assert refused.value.code() in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED)
    asyncio.run(call(tester(), trace[::-1]))
    until(lambda: services.traces.of(trace[::-1]))
    assert services.traces.of(trace) == []
    assert trace in services.services["match"].log.read_text(), "but the log has what they sent"
