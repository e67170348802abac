"""What the declarations of the contracts decide, for callers with all kinds of rights."""

from __future__ import annotations

from importlib import import_module

import pytest

from sightline.chassis.access import AccessTable, CameraIds, NotGranted, Place, WatchlistIds
from sightline.chassis.errors import NotFound, PermissionDenied
from sightline.chassis.identity.rights import EVERYTHING, SERVICE_RIGHTS, Reach, Rights, Selection
from sightline.chassis.ids import derived_id
from sightline.chassis.principal import Principal
from sightline.v1 import (
    access_pb2,
    access_service_pb2,
    alert_service_pb2,
    camera_service_pb2,
    gallery_service_pb2,
    subscription_service_pb2,
    video_job_service_pb2,
)

for name in ("access", "alert", "camera", "gallery", "evidence"):
    import_module(f"sightline.v1.{name}_service_pb2")

W, OTHER_W, C, OTHER_C, ME, SOMEBODY = (derived_id(name) for name in ("w", "other w", "c", "other c", "me", "else"))
ON_W = access_service_pb2.Grant(role=access_pb2.ROLE_OPERATOR, watchlist_ids=[W], camera_ids=[C])
ON_ALL = access_service_pb2.Grant(role=access_pb2.ROLE_OPERATOR, watchlist_ids=["*"], camera_ids=["*"])
GALLERY, CAMERAS, ALERTS, ACCESS, JOBS, SUBSCRIPTIONS = (
    f"/sightline.v1.{name}Service" for name in ("Gallery", "Camera", "Alert", "Access", "VideoJob", "Subscription")
)


class NamedWatchlists:
    """Watchlists of two names."""

    async def place(self, name):
        """See Locator."""
        return {"wanted": Place(watchlist=W), "other": Place(watchlist=OTHER_W)}.get(name)

    def missing(self, name):
        """See Locator."""
        return NotFound("WATCHLIST_NOT_FOUND", f"There is no watchlist '{name}'.")


class Owned:
    """Objects that belong to the subject of their name."""

    async def place(self, name):
        """See Locator."""
        return Place(subject=name)

    def missing(self, name):
        """See Locator."""
        return NotFound("SUBJECT_NOT_FOUND", f"There is no '{name}'.")


class AlertOfBoth:
    """An alert of the one watchlist and the camera that its id says."""

    async def place(self, name):
        """See Locator."""
        return Place(watchlist=W, camera=name)

    def missing(self, name):
        """See Locator."""
        return NotFound("ALERT_NOT_FOUND", f"There is no alert {name}.")


@pytest.fixture
def table():
    """Gallery, cameras, alerts and access; watchlists are known by name, all else by id."""
    services = [method.removeprefix("/") for method in (GALLERY, CAMERAS, ALERTS, ACCESS)]
    return AccessTable(
        services,
        {
            access_pb2.OBJECT_KIND_WATCHLIST: NamedWatchlists(),
            access_pb2.OBJECT_KIND_CAMERA: CameraIds(),
            access_pb2.OBJECT_KIND_ALERT: AlertOfBoth(),
            access_pb2.OBJECT_KIND_SUBJECT: Owned(),
            access_pb2.OBJECT_KIND_API_KEY: Owned(),
        },
    )


def caller(*grants):
    """Somebody with these grants."""
    return Principal(ME, Rights.of(grants))


def grant(role, watchlists=("*",), cameras=("*",)):
    """A grant of that role."""
    return access_service_pb2.Grant(
        role=access_pb2.Role.Value(f"ROLE_{role}"), watchlist_ids=watchlists, camera_ids=cameras
    )


def test_without_a_role_nothing_can_be_called(table):
    """Whoever has none of the roles of an RPC is refused, and told which would do."""
    with pytest.raises(PermissionDenied, match="ROLE_MISSING: This takes the role operator"):
        table.reach(f"{GALLERY}/EnrollFace", caller(grant("REVIEWER"), grant("ADMIN")))


