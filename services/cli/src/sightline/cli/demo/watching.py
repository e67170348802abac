"""Enrols a person in a running system, plays a video to it, and collects the alerts."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from sightline.chassis.bus import connect_bus
from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.parties import OPERATOR
from sightline.chassis.rpc import BearerText, open_channel
from sightline.chassis.topology import EMBED_JOB, MATCH_JOB, NOTIFY, NOTIFY_EVIDENCE
from sightline.cli.authorities import trusting
from sightline.cli.client import CALL_SECONDS, every_page, told
from sightline.cli.demo.verdict import Outcome, Seen
from sightline.cli.pictures import read_picture
from sightline.cli.ports import HOST
from sightline.cli.supervision import LocalPlan
from sightline.v1 import alert_service_pb2 as alerts_pb
from sightline.v1 import camera_service_pb2 as cameras_pb
from sightline.v1 import gallery_service_pb2 as gallery_pb
from sightline.v1.alert_service_pb2_grpc import AlertServiceStub
from sightline.v1.camera_service_pb2_grpc import CameraServiceStub
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub

CAMERA = "entrance"
PURPOSE = "Demonstration"
SAMPLE_FPS = 3.0
_MIN_FACE_PX = 40
_POLL_SECONDS = 0.3
_STALL_SECONDS = 60.0
_OVER = {cameras_pb.CAMERA_STATE_ENDED, cameras_pb.CAMERA_STATE_FAILED}


@dataclass(frozen=True)
class Stubs:
    """The APIs that the demonstration calls; grpcio's stubs have no types."""

    gallery: Any
    cameras: Any
    alerts: Any


@dataclass
class Watching:
    """A video that is being watched: what has been seen of it so far."""

    plan: LocalPlan
    stubs: Stubs
    watchlist_id: str
    on_progress: Callable[[cameras_pb.CameraStatus], None]
    on_alert: Callable[[Seen], None]
    camera_id: str = ""
    started: cameras_pb.CameraStatus = field(default_factory=cameras_pb.CameraStatus)
    latencies_ms: dict[str, float] = field(default_factory=dict)

    async def play(self, video: Path) -> tuple[Outcome, list[bytes]]:
        """Play the video to its end and wait until every face in it is dealt with.

        Returns:
            What came of it, and for each alert the picture that shows why, JPEG.

        Raises:
            FailedPrecondition: the reason for which ingest gave the video up.
            Unavailable: DEMO_STALLED.
        """
        self.camera_id = await self._add_camera(video)
        listening = asyncio.create_task(self._listen())
        begin = time.monotonic()
        try:
            start = cameras_pb.StartCameraRequest(camera_id=self.camera_id, purpose=PURPOSE)
            await self.stubs.cameras.StartCamera(start, timeout=CALL_SECONDS)
            status = await self._until_over()
            seconds = time.monotonic() - begin
            await _until_idle(self.plan)
            found = await self._alerts()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        pictures = [await self._picture(alert) for alert in found]
        seen = [self._seen(alert) for alert in found]
        latencies = [self.latencies_ms.get(alert.id, _latency_ms(alert)) for alert in found]
        return Outcome(status.frames_detected, status.faces, status.tracks, seen, seconds, latencies), pictures

    async def _add_camera(self, video: Path) -> str:
        camera = cameras_pb.Camera(
            name=CAMERA,
            source_url=video.as_uri(),
            sample_fps=SAMPLE_FPS,
            min_face_px=_MIN_FACE_PX,
            watchlist_ids=[self.watchlist_id],
        )
        request = cameras_pb.CreateCameraRequest(camera=camera)
        return str((await self.stubs.cameras.CreateCamera(request, timeout=CALL_SECONDS)).camera.id)

    async def _until_over(self) -> cameras_pb.CameraStatus:
        """Follow the camera to the end of its file; a service that is being restarted is waited for."""
        last, changed = cameras_pb.CameraStatus(), time.monotonic()
        request = cameras_pb.GetCameraStatusRequest(camera_id=self.camera_id)
        while last.state not in _OVER:
            await asyncio.sleep(_POLL_SECONDS)
            with suppress(grpc.aio.AioRpcError):
                status = (await self.stubs.cameras.GetCameraStatus(request, timeout=CALL_SECONDS)).status
                if status != last:
                    last, changed, self.started = status, time.monotonic(), status
                    self.on_progress(status)
            if time.monotonic() - changed > _STALL_SECONDS:
                raise Unavailable(
                    "DEMO_STALLED",
                    f"the video has not moved for {_STALL_SECONDS:.0f} s; see {self.plan.installation.logs}",
                )
        if last.state == cameras_pb.CAMERA_STATE_FAILED:
            raise FailedPrecondition(last.reason.reason or "VIDEO_FAILED", last.reason.message)
        return last

    async def _listen(self) -> None:
        """Report each alert once, when it comes; go on where the stream broke when notify was restarted."""
        sequence = 0
        while True:
            request = alerts_pb.WatchAlertsRequest(
                watchlist_id=self.watchlist_id, after_sequence=sequence, purpose=PURPOSE
            )
            with suppress(grpc.aio.AioRpcError):
                async for answer in self.stubs.alerts.WatchAlerts(request):
                    sequence = answer.sequence
                    self._note(answer.alert)
            await asyncio.sleep(_POLL_SECONDS)

    def _note(self, alert: alerts_pb.Alert) -> None:
        if alert.source == self.camera_id and alert.id not in self.latencies_ms:
            self.latencies_ms[alert.id] = _latency_ms(alert)
            self.on_alert(self._seen(alert))

    async def _alerts(self) -> list[alerts_pb.Alert]:
        request = alerts_pb.ListAlertsRequest(watchlist_id=self.watchlist_id, source=self.camera_id, purpose=PURPOSE)
        found = await every_page(self.stubs.alerts.ListAlerts, request, "alerts")
        return sorted(found, key=lambda alert: alert.start_time.ToNanoseconds())

    async def _picture(self, alert: alerts_pb.Alert) -> bytes:
        request = alerts_pb.GetAlertEvidenceRequest(alert_id=alert.id, purpose=PURPOSE)
        return bytes((await self.stubs.alerts.GetAlertEvidence(request, timeout=CALL_SECONDS)).picture)

    def _seen(self, alert: alerts_pb.Alert) -> Seen:
        at = (alert.start_time.ToNanoseconds() - self.started.start_time.ToNanoseconds()) / 1e9
        return Seen(alert.person.external_id, CAMERA, round(alert.person.similarity, 1), round(at, 1))


