"""A valid request for every RPC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from sightline.chassis.ids import new_id
from sightline.v1 import (
    access_service_pb2,
    alert_service_pb2,
    approval_service_pb2,
    audit_service_pb2,
    camera_service_pb2,
    dead_letter_service_pb2,
    detect_service_pb2,
    embed_service_pb2,
    erasure_service_pb2,
    evidence_service_pb2,
    face_pb2,
    gallery_service_pb2,
    import_service_pb2,
    index_service_pb2,
    migration_service_pb2,
    search_service_pb2,
    subscription_service_pb2,
    video_job_service_pb2,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

_PURPOSE = {"purpose": "authorisation matrix"}
PERSON = "somebody.without.a.face"
"""External id of a person in every watchlist that is named."""


@dataclass(frozen=True)
class Ids:
    """What stands in a request; "" where it names none."""

    watchlist: str
    probe_watchlist: str
    face: str
    camera: str
    alert: str
    subscription: str
    receipt: str
    track: str
    subject: str
    api_key: str
    picture: bytes
    video: str


def _embedder() -> migration_service_pb2.Embedder:
    """One that nobody runs: match is not told where it would be."""
    return migration_service_pb2.Embedder(id=new_id(), dimension=128, threshold=0.5, pack="other")


def _face() -> face_pb2.Landmarks:
    points = [face_pb2.Point(x=x, y=y) for x, y in ((0.4, 0.4), (0.6, 0.4), (0.5, 0.5), (0.42, 0.6), (0.58, 0.6))]
    return face_pb2.Landmarks(
        left_eye=points[0], right_eye=points[1], nose=points[2], left_mouth=points[3], right_mouth=points[4]
    )


def _camera(ids: Ids) -> camera_service_pb2.Camera:
    watchlists = [ids.watchlist] if ids.watchlist else []
    return camera_service_pb2.Camera(name="new", source_url="rtsp://127.0.0.1:1/none", watchlist_ids=watchlists)


def _subscription(ids: Ids) -> subscription_service_pb2.Subscription:
    return subscription_service_pb2.Subscription(
        name="new",
        kind=subscription_service_pb2.SUBSCRIPTION_KIND_EXTERNAL,
        webhook=subscription_service_pb2.Webhook(url="https://hooks.invalid/"),
        **_on(ids),
    )


def _on(ids: Ids) -> dict[str, list[str]]:
    return {"watchlist_ids": list(filter(None, [ids.watchlist])), "camera_ids": list(filter(None, [ids.camera]))}


def _image(ids: Ids) -> face_pb2.Image:
    return face_pb2.Image(encoded=ids.picture)


REQUESTS: dict[str, Callable[[Ids], Message]] = {
    # A new RPC gets its valid request here, and its rows in tests/contract/authz.csv.
    "CreateWatchlist": lambda _: gallery_service_pb2.CreateWatchlistRequest(
        watchlist=gallery_service_pb2.Watchlist(name=new_id(), purpose="test")
    ),
    "GetWatchlist": lambda ids: gallery_service_pb2.GetWatchlistRequest(watchlist=ids.watchlist),
    "ListWatchlists": lambda _: gallery_service_pb2.ListWatchlistsRequest(),
    "UpdateWatchlist": lambda ids: gallery_service_pb2.UpdateWatchlistRequest(
        watchlist=ids.watchlist,
        changes=gallery_service_pb2.Watchlist(purpose="changed"),
        update_mask=FieldMask(paths=["purpose"]),
        **_PURPOSE,
    ),
    "CreatePerson": lambda ids: gallery_service_pb2.CreatePersonRequest(
        watchlist=ids.watchlist, person=gallery_service_pb2.Person(external_id=new_id()), **_PURPOSE
    ),
    "GetPerson": lambda ids: gallery_service_pb2.GetPersonRequest(watchlist=ids.watchlist, person=PERSON, **_PURPOSE),
    "ListPersons": lambda ids: gallery_service_pb2.ListPersonsRequest(watchlist=ids.watchlist, **_PURPOSE),
    "UpdatePerson": lambda ids: gallery_service_pb2.UpdatePersonRequest(
        watchlist=ids.watchlist,
        person=PERSON,
        changes=gallery_service_pb2.Person(display_name="changed"),
        update_mask=FieldMask(paths=["display_name"]),
        **_PURPOSE,
    ),
    "DeletePerson": lambda ids: gallery_service_pb2.DeletePersonRequest(
        watchlist=ids.watchlist, person=PERSON, **_PURPOSE
    ),
    "GetFace": lambda ids: gallery_service_pb2.GetFaceRequest(watchlist=ids.watchlist, face_id=ids.face, **_PURPOSE),
    "GetFaceReference": lambda ids: gallery_service_pb2.GetFaceReferenceRequest(
        watchlist=ids.watchlist, face_id=ids.face, **_PURPOSE
    ),
    "DeleteWatchlist": lambda ids: gallery_service_pb2.DeleteWatchlistRequest(watchlist=ids.watchlist, **_PURPOSE),
    "EnrollFace": lambda ids: gallery_service_pb2.EnrollFaceRequest(
        watchlist=ids.watchlist, person="somebody", image=_image(ids), **_PURPOSE
    ),
    "ListFaces": lambda ids: gallery_service_pb2.ListFacesRequest(watchlist=ids.watchlist, **_PURPOSE),
    "DeleteFaces": lambda ids: gallery_service_pb2.DeleteFacesRequest(
        watchlist=ids.watchlist, face_ids=[new_id()], **_PURPOSE
    ),
    "MoveFaces": lambda ids: gallery_service_pb2.MoveFacesRequest(
        watchlist=ids.watchlist, face_ids=[new_id()], **_PURPOSE
    ),
    "ImportFaces": lambda ids: import_service_pb2.ImportFacesRequest(
        watchlist=ids.watchlist,
        items=[import_service_pb2.ImportItem(key="one", person="somebody", image=_image(ids))],
        **_PURPOSE,
    ),
    "ExportFaces": lambda ids: import_service_pb2.ExportFacesRequest(watchlist=ids.watchlist, **_PURPOSE),
    "ExportTemplates": lambda ids: import_service_pb2.ExportTemplatesRequest(watchlist=ids.watchlist, **_PURPOSE),
    "SearchFaces": lambda ids: search_service_pb2.SearchFacesRequest(
        watchlists=[ids.watchlist], image=_image(ids), probe_watchlist=ids.probe_watchlist, **_PURPOSE
    ),
    "SearchPersons": lambda ids: search_service_pb2.SearchPersonsRequest(
        watchlists=[ids.watchlist], image=_image(ids), probe_watchlist=ids.probe_watchlist, **_PURPOSE
    ),
    "BatchSearch": lambda ids: search_service_pb2.BatchSearchRequest(
        watchlists=[ids.watchlist],
        probes=[search_service_pb2.BatchProbe(image=_image(ids))],
        probe_watchlist=ids.probe_watchlist,
        **_PURPOSE,
    ),
    "CompareFaces": lambda ids: search_service_pb2.CompareFacesRequest(
        source=_image(ids), target=_image(ids), **_PURPOSE
    ),
    "ExplainThreshold": lambda ids: search_service_pb2.ExplainThresholdRequest(watchlist=ids.watchlist),
    "ListEnrolments": lambda ids: approval_service_pb2.ListEnrolmentsRequest(watchlist=ids.watchlist, **_PURPOSE),
    # Nothing waits for approval: whoever is let in is told so.
    "GetEnrolment": lambda ids: approval_service_pb2.GetEnrolmentRequest(
        watchlist=ids.watchlist, enrolment_id=new_id(), **_PURPOSE
    ),
    "ApproveEnrolment": lambda ids: approval_service_pb2.ApproveEnrolmentRequest(
        watchlist=ids.watchlist, enrolment_id=new_id(), **_PURPOSE
    ),
    "RejectEnrolment": lambda ids: approval_service_pb2.RejectEnrolmentRequest(
        watchlist=ids.watchlist, import_id=new_id(), reason="test", **_PURPOSE
    ),
    "ApproveWatchlist": lambda ids: approval_service_pb2.ApproveWatchlistRequest(watchlist=ids.watchlist, **_PURPOSE),
    "RejectWatchlist": lambda ids: approval_service_pb2.RejectWatchlistRequest(
        watchlist=ids.watchlist, reason="test", **_PURPOSE
    ),
    "GetErasureReceipt": lambda ids: erasure_service_pb2.GetErasureReceiptRequest(receipt_id=ids.receipt),
    "ListErasureReceipts": lambda _: erasure_service_pb2.ListErasureReceiptsRequest(),
    "GetIndexStatus": lambda _: index_service_pb2.GetIndexStatusRequest(),
    "RebuildIndex": lambda _: index_service_pb2.RebuildIndexRequest(**_PURPOSE),
    "CancelRebuild": lambda _: index_service_pb2.CancelRebuildRequest(**_PURPOSE),
    "VerifyGallery": lambda _: index_service_pb2.VerifyGalleryRequest(**_PURPOSE),
    "StartMigration": lambda _: migration_service_pb2.StartMigrationRequest(target=_embedder(), **_PURPOSE),
    "GetMigration": lambda _: migration_service_pb2.GetMigrationRequest(),
    "ListUnmigratedFaces": lambda _: migration_service_pb2.ListUnmigratedFacesRequest(**_PURPOSE),
    "SwitchMigration": lambda _: migration_service_pb2.SwitchMigrationRequest(**_PURPOSE),
    "CancelMigration": lambda _: migration_service_pb2.CancelMigrationRequest(**_PURPOSE),
    "CreateCamera": lambda ids: camera_service_pb2.CreateCameraRequest(camera=_camera(ids)),
    "UpdateCamera": lambda ids: camera_service_pb2.UpdateCameraRequest(
        camera_id=ids.camera,
        changes=camera_service_pb2.Camera(location="changed", watchlist_ids=[ids.watchlist] if ids.watchlist else []),
        update_mask=FieldMask(paths=["location"]),
    ),
    "GetCamera": lambda ids: camera_service_pb2.GetCameraRequest(camera_id=ids.camera),
    "ListCameras": lambda _: camera_service_pb2.ListCamerasRequest(),
    "DeleteCamera": lambda ids: camera_service_pb2.DeleteCameraRequest(camera_id=ids.camera),
    "StartCamera": lambda ids: camera_service_pb2.StartCameraRequest(camera_id=ids.camera, **_PURPOSE),
    "StopCamera": lambda ids: camera_service_pb2.StopCameraRequest(camera_id=ids.camera),
    "SuspendCamera": lambda ids: camera_service_pb2.SuspendCameraRequest(
        camera_id=ids.camera, reason=camera_service_pb2.SUSPENSION_REASON_ON_REQUEST, message="test"
    ),
    "ResumeCamera": lambda ids: camera_service_pb2.ResumeCameraRequest(camera_id=ids.camera, **_PURPOSE),
    "GetCameraStatus": lambda ids: camera_service_pb2.GetCameraStatusRequest(camera_id=ids.camera),
    "GetSnapshot": lambda ids: camera_service_pb2.GetSnapshotRequest(camera_id=ids.camera, **_PURPOSE),
    "UploadVideo": lambda _: video_job_service_pb2.UploadVideoRequest(chunk=b"no video"),
    "StartVideoJob": lambda ids: video_job_service_pb2.StartVideoJobRequest(
        source_url=ids.video, watchlist_ids=[ids.watchlist], **_PURPOSE
    ),
    "StartVideoDetection": lambda ids: video_job_service_pb2.StartVideoDetectionRequest(
        source_url=ids.video, **_PURPOSE
    ),
    "GetVideoJob": lambda ids: video_job_service_pb2.GetVideoJobRequest(job_id=ids.camera),
    "ListVideoJobs": lambda _: video_job_service_pb2.ListVideoJobsRequest(),
    "CancelVideoJob": lambda ids: video_job_service_pb2.CancelVideoJobRequest(job_id=ids.camera),
    "DeleteVideoJob": lambda ids: video_job_service_pb2.DeleteVideoJobRequest(job_id=ids.camera, **_PURPOSE),
    "GetVideoJobResults": lambda ids: video_job_service_pb2.GetVideoJobResultsRequest(
        job_id=ids.camera, watchlist_id=ids.watchlist, **_PURPOSE
    ),
    "ListVideoJobFaces": lambda ids: video_job_service_pb2.ListVideoJobFacesRequest(job_id=ids.camera, **_PURPOSE),
    "DetectFaces": lambda ids: detect_service_pb2.DetectFacesRequest(images=[_image(ids)], **_PURPOSE),
    "EmbedFaces": lambda ids: embed_service_pb2.EmbedFacesRequest(
        crops=[embed_service_pb2.FaceCrop(image=_image(ids), landmarks=_face())], **_PURPOSE
    ),
    "GetEvidence": lambda ids: evidence_service_pb2.GetEvidenceRequest(track_id=ids.track, **_PURPOSE),
    "ListAlerts": lambda ids: alert_service_pb2.ListAlertsRequest(
        watchlist_id=ids.watchlist, source=ids.camera, **_PURPOSE
    ),
    # Behind the first alert there are others: an answer comes at once, where one comes at all.
    "WatchAlerts": lambda ids: alert_service_pb2.WatchAlertsRequest(
        watchlist_id=ids.watchlist, after_sequence=1, **_PURPOSE
    ),
    "GetAlertEvidence": lambda ids: alert_service_pb2.GetAlertEvidenceRequest(alert_id=ids.alert, **_PURPOSE),
    "GetAlert": lambda ids: alert_service_pb2.GetAlertRequest(alert_id=ids.alert, **_PURPOSE),
    "ReviewAlert": lambda ids: alert_service_pb2.ReviewAlertRequest(
        alert_id=ids.alert,
        decision=alert_service_pb2.REVIEW_DECISION_CONFIRMED,
        confidence=alert_service_pb2.REVIEW_CONFIDENCE_LOW,
        reason="test",
        **_PURPOSE,
    ),
    "CreateSubscription": lambda ids: subscription_service_pb2.CreateSubscriptionRequest(
        subscription=_subscription(ids)
    ),
    "GetSubscription": lambda ids: subscription_service_pb2.GetSubscriptionRequest(subscription_id=ids.subscription),
    "ListSubscriptions": lambda _: subscription_service_pb2.ListSubscriptionsRequest(),
    "UpdateSubscription": lambda ids: subscription_service_pb2.UpdateSubscriptionRequest(
        subscription_id=ids.subscription,
        changes=subscription_service_pb2.Subscription(name="changed", **_on(ids)),
        update_mask=FieldMask(paths=["name"]),
    ),
    "DeleteSubscription": lambda ids: subscription_service_pb2.DeleteSubscriptionRequest(
        subscription_id=ids.subscription
    ),
    "TestSubscription": lambda ids: subscription_service_pb2.TestSubscriptionRequest(subscription_id=ids.subscription),
    "RotateSubscriptionSecret": lambda ids: subscription_service_pb2.RotateSubscriptionSecretRequest(
        subscription_id=ids.subscription
    ),
    "ListDeliveries": lambda ids: subscription_service_pb2.ListDeliveriesRequest(subscription_id=ids.subscription),
    "ReplaySubscription": lambda ids: subscription_service_pb2.ReplaySubscriptionRequest(
        subscription_id=ids.subscription, start_time=Timestamp(seconds=1)
    ),
    "ListDeadLetters": lambda _: dead_letter_service_pb2.ListDeadLettersRequest(),
    # There is none: whoever is let in is told so.
    "GetDeadLetter": lambda _: dead_letter_service_pb2.GetDeadLetterRequest(number=1),
    "RetryDeadLetter": lambda _: dead_letter_service_pb2.RetryDeadLetterRequest(number=1),
    "DropDeadLetter": lambda _: dead_letter_service_pb2.DropDeadLetterRequest(number=1),
    "GetFalseAlarmRates": lambda ids: alert_service_pb2.GetFalseAlarmRatesRequest(
        watchlist_id=ids.watchlist, source=ids.camera, **_PURPOSE
    ),
    "WhoAmI": lambda _: access_service_pb2.WhoAmIRequest(),
    "SetGrants": lambda _: access_service_pb2.SetGrantsRequest(subject=f"new-{new_id()}"),
    "GetSubject": lambda ids: access_service_pb2.GetSubjectRequest(subject=ids.subject),
    "ListSubjects": lambda _: access_service_pb2.ListSubjectsRequest(),
    "CreateApiKey": lambda ids: access_service_pb2.CreateApiKeyRequest(subject=ids.subject, name="new"),
    "ListApiKeys": lambda ids: access_service_pb2.ListApiKeysRequest(subject=ids.subject),
    "RevokeApiKey": lambda ids: access_service_pb2.RevokeApiKeyRequest(key_id=ids.api_key),
    "RotateApiKey": lambda ids: access_service_pb2.RotateApiKeyRequest(key_id=ids.api_key),
    "WatchAudit": lambda _: audit_service_pb2.WatchAuditRequest(**_PURPOSE),
    "ListAudit": lambda _: audit_service_pb2.ListAuditRequest(**_PURPOSE),
    "ExportAudit": lambda _: audit_service_pb2.ExportAuditRequest(
        content=audit_service_pb2.AUDIT_CONTENT_ENTRIES, **_PURPOSE
    ),
    "ListSeals": lambda _: audit_service_pb2.ListSealsRequest(),
    "GetLatestSeal": lambda _: audit_service_pb2.GetLatestSealRequest(),
}
CONSUMING = {"DeleteWatchlist", "DeleteCamera", "DeleteSubscription", "DeleteVideoJob", "RevokeApiKey", "RotateApiKey"}
"""What they are about is not there, or not the same, after the first call: every call gets an object of its own."""