def test_a_services_own_rpc_is_not_for_people():
    """No role of people opens an RPC that is declared for services alone; the role of services does."""
    import_module("sightline.v1.evidence_service_pb2")
    table = AccessTable(["sightline.v1.EvidenceService"], {access_pb2.OBJECT_KIND_TRACK: Owned()})
    roles = [role.removeprefix("ROLE_") for role in access_pb2.Role.keys()[1:] if role != "ROLE_SERVICE"]
    everything = caller(*map(grant, roles))
    with pytest.raises(PermissionDenied, match="service"):
        table.reach("/sightline.v1.EvidenceService/GetEvidence", everything)
    assert table.reach("/sightline.v1.EvidenceService/GetEvidence", Principal("service:notify", SERVICE_RIGHTS))


def test_only_the_roles_that_count_give_reach(table):
    """Of a caller's roles those that the RPC accepts decide what it reaches: a viewer of all enrols nowhere new."""
    both = caller(grant("VIEWER"), ON_W)
    assert table.reach(f"{GALLERY}/EnrollFace", both).watchlists == Selection.of([W])
    assert table.reach(f"{GALLERY}/ListFaces", both).watchlists == EVERYTHING


async def test_what_is_not_granted_is_as_if_it_were_not(table):
    """Somebody else's watchlist and one that is not there differ in nothing but the name that was asked for."""
    reach = table.reach(f"{GALLERY}/GetWatchlist", caller(ON_W))

    async def refused(name):
        with pytest.raises(NotFound) as caught:
            await table.check(f"{GALLERY}/GetWatchlist", gallery_service_pb2.GetWatchlistRequest(watchlist=name), reach)
        return caught.value

    foreign, missing = await refused("other"), await refused("nowhere")
    assert (foreign.status, foreign.reason) == (missing.status, missing.reason)
    assert foreign.message.replace("other", "nowhere") == missing.message
    assert isinstance(foreign, NotGranted)
    assert not isinstance(missing, NotGranted)
    await table.check(f"{GALLERY}/GetWatchlist", gallery_service_pb2.GetWatchlistRequest(watchlist="wanted"), reach)


async def test_every_one_of_several_objects_counts(table):
    """An alert needs its watchlist and its camera: one of them is not enough."""
    request = alert_service_pb2.GetAlertEvidenceRequest
    reach = table.reach(f"{ALERTS}/GetAlertEvidence", caller(ON_W))
    await table.check(f"{ALERTS}/GetAlertEvidence", request(alert_id=C), reach)
    with pytest.raises(NotFound, match="ALERT_NOT_FOUND"):
        await table.check(f"{ALERTS}/GetAlertEvidence", request(alert_id=OTHER_C), reach)


async def test_two_grants_give_no_alert_that_neither_has(table):
    """A watchlist of the one at a camera of the other stays somebody else's, also where two roles have one each."""
    request, method = alert_service_pb2.GetAlertEvidenceRequest, f"{ALERTS}/GetAlertEvidence"
    for first, second in (("REVIEWER", "REVIEWER"), ("OPERATOR", "REVIEWER")):
        reach = table.reach(method, caller(grant(first, [W], [C]), grant(second, [OTHER_W], [OTHER_C])))
        await table.check(method, request(alert_id=C), reach)
        with pytest.raises(NotFound, match="ALERT_NOT_FOUND"):
            await table.check(method, request(alert_id=OTHER_C), reach)