def _latency_ms(alert: alerts_pb.Alert) -> float:
    """Milliseconds from the frame that decided to the alert's making."""
    return (alert.create_time.ToNanoseconds() - alert.sighting.frame_time.ToNanoseconds()) / 1e6


@asynccontextmanager
async def stubs(plan: LocalPlan, key: str) -> AsyncIterator[Stubs]:
    """Open channels to the system; errors of calls in the block become our own."""

    def opened(service: str) -> grpc.aio.Channel:
        security = trusting(SecretsFolder(plan.secrets).authority, service)
        return open_channel(f"{HOST}:{plan.ports.services[service].grpc}", BearerText(key, security))

    async with opened("match") as match, opened("ingest") as ingest, opened("notify") as notify:
        try:
            yield Stubs(GalleryServiceStub(match), CameraServiceStub(ingest), AlertServiceStub(notify))
        except grpc.aio.AioRpcError as error:
            raise told(error, "demo") from error


async def enrol(apis: Stubs, person: str, photo: Path, cooldown_s: int) -> str:
    """Make the watchlist, with review policy `none`, enrol the person, and give the watchlist's id."""
    watchlist = gallery_pb.Watchlist(name="demo", purpose=PURPOSE, review_policy=gallery_pb.REVIEW_POLICY_NONE)
    watchlist.cooldown.FromSeconds(cooldown_s)
    made = await apis.gallery.CreateWatchlist(
        gallery_pb.CreateWatchlistRequest(watchlist=watchlist), timeout=CALL_SECONDS
    )
    request = gallery_pb.EnrollFaceRequest(
        watchlist=made.watchlist.id, person=person, image=read_picture(photo), purpose=PURPOSE
    )
    await apis.gallery.EnrollFace(request, timeout=CALL_SECONDS)
    return str(made.watchlist.id)


async def _until_idle(plan: LocalPlan) -> None:
    """Wait until no face, template or sighting is on its way any more."""
    secrets = SecretsFolder(plan.secrets)
    url, key = plan.ports.nats_url, secrets.broker_key(OPERATOR)
    async with connect_bus(url, OPERATOR, authorities=secrets.authority, key=key) as bus:
        quiet, deadline = 0, time.monotonic() + _STALL_SECONDS
        while quiet < 3:  # noqa: PLR2004 - a message may be between two of the consumers when one look is taken
            lags = [await bus.lag(consumer) for consumer in (EMBED_JOB, MATCH_JOB, NOTIFY, NOTIFY_EVIDENCE)]
            quiet = 0 if any(lags) else quiet + 1
            if time.monotonic() > deadline:
                raise Unavailable("DEMO_STALLED", f"faces are not dealt with; see {plan.installation.logs}")
            await asyncio.sleep(_POLL_SECONDS)
