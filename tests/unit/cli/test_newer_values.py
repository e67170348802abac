"""An older command in front of a newer server: values that it does not know are shown by their numbers."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from rich.progress import Progress

from sightline.cli.alert_view import alert_row, alert_rows
from sightline.cli.camera_view import show_camera, show_cameras, show_status
from sightline.cli.grant_options import grant_rows
from sightline.cli.import_faces import Run
from sightline.cli.import_journal import Report
from sightline.cli.subscription_view import show_deliveries, show_subscription, show_subscriptions
from sightline.cli.video.calls import until_ended
from sightline.cli.watchlist_view import show_watchlist, show_watchlists
from sightline.v1 import (
    alert_service_pb2,
    camera_service_pb2,
    gallery_service_pb2,
    import_service_pb2,
    subscription_service_pb2,
    video_job_service_pb2,
)
from sightline.v1.access_service_pb2 import Grant

NEWER = 77


def test_alerts_of_a_newer_server_are_shown():
    """State, policy, priority, decision and confidence."""
    alert = alert_service_pb2.Alert(state=NEWER, review_policy=NEWER, priority=NEWER)
    alert.reviews.add(reviewer="somebody", decision=NEWER, confidence=NEWER, reason="the scar")
    told = dict(alert_rows(alert))
    assert [told[name] for name in ("state", "policy", "priority")] == ["77", "77", "77"]
    assert told["somebody"] == "77 (77 confidence): the scar"
    assert "77" in alert_row(alert)


def test_cameras_of_a_newer_server_are_shown(capsys):
    """State, profile, transport and motion gate."""
    camera = camera_service_pb2.Camera(detection_profile=NEWER, rtsp_transport=NEWER, motion_gate=NEWER)
    status = camera_service_pb2.CameraStatus(state=NEWER)
    show_camera(camera, json=False)
    show_cameras([(camera, status)], json=False)
    show_status(status, json=False)
    assert capsys.readouterr().out.count("77") == 5


def test_subscriptions_of_a_newer_server_are_shown(capsys):
    """Kind, state, the alerts' states and priority, and what became of a delivery."""
    subscription = subscription_service_pb2.Subscription(kind=NEWER, state=NEWER, states=[NEWER], min_priority=NEWER)
    show_subscription(subscription, json=False)
    show_subscriptions([subscription], json=False)
    show_deliveries([subscription_service_pb2.Delivery(outcome=NEWER)], json=False)
    assert capsys.readouterr().out.count("77") == 7


def test_grants_and_watchlists_of_a_newer_server_are_shown(capsys):
    """A role, a review policy in the list and of one watchlist, and its priority."""
    assert grant_rows([Grant(role=NEWER)]) == [("77", "none", "none")]
    watchlist = gallery_service_pb2.Watchlist(review_policy=NEWER, priority=NEWER)
    show_watchlists([watchlist], json=False)
    show_watchlist(watchlist, json=False)
    assert capsys.readouterr().out.count("77") == 3


def test_an_import_counts_what_became_of_faces_at_a_newer_server():
    """Beside what it knows; it goes on."""
    run = Run(None, Report(None), Progress())
    answer = import_service_pb2.ImportFacesResponse(items=[{"outcome": NEWER}, {"outcome": 1}])
    run._answered(SimpleNamespace(entries=[]), answer)
    assert (run.counts["77"], run.counts["enrolled"]) == (1, 1)


def test_a_job_that_ended_otherwise_at_a_newer_server_has_ended():
    """Whoever waits for a job does not wait for ever: its record says when it ended."""
    job = video_job_service_pb2.VideoJob(id="j", state=NEWER)
    job.end_time.GetCurrentTime()
    asked = []

    class Videos:
        """A server that has one job."""

        async def GetVideoJob(self, request, **_):
            asked.append(request.job_id)
            return video_job_service_pb2.GetVideoJobResponse(job=job)

    assert asyncio.run(until_ended(Videos(), "j", lambda _: None)) == job
    assert asked == ["j"]
