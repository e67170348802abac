"""The people of a system in which every RPC is tried, objects of their own, and objects of somebody else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from authz_requests import PERSON
from known_callers import until_known
from secrets_for_tests import secrets_folder, tester

from sightline.chassis.bus import connect_bus
from sightline.chassis.identity.api_key import hash_secret, new_key
from sightline.chassis.identity.rights import PEOPLES_ROLES
from sightline.chassis.ids import derived_id, new_id
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.receipts import Erased, Receipts, Step
from sightline.chassis.rpc import open_channel
from sightline.chassis.topology import ACCESS, ALERT_RECORDS, CAMERAS, EVIDENCE, JOBS, NOTIFY_KEYS, alerts
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.notify.sealed_pictures import SealedPictures
from sightline.v1 import (
    access_pb2,
    access_service_pb2,
    alert_service_pb2,
    events_pb2,
    face_pb2,
    gallery_service_pb2,
    records_pb2,
    subscription_service_pb2,
    video_job_service_pb2,
)
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.subscription_service_pb2_grpc import SubscriptionServiceStub

if TYPE_CHECKING:
    from authz_system import System

    from sightline.chassis.bus import Bus

ROLES = {access_pb2.Role.Name(role).removeprefix("ROLE_").lower(): role for role in PEOPLES_ROLES}
STRANGER = "stranger"
CROSSED = "crossed"
"""Somebody with two grants: on their own watchlist at a foreign camera, and on a foreign one at their own camera."""
_SPARE = 24


async def populate(system: System) -> None:
    """Makes them; where there were some before, the system's calls are about the new ones alone."""
    async with connect_bus(system.nats_url, "test") as bus:
        await _add_watchlists(system)
        await _add_cameras(system, bus)
        await _add_alerts(system, bus)
        await _add_subscriptions(system)
        await _add_receipts(system, bus)
        objects = system.objects
        objects.granted_watchlists = (objects.watchlists["own"], *objects.spare_watchlists["own"])
        objects.granted_cameras = (objects.cameras["own"], *objects.spare_cameras["own"])
        access = await bus.bucket(ACCESS)
        for handle in (*ROLES, STRANGER):
            await _add_person(system, access, handle)
        await _add_crossed(system, access)
    targets = {name: service.target for name, service in system.services.items()}
    # Whoever knows the last of them knows all.
    await until_known(system.keys[CROSSED, False, False], **targets)


