"""Answers in pieces, out of calls that wait, end and break off."""

import asyncio
import json
from contextlib import AsyncExitStack

import grpc
import httpx
import pytest
from free_ports import find_free_ports
from secrets_for_tests import secrets_folder
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

from sightline.gateway.http_server import serve_http
from sightline.gateway.rest.streams import EVENT_STREAM, Messages, Over, event, events_of, followed, lines_of
from sightline.gateway.rest.table import ROUTES
from sightline.gateway.settings import GatewaySettings
from sightline.v1 import alert_service_pb2, import_service_pb2, video_job_service_pb2

ALERT = alert_service_pb2.WatchAlertsResponse(sequence=7, alert=alert_service_pb2.Alert(id="a", review_policy=1))
AWAY = grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), "gone")


class Call:
    """A streaming call that answers these, one after the other; an error is raised, and a number is waited for."""

    def __init__(self, *answers):
        self.answers = answers
        self.cancelled = False

    async def __aiter__(self):
        for each in self.answers:
            if isinstance(each, Exception):
                raise each
            if isinstance(each, float):
                await asyncio.sleep(each)
            else:
                yield each

    def cancel(self):
        self.cancelled = True


def route(operation):
    """The row of that name."""
    return next(each for each in ROUTES if each.operation == operation)


async def test_waiting_too_short_loses_nothing():
    """Whoever waits no longer gets what comes later, and hears of the end."""
    messages = Messages(Call(0.05, ALERT))
    assert await messages.within(0.001) is None
    assert await messages.within(5) == ALERT
    with pytest.raises(Over):
        await messages.within(5)


def test_an_event_says_where_to_resume():
    """Id, name and data in one line each, and an empty one behind."""
    lines = event(route("WatchAlerts"), ALERT).decode().split("\n")
    assert lines[:2] == ["id: 7", "event: alert"]
    assert json.loads(lines[2].removeprefix("data: "))["id"] == "a"
    assert lines[3:] == ["", ""]


async def test_a_stream_that_ends_says_so():
    """A browser would ask again: `end` tells it not to."""
    call = Call(ALERT)
    pieces = [piece async for piece in events_of(route("WatchAlerts"), Messages(call), None)]
    assert [piece.split(b"\n")[0] for piece in pieces] == [b": open", b"id: 7", b"event: end"]
    assert call.cancelled


async def test_a_stream_that_breaks_off_says_why():
    """The last event is a problem, with the reason that programs know."""
    pieces = [piece async for piece in events_of(route("WatchAlerts"), Messages(Call(AWAY)), ALERT)]
    name, data, *_ = pieces[-1].decode().split("\n")
    assert name == "event: problem"
    assert json.loads(data.removeprefix("data: "))["reason"] == "NOTIFY_UNAVAILABLE"


async def test_a_stream_ends_with_the_gateway():
    """What came by then is told, and then why there is no more: whoever listens asks again, and finds another one."""
    call, stop = Call(ALERT, 60.0), asyncio.Event()
    stop.set()
    pieces = [piece async for piece in events_of(route("WatchAlerts"), Messages(call, stop), ALERT)]
    assert [piece.split(b"\n")[0] for piece in pieces[:2]] == [b": open", b"id: 7"]
    name, data, *_ = pieces[-1].decode().split("\n")
    assert (name, json.loads(data.removeprefix("data: "))["reason"]) == ("event: problem", "SERVER_STOPPING")
    assert call.cancelled


@pytest.mark.parametrize("shape", ["events", "followed"])
async def test_open_streams_do_not_hold_up_the_end(shape):
    """A gateway with 90 s for what is in flight ends at once, and its client has a whole answer."""
    [port], stop = find_free_ports(1), asyncio.Event()
    settings = GatewaySettings(tls="off", secrets_dir=secrets_folder().path, http_port=port, drain_seconds=90)

    async def answered(_):
        if shape == "events":
            pieces = events_of(route("WatchAlerts"), Messages(Call(60.0), stop), ALERT)
            return StreamingResponse(pieces, media_type=EVENT_STREAM)
        return await followed(Running(stop))

    async with httpx.AsyncClient() as client, AsyncExitStack() as serving:
        await serving.enter_async_context(serve_http(settings, Starlette(routes=[Route("/", answered)])))
        async with client.stream("GET", f"http://127.0.0.1:{port}/", timeout=60) as response:
            lines = response.aiter_lines()
            while not (await anext(lines)).startswith("data: "):
                pass
            stop.set()
            async with asyncio.timeout(45):
                await serving.aclose()
                rest = [line async for line in lines]
    assert "event: problem" in rest


class Running:
    """A job that runs and runs."""

    route = route("FollowVideoJob")

    def __init__(self, stop):
        self.stop = stop

    async def once(self):
        return video_job_service_pb2.GetVideoJobResponse(job={"state": video_job_service_pb2.VIDEO_JOB_STATE_RUNNING})


async def test_who_hangs_up_ends_the_call():
    """A client that goes takes its call with it."""
    call = Call(60.0)
    pieces = events_of(route("WatchAlerts"), Messages(call), ALERT)
    assert await anext(pieces) == b": open\n\n"
    assert (await anext(pieces)).startswith(b"id: 7")
    await pieces.aclose()
    assert call.cancelled


async def test_an_export_that_breaks_off_says_why():
    """The last line has a problem alone: whoever reads it does not take the others for all."""
    first = import_service_pb2.ExportFacesResponse()
    first.persons.add(external_id="one")
    pieces = [json.loads(piece) async for piece in lines_of(route("ExportFaces"), Messages(Call(AWAY)), first)]
    assert [sorted(piece) for piece in pieces] == [["faces", "persons"], ["problem"]]
    assert pieces[1]["problem"]["reason"] == "MATCH_UNAVAILABLE"
