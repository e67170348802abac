"""Every RPC, for every role, on own, foreign and missing objects, against a running system."""

from __future__ import annotations

import asyncio
import csv
from contextlib import suppress
from pathlib import Path

import grpc
import pytest
from authz_calls import outcome
from authz_cases import Case, cases, methods
from authz_population import CROSSED
from authz_requests import REQUESTS
from authz_system import CALLERS

from sightline.chassis.rpc import from_rpc_error
from sightline.v1 import alert_service_pb2, camera_service_pb2, gallery_service_pb2
from sightline.v1.alert_service_pb2_grpc import AlertServiceStub
from sightline.v1.camera_service_pb2_grpc import CameraServiceStub
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub

TABLE = Path(__file__).parents[2] / "contract" / "authz.csv"
ACTUAL = Path(__file__).parents[3] / "out" / "authz.csv"
_AS_VIEWER = Case("own")


async def measured(system) -> list[dict[str, str]]:
    """The table as the running system makes it."""
    rows = []
    for method in methods():
        for case in cases(method):
            words = [await outcome(system, method, caller, case) for caller in CALLERS]
            rows.append({"rpc": method.name, "object": case.label, **dict(zip(CALLERS, words, strict=True))})
    return rows


def test_authz_matrix_knows_every_rpc():
    """An RPC of the contracts without a request to try it with fails here, by name; so does one that is gone."""
    assert {method.name for method in methods()} == set(REQUESTS)


@pytest.mark.timeout(600)
def test_authz_matrix(system):
    """What the running system answers is what tests/contract/authz.csv says, row by row."""
    rows = asyncio.run(measured(system))
    ACTUAL.parent.mkdir(exist_ok=True)
    with ACTUAL.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["rpc", "object", *CALLERS], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    with TABLE.open(newline="") as file:
        expected = list(csv.DictReader(file))
    differing = [row for row in rows if row not in expected] + [row for row in expected if row not in rows]
    assert not differing, f"compare {ACTUAL} with {TABLE}: {differing}"


def test_authz_matrix_lets_no_stranger_in():
    """In the table itself: nothing goes without credentials, and for whoever is let in, foreign is as missing."""
    with TABLE.open(newline="") as file:
        rows = {(row["rpc"], row["object"]): row for row in csv.DictReader(file)}
    assert all(row["nobody"] == "unknown" for row in rows.values())
    administrators = {"admin", "auditor", "service"}
    for (rpc, what), row in rows.items():
        if not what.startswith("foreign"):
            continue
        for caller in set(CALLERS) - administrators:
            assert row[caller] in {"not found", "denied", "unknown"}, (rpc, what, caller)
            assert row[caller] == rows[rpc, what.replace("foreign", "missing")][caller], (rpc, what, caller)


async def within(seconds, stream) -> list[str]:
    """The alerts that a stream brings in the time from the first of them on."""
    seen = [(await anext(aiter(stream))).alert.id]
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            async for answer in stream:
                seen.append(answer.alert.id)  # noqa: PERF401 - the time-out must not take what has come
    stream.cancel()
    return seen


def test_authz_matrix_lists_hold_the_callers_own(system):
    """Watchlists, cameras and alerts of a narrow viewer: their own and no other; of a stream, too."""
    objects = system.objects

    async def listed():
        async with system.channel("GalleryService", "viewer", _AS_VIEWER) as channel:
            gallery = await GalleryServiceStub(channel).ListWatchlists(gallery_service_pb2.ListWatchlistsRequest())
        async with system.channel("CameraService", "viewer", _AS_VIEWER) as channel:
            cameras = await CameraServiceStub(channel).ListCameras(camera_service_pb2.ListCamerasRequest())
        async with system.channel("AlertService", "viewer", _AS_VIEWER) as channel:
            stub = AlertServiceStub(channel)
            alerts = await stub.ListAlerts(alert_service_pb2.ListAlertsRequest())
            seen = await within(
                2, stub.WatchAlerts(alert_service_pb2.WatchAlertsRequest(after_sequence=1), timeout=120)
            )
        return gallery, cameras, alerts, seen

    gallery, cameras, alerts, seen = asyncio.run(listed())
    assert objects.watchlists["own"] in {each.id for each in gallery.watchlists}
    assert {each.id for each in gallery.watchlists} <= set(objects.granted_watchlists)
    assert objects.cameras["own"] in {each.id for each in cameras.cameras}
    assert {each.id for each in cameras.cameras} <= set(objects.granted_cameras)
    assert [each.id for each in alerts.alerts] == [objects.alerts["own"]]
    assert set(seen) == {objects.alerts["own"]}  # once more, where a reviewer of the table has decided about it


def test_authz_matrix_keeps_grants_apart(system):
    """Who has two grants has what either has: no alert of a watchlist of the one at a camera of the other."""
    objects = system.objects
    allowed = {objects.alerts["foreign"], objects.alerts["of a foreign camera"]}

    async def reason(call):
        try:
            await call
        except grpc.aio.AioRpcError as error:
            return from_rpc_error(error, "test").reason
        return "ok"

    async def seen():
        async with system.channel("AlertService", CROSSED, _AS_VIEWER) as channel:
            stub = AlertServiceStub(channel)
            listed = await stub.ListAlerts(alert_service_pb2.ListAlertsRequest())
            request = alert_service_pb2.WatchAlertsRequest(after_sequence=1)
            watched = await within(2, stub.WatchAlerts(request, timeout=120))
            looked_at = {
                name: [
                    await reason(stub.GetAlert(alert_service_pb2.GetAlertRequest(alert_id=alert_id))),
                    await reason(stub.GetAlertEvidence(alert_service_pb2.GetAlertEvidenceRequest(alert_id=alert_id))),
                ]
                for name, alert_id in objects.alerts.items()
            }
        return {each.id for each in listed.alerts}, set(watched), looked_at

    listed, watched, looked_at = asyncio.run(seen())
    assert (listed, watched) == (allowed, allowed)
    assert looked_at == {
        "first": ["ALERT_NOT_FOUND"] * 2,
        "own": ["ALERT_NOT_FOUND"] * 2,
        "foreign": ["ok"] * 2,
        "of a foreign camera": ["ok"] * 2,
    }


def test_authz_matrix_is_in_order():
    """Rows stand as the contracts do, so that a reader finds an RPC, and none stands twice."""
    with TABLE.open(newline="") as file:
        names = [(row["rpc"], row["object"]) for row in csv.DictReader(file)]
    assert names == [(method.name, case.label) for method in methods() for case in cases(method)]
    assert len(set(names)) == len(names)