async def test_what_a_request_names_together_is_granted_together():
    """A watchlist and a camera, each of another grant, are neither looked for, nor listed, nor sent together."""
    services = [f"sightline.v1.{name}Service" for name in ("Alert", "Camera", "VideoJob", "Subscription")]
    locators = {access_pb2.OBJECT_KIND_WATCHLIST: WatchlistIds(), access_pb2.OBJECT_KIND_CAMERA: CameraIds()}
    table = AccessTable(
        services, locators | {access_pb2.OBJECT_KIND_ALERT: AlertOfBoth(), access_pb2.OBJECT_KIND_SUBSCRIPTION: Owned()}
    )
    crossed = caller(grant("OPERATOR", [W], [C]), grant("OPERATOR", [OTHER_W], ["*"]))

    async def refused(method, request):
        reach = table.reach(method, crossed)
        try:
            await table.check(method, request, reach)
        except PermissionDenied as error:
            return error.reason
        return ""

    def subscribe(watchlists, cameras):
        subscription = subscription_service_pb2.Subscription(watchlist_ids=watchlists, camera_ids=cameras)
        return subscription_service_pb2.CreateSubscriptionRequest(subscription=subscription)

    for watchlist, camera, reason in ((W, C, ""), (OTHER_W, C, ""), (W, OTHER_C, "GRANT_TOO_NARROW")):
        listed = alert_service_pb2.ListAlertsRequest(watchlist_id=watchlist, source=camera)
        found = video_job_service_pb2.GetVideoJobResultsRequest(watchlist_id=watchlist, job_id=camera)
        looked_for = camera_service_pb2.UpdateCameraRequest(
            camera_id=camera, changes=camera_service_pb2.Camera(watchlist_ids=[watchlist])
        )
        assert await refused(f"{ALERTS}/ListAlerts", listed) == reason
        assert await refused(f"{JOBS}/GetVideoJobResults", found) == reason
        assert await refused(f"{CAMERAS}/UpdateCamera", looked_for) == reason
        assert await refused(f"{SUBSCRIPTIONS}/CreateSubscription", subscribe([watchlist], [camera])) == reason
    for watchlists, reason in (([OTHER_W], ""), ([W], "GRANT_TOO_NARROW"), ([W, OTHER_W], "GRANT_TOO_NARROW")):
        started = video_job_service_pb2.StartVideoJobRequest(watchlist_ids=watchlists)
        new = camera_service_pb2.CreateCameraRequest(camera=camera_service_pb2.Camera(watchlist_ids=watchlists))
        assert await refused(f"{JOBS}/StartVideoJob", started) == reason
        assert await refused(f"{CAMERAS}/CreateCamera", new) == reason
        assert await refused(f"{SUBSCRIPTIONS}/CreateSubscription", subscribe(watchlists, [])) == reason
    assert await refused(f"{SUBSCRIPTIONS}/CreateSubscription", subscribe([W, OTHER_W], [C])) == ""


async def test_a_new_object_takes_a_grant_on_all(table):
    """Whoever is narrowed to some watchlists makes no new one; else they could widen themselves."""
    request = gallery_service_pb2.CreateWatchlistRequest()
    narrow, wide = (table.reach(f"{GALLERY}/CreateWatchlist", caller(each)) for each in (ON_W, ON_ALL))
    with pytest.raises(PermissionDenied, match="GRANT_TOO_NARROW"):
        await table.check(f"{GALLERY}/CreateWatchlist", request, narrow)
    await table.check(f"{GALLERY}/CreateWatchlist", request, wide)


async def test_naming_none_where_that_means_all_takes_a_grant_on_all():
    """A camera that names no watchlist matches every one: only who has all may make it; named ones are checked."""
    table = AccessTable(
        ["sightline.v1.CameraService"],
        {access_pb2.OBJECT_KIND_WATCHLIST: WatchlistIds(), access_pb2.OBJECT_KIND_CAMERA: CameraIds()},
    )
    method, reach = f"{CAMERAS}/CreateCamera", Reach.of(Selection.of([W]), EVERYTHING, EVERYTHING)

    def request(*watchlists):
        return camera_service_pb2.CreateCameraRequest(camera=camera_service_pb2.Camera(watchlist_ids=watchlists))

    await table.check(method, request(W), reach)
    with pytest.raises(PermissionDenied, match=r"GRANT_TOO_NARROW: .* all watchlists"):
        await table.check(method, request(), reach)
    with pytest.raises(NotFound, match="WATCHLIST_NOT_FOUND"):
        await table.check(method, request(W, OTHER_W), reach)


async def test_everybody_reaches_what_is_their_own(table):
    """Without any role one may revoke one's own key, and nobody else's; an administrator may both."""
    method, request = f"{ACCESS}/RevokeApiKey", access_service_pb2.RevokeApiKeyRequest
    own, all_ = table.reach(method, caller()), table.reach(method, caller(grant("ADMIN")))
    await table.check(method, request(key_id=ME), own)
    await table.check(method, request(key_id=SOMEBODY), all_)
    with pytest.raises(NotFound):
        await table.check(method, request(key_id=SOMEBODY), own)
