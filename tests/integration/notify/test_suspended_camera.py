"""From reviewers' dismissals to a camera that is watched no more: real notify, real ingest, a camera that is a file."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from camera_calls import Cameras
from fakes import sighting_of
from secrets_for_tests import tester
from squares import serve_squares, write_video

from sightline.chassis.ids import derived_id
from sightline.chassis.rpc import open_channel
from sightline.v1 import alert_service_pb2, events_pb2
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1.alert_service_pb2_grpc import AlertServiceStub
from sightline.v1.gallery_service_pb2 import REVIEW_POLICY_ONE

FALSE, TRUE = 10, 1
PATIENCE = 60
"""Seconds, for a machine that does much else; the steps take one or two."""


@pytest.fixture
async def system(bus, nats_server, service_process, tmp_path):
    """A notify that is told where an ingest will be, which runs later: what starts it, and alerts' stub."""
    video = write_video(tmp_path / "squares.mp4", 180.0)
    async with AsyncExitStack() as stack:
        detect = await stack.enter_async_context(serve_squares(bus))
        detect.delay = 2.0  # the file lasts much longer than the test
        ingest = service_process(
            "ingest", nats_url=nats_server.url, detect_target=detect.target, video_roots=f'["{tmp_path}"]'
        )
        notify = service_process(
            "notify",
            nats_url=nats_server.url,
            state_dir=tmp_path / "state",
            ingest_target=ingest.target,
            false_alarm_reviews=FALSE + TRUE,
            storm_alerts=FALSE + TRUE,
        )
        await ingest.ready()
        await notify.ready()
        cameras = Cameras(ingest, await stack.enter_async_context(open_channel(ingest.target, tester())))
        alerts = AlertServiceStub(await stack.enter_async_context(open_channel(notify.target, tester())))
        yield cameras, alerts, video


@pytest.fixture
def subjects(bus):
    """A function that gives the subjects of all public events."""

    async def read():
        last = (await bus.js.stream_info("EVENTS")).state.last_seq
        return [(await bus.js.get_msg("EVENTS", number)).subject for number in range(1, last + 1)]

    return read


async def review_all(alerts, camera):
    """A reviewer confirms the first alert of a camera, and dismisses the others."""
    listed = (await alerts.ListAlerts(alert_service_pb2.ListAlertsRequest(source=camera))).alerts
    for place, alert in enumerate(listed):
        request = alert_service_pb2.ReviewAlertRequest(
            alert_id=alert.id,
            decision="REVIEW_DECISION_DISMISSED" if place else "REVIEW_DECISION_CONFIRMED",
            reason="another nose",
            confidence="REVIEW_CONFIDENCE_HIGH",
        )
        await alerts.ReviewAlert(request)


async def test_reviewers_who_dismiss_suspend_a_camera(system, see, stored, until):
    """A camera that is read alerts on eleven; ten are dismissed: it is suspended with the numbers, till it is resumed.

    The sightings are made: white squares are nobody. An ingest that is away for that moment is asked when it is back.
    """
    cameras, alerts, video = system
    camera = await cameras.watch(video.as_uri(), sample_fps=3)
    await cameras.until(camera, lambda status: status.state == pb.CAMERA_STATE_RUNNING, PATIENCE)
    people = [derived_id(str(number)) for number in range(FALSE + TRUE)]
    for person in people:
        await see(sighting_of(person, 0, person_id=person, source=camera, review_policy=REVIEW_POLICY_ONE))

    async def raised():
        listed = await alerts.ListAlerts(alert_service_pb2.ListAlertsRequest(source=camera))
        return len(listed.alerts) == len(people)

    await until(raised, PATIENCE)
    cameras.service.kill()
    await review_all(alerts, camera)
    await asyncio.sleep(3)
    cameras.service.start()
    await cameras.service.ready()
    status = await cameras.until(camera, lambda status: status.state == pb.CAMERA_STATE_SUSPENDED, PATIENCE)
    assert status.reason.reason == "FALSE_ALARMS"
    assert "10 of the 11 alerts" in status.reason.message
    trail = [event for event, _ in await stored("AUDIT", events_pb2.AuditEvent) if event.action == "cameras.suspend"]
    assert [(event.principal, event.object_id, event.outcome) for event in trail] == [("service:notify", camera, "ok")]
    await cameras.stub.ResumeCamera(pb.ResumeCameraRequest(camera_id=camera, purpose="turned away from the mirror"))
    await cameras.until(camera, lambda status: status.state == pb.CAMERA_STATE_RUNNING, PATIENCE)
    await asyncio.sleep(3)
    assert (await cameras.status(camera)).state == pb.CAMERA_STATE_RUNNING


async def test_a_storm_suspends_its_camera_and_loses_no_alert(system, see, subjects, until):
    """Of fifteen alerts in a moment the twelfth makes a storm: all are there, it is said, and the camera says why."""
    cameras, alerts, video = system
    camera = await cameras.watch(video.as_uri(), sample_fps=3)
    await cameras.until(camera, lambda status: status.state == pb.CAMERA_STATE_RUNNING, PATIENCE)
    for number in range(15):
        person = derived_id(str(number))
        await see(sighting_of(person, 0, person_id=person, source=camera))
    status = await cameras.until(camera, lambda status: status.state == pb.CAMERA_STATE_SUSPENDED, PATIENCE)
    assert status.reason.reason == "ALERT_STORM"
    assert "12 alerts in 60 seconds (limit 11)" in status.reason.message

    async def all_there():
        listed = (await alerts.ListAlerts(alert_service_pb2.ListAlertsRequest(source=camera))).alerts
        return [bool(alert.storm_id) for alert in listed] == [True] * 4 + [False] * 11

    async def said():
        return [subject for subject in await subjects() if ".storm." in subject]

    await until(all_there, PATIENCE)
    assert await until(said, PATIENCE) == [f"sightline.events.storm.began.{camera}"]