async def _add_watchlists(system: System) -> None:
    async with open_channel(system.services["match"].target, tester()) as channel:
        gallery = GalleryServiceStub(channel)

        async def add() -> str:
            watchlist = gallery_service_pb2.Watchlist(name=new_id(), purpose="test", keep_references=True)
            made = await gallery.CreateWatchlist(gallery_service_pb2.CreateWatchlistRequest(watchlist=watchlist))
            return str(made.watchlist.id)

        for choice in ("own", "foreign"):
            system.objects.watchlists[choice] = await add()
            system.objects.spare_watchlists[choice] = [await add() for _ in range(_SPARE // 2)]
            system.objects.faces[choice] = await _add_face(gallery, system.objects.watchlists[choice], system.picture)


async def _add_face(gallery, watchlist: str, picture: bytes) -> str:
    """Somebody without a face, and somebody with one."""
    person = gallery_service_pb2.Person(external_id=PERSON)
    await gallery.CreatePerson(gallery_service_pb2.CreatePersonRequest(watchlist=watchlist, person=person))
    request = gallery_service_pb2.EnrollFaceRequest(
        watchlist=watchlist, person="enrolled", image=face_pb2.Image(encoded=picture)
    )
    return str((await gallery.EnrollFace(request)).face.id)


async def _add_cameras(system: System, bus: Bus) -> None:
    bucket, jobs = await bus.bucket(CAMERAS), await bus.bucket(JOBS)

    async def add() -> str:
        """A camera, and a job of the same id: one request names either."""
        record = records_pb2.CameraRecord()
        record.camera.id, record.camera.name = new_id(), "camera"
        record.camera.source_url = system.video.removesuffix("one.mp4")
        await bucket.put(record.camera.id, record.SerializeToString())
        job = video_job_service_pb2.VideoJob(id=record.camera.id, state=video_job_service_pb2.VIDEO_JOB_STATE_DONE)
        job.create_time.GetCurrentTime()
        # Without it the job would be forgotten while it is asked for.
        job.expire_time.FromSeconds(int(time.time()) + 3600)
        await jobs.put(job.id, records_pb2.VideoJobRecord(job=job).SerializeToString())
        return str(record.camera.id)

    for choice in ("own", "foreign"):
        system.objects.cameras[choice] = await add()
        system.objects.spare_cameras[choice] = [await add() for _ in range(_SPARE)]


async def _add_alerts(system: System, bus: Bus) -> None:
    """The first is nobody's business; the others are of the callers' own, of a foreign watchlist, a foreign camera."""
    keys = BucketKeyRing(WrappedKeys(bus, NOTIFY_KEYS), secrets_folder().alerts_keys())
    pictures, objects = SealedPictures(await bus.object_store(EVIDENCE), keys), system.objects
    records = await bus.bucket(ALERT_RECORDS)
    places = {
        "first": ("foreign", "foreign"),
        "own": ("own", "own"),
        "foreign": ("foreign", "own"),
        "of a foreign camera": ("own", "foreign"),
    }
    for name, (watchlist, camera) in places.items():
        alert = alert_service_pb2.Alert(
            id=new_id(),
            state=alert_service_pb2.ALERT_STATE_RAISED,
            revision=1,
            watchlist_id=objects.watchlists[watchlist],
            source=objects.cameras[camera],
            evidence=alert_service_pb2.EVIDENCE_KIND_CROP,
            person=events_pb2.Candidate(person_id=new_id()),
        )
        alert.create_time.GetCurrentTime()
        record = records_pb2.AlertRecord(alert=alert, published_revision=1)
        await records.put(alert.id, record.SerializeToString())
        subject = alerts(alert.watchlist_id, "raised")
        await bus.publish(subject, alert_service_pb2.AlertEvent(alert=alert), dedup_id=alert.id)
        await pictures.put(alert.id, alert.person.person_id, b"picture")
        objects.alerts[name] = alert.id


async def _add_subscriptions(system: System) -> None:
    """Webhooks to nowhere, each on one watchlist and one camera."""
    objects = system.objects
    async with open_channel(system.services["notify"].target, tester()) as channel:
        stub = SubscriptionServiceStub(channel)

        async def add(choice: str) -> str:
            subscription = subscription_service_pb2.Subscription(
                name="hook",
                kind=subscription_service_pb2.SUBSCRIPTION_KIND_EXTERNAL,
                webhook=subscription_service_pb2.Webhook(url="https://hooks.invalid/"),
                watchlist_ids=[objects.watchlists[choice]],
                camera_ids=[objects.cameras[choice]],
            )
            request = subscription_service_pb2.CreateSubscriptionRequest(subscription=subscription)
            return str((await stub.CreateSubscription(request)).subscription.id)

        for choice in ("own", "foreign"):
            objects.subscriptions[choice] = await add(choice)
            objects.spare_subscriptions[choice] = [await add(choice) for _ in range(_SPARE)]


async def _add_receipts(system: System, bus: Bus) -> None:
    """As if somebody had asked that these watchlists be erased, and nothing had been done yet."""
    for choice in ("own", "foreign"):
        erased = Erased(system.objects.watchlists[choice], "", "1")
        await Receipts(bus, "match").add(erased, Step.REQUESTED, "a test asked for it")
        system.objects.receipts[choice] = erased.receipt_id


async def _add_person(system: System, access, handle: str) -> None:
    """A subject with their role on everything, and a key for each way of narrowing it."""
    subject = access_service_pb2.Subject(id=derived_id("subject", handle), handle=handle)
    if handle in ROLES:
        subject.grants.add(role=ROLES[handle], watchlist_ids=["*"], camera_ids=["*"])
    await access.put(f"subject.{subject.id}", records_pb2.SubjectRecord(subject=subject).SerializeToString())
    for all_watchlists in (False, True):
        for all_cameras in (False, True):
            grant = access_service_pb2.Grant(
                role=ROLES.get(handle, access_pb2.ROLE_VIEWER),
                watchlist_ids=["*"] if all_watchlists else system.objects.granted_watchlists,
                camera_ids=["*"] if all_cameras else system.objects.granted_cameras,
            )
            system.keys[handle, all_watchlists, all_cameras] = (await _add_key(access, subject.id, grant))[1]
    narrow = access_service_pb2.Grant(
        role=ROLES.get(handle, access_pb2.ROLE_VIEWER),
        watchlist_ids=system.objects.granted_watchlists,
        camera_ids=system.objects.granted_cameras,
    )
    spare = [await _add_key(access, subject.id, narrow) for _ in range(_SPARE)]
    system.spare_keys[handle] = [key_id for key_id, _ in spare]


async def _add_crossed(system: System, access) -> None:
    """With a key that may all that they may."""
    subject = access_service_pb2.Subject(id=derived_id("subject", CROSSED), handle=CROSSED)
    for role in (access_pb2.ROLE_OPERATOR, access_pb2.ROLE_REVIEWER):
        for watchlist, camera in (("own", "foreign"), ("foreign", "own")):
            granted = ([system.objects.watchlists[watchlist]], [system.objects.cameras[camera]])
            subject.grants.add(role=role, watchlist_ids=granted[0], camera_ids=granted[1])
    await access.put(f"subject.{subject.id}", records_pb2.SubjectRecord(subject=subject).SerializeToString())
    system.keys[CROSSED, False, False] = (await _add_key(access, subject.id))[1]


async def _add_key(access, subject_id: str, *grants: access_service_pb2.Grant) -> tuple[str, str]:
    made = new_key()
    record = records_pb2.ApiKeyRecord(secret_hash=hash_secret(secrets_folder().callers_key(), made.secret))
    key = access_service_pb2.ApiKey(id=made.id, subject_id=subject_id, name="test", grants=grants)
    key.expire_time.FromSeconds(int(time.time()) + 3600)
    key.lifetime.FromSeconds(1800)  # a successor lives no longer than the key that makes it
    record.key.CopyFrom(key)
    await access.put(f"key.{made.id}", record.SerializeToString())
    return made.id, made.text
