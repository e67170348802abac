"""All that REST has, one row for each method on a resource; the OpenAPI document is made of the same rows."""

from __future__ import annotations

from sightline.gateway.rest.route import WHOLE, Route, Shape

_LIST = "/watchlists/{watchlist}"

ACCESS = (
    Route("GET", "/me", "AccessService/WhoAmI"),
    Route("GET", "/subjects", "AccessService/ListSubjects"),
    Route("POST", "/subjects", "AccessService/SetGrants", WHOLE, result="subject", name="SetGrantsOfAnybody"),
    Route("GET", "/subjects/{subject}", "AccessService/GetSubject", result="subject"),
    Route("PUT", "/subjects/{subject}/grants", "AccessService/SetGrants", WHOLE, result="subject"),
    Route("GET", "/api-keys", "AccessService/ListApiKeys"),
    Route("POST", "/api-keys", "AccessService/CreateApiKey", WHOLE, status=201),
    Route("DELETE", "/api-keys/{key_id}", "AccessService/RevokeApiKey", result="key"),
    Route("POST", "/api-keys/{key_id}/successor", "AccessService/RotateApiKey", WHOLE, status=201),
)

ALERTS = (
    Route("GET", "/alerts", "AlertService/ListAlerts"),
    Route("GET", "/alerts/{alert_id}", "AlertService/GetAlert", result="alert"),
    Route("GET", "/alerts/{alert_id}/evidence", "AlertService/GetAlertEvidence"),
    *(
        Route(
            "GET",
            f"/alerts/{{alert_id}}/evidence/{part}",
            "AlertService/GetAlertEvidence",
            media=part,
            name=f"GetAlertEvidence{part.title()}",
        )
        for part in ("picture", "probe", "reference")
    ),
    Route("POST", "/alerts/{alert_id}/reviews", "AlertService/ReviewAlert", WHOLE, result="alert"),
    Route("GET", "/alert-events", "AlertService/WatchAlerts", result="alert", shape=Shape.EVENTS),
    Route("GET", "/false-alarm-rates", "AlertService/GetFalseAlarmRates"),
)

AUDIT = (
    Route("GET", "/audit", "AuditService/ListAudit"),
    Route("GET", "/audit/export", "AuditService/ExportAudit", shape=Shape.LINES),
    Route("GET", "/audit/seals", "AuditService/ListSeals"),
    Route("GET", "/audit/seals/latest", "AuditService/GetLatestSeal", result="seal"),
    Route(
        "GET", "/audit-events", "AuditService/WatchAudit", result="event", shape=Shape.EVENTS, fixed=(("follow", True),)
    ),
)

CAMERAS = (
    Route("GET", "/cameras", "CameraService/ListCameras"),
    Route("POST", "/cameras", "CameraService/CreateCamera", "camera", ("credentials",), result="camera", status=201),
    Route("GET", "/cameras/{camera_id}", "CameraService/GetCamera", result="camera"),
    Route("PATCH", "/cameras/{camera_id}", "CameraService/UpdateCamera", "changes", ("credentials",), result="camera"),
    Route("DELETE", "/cameras/{camera_id}", "CameraService/DeleteCamera", status=204),
    Route("GET", "/cameras/{camera_id}/status", "CameraService/GetCameraStatus", result="status"),
    Route("PUT", "/cameras/{camera_id}/watch", "CameraService/StartCamera", WHOLE, result="status"),
    Route("DELETE", "/cameras/{camera_id}/watch", "CameraService/StopCamera", result="status"),
    Route("PUT", "/cameras/{camera_id}/suspension", "CameraService/SuspendCamera", WHOLE),
    Route("DELETE", "/cameras/{camera_id}/suspension", "CameraService/ResumeCamera", result="status"),
    Route("GET", "/cameras/{camera_id}/snapshot", "CameraService/GetSnapshot", media="image"),
)

DEAD_LETTERS = (
    Route("GET", "/dead-letters", "DeadLetterService/ListDeadLetters"),
    Route("GET", "/dead-letters/{number}", "DeadLetterService/GetDeadLetter", result="letter"),
    Route("DELETE", "/dead-letters/{number}", "DeadLetterService/DropDeadLetter", status=204),
    Route("POST", "/dead-letters/{number}/retries", "DeadLetterService/RetryDeadLetter", WHOLE, status=204),
)

GALLERY = (
    Route("GET", "/watchlists", "GalleryService/ListWatchlists"),
    Route("POST", "/watchlists", "GalleryService/CreateWatchlist", "watchlist", result="watchlist", status=201),
    Route("GET", _LIST, "GalleryService/GetWatchlist", result="watchlist", fixed=(("count_persons", False),)),
    Route("PATCH", _LIST, "GalleryService/UpdateWatchlist", "changes", result="watchlist"),
    Route("DELETE", _LIST, "GalleryService/DeleteWatchlist"),
    Route("GET", f"{_LIST}/threshold", "SearchService/ExplainThreshold"),
    Route("POST", f"{_LIST}/approval", "ApprovalService/ApproveWatchlist", WHOLE, result="watchlist"),
    Route("POST", f"{_LIST}/rejection", "ApprovalService/RejectWatchlist", WHOLE),
    Route("GET", f"{_LIST}/persons", "GalleryService/ListPersons"),
    Route("POST", f"{_LIST}/persons", "GalleryService/CreatePerson", "person", result="person", status=201),
    Route("GET", f"{_LIST}/persons/{{person}}", "GalleryService/GetPerson"),
    Route("PATCH", f"{_LIST}/persons/{{person}}", "GalleryService/UpdatePerson", "changes", result="person"),
    Route("DELETE", f"{_LIST}/persons/{{person}}", "GalleryService/DeletePerson"),
    Route("GET", f"{_LIST}/faces", "GalleryService/ListFaces"),
    Route("POST", f"{_LIST}/faces", "GalleryService/EnrollFace", WHOLE),
    Route("GET", f"{_LIST}/faces/{{face_id}}", "GalleryService/GetFace"),
    Route(
        "DELETE",
        f"{_LIST}/faces/{{face_id}}",
        "GalleryService/DeleteFaces",
        named=(("face_id", "face_ids"),),
        name="DeleteFace",
    ),
    Route(
        "GET",
        f"{_LIST}/faces/{{face_id}}/reference",
        "GalleryService/GetFaceReference",
        media="reference.image.encoded",
    ),
    Route("POST", f"{_LIST}/face-deletions", "GalleryService/DeleteFaces", WHOLE),
    Route("POST", f"{_LIST}/face-moves", "GalleryService/MoveFaces", WHOLE),
    Route("GET", f"{_LIST}/export", "ImportService/ExportFaces", shape=Shape.LINES),
    Route("GET", f"{_LIST}/template-export", "ImportService/ExportTemplates", shape=Shape.LINES),
    Route("POST", f"{_LIST}/imports", "ImportService/ImportFaces", WHOLE),
)

ENROLMENTS = (
    Route("GET", "/enrolments", "ApprovalService/ListEnrolments"),
    Route("GET", f"{_LIST}/enrolments/{{enrolment_id}}", "ApprovalService/GetEnrolment"),
    *(
        Route(
            "POST",
            f"{_LIST}/{resource}/{{{field}}}/{decision}",
            f"ApprovalService/{verb}Enrolment",
            WHOLE,
            name=f"{verb}{resource[:-1].title()}",
        )
        for resource, field in (("enrolments", "enrolment_id"), ("imports", "import_id"))
        for decision, verb in (("approval", "Approve"), ("rejection", "Reject"))
    ),
    Route("GET", "/erasure-receipts", "ErasureService/ListErasureReceipts"),
    Route("GET", "/erasure-receipts/{receipt_id}", "ErasureService/GetErasureReceipt", result="receipt"),
)

INDEX = (
    Route("GET", "/index", "IndexService/GetIndexStatus", result="status"),
    Route("POST", "/index/rebuild", "IndexService/RebuildIndex", WHOLE, status=202),
    Route("DELETE", "/index/rebuild", "IndexService/CancelRebuild", status=204),
    Route("GET", "/index/verification", "IndexService/VerifyGallery", shape=Shape.EVENTS),
    Route("GET", "/migration", "MigrationService/GetMigration", result="migration"),
    Route("POST", "/migration", "MigrationService/StartMigration", WHOLE, status=202),
    Route("DELETE", "/migration", "MigrationService/CancelMigration", status=204),
    Route("POST", "/migration/switch", "MigrationService/SwitchMigration", WHOLE),
    Route("GET", "/migration/unmigrated-faces", "MigrationService/ListUnmigratedFaces"),
)

SEARCHES = (
    Route("POST", "/detections", "DetectService/DetectFaces", WHOLE),
    Route("POST", "/embeddings", "EmbedService/EmbedFaces", WHOLE),
    Route("POST", "/comparisons", "SearchService/CompareFaces", WHOLE),
    Route("POST", "/searches/faces", "SearchService/SearchFaces", WHOLE),
    Route("POST", "/searches/persons", "SearchService/SearchPersons", WHOLE),
    Route("POST", "/searches/batch", "SearchService/BatchSearch", WHOLE),
)

_HOOK = "/subscriptions/{subscription_id}"
SUBSCRIPTIONS = (
    Route("GET", "/subscriptions", "SubscriptionService/ListSubscriptions"),
    Route("POST", "/subscriptions", "SubscriptionService/CreateSubscription", "subscription", status=201),
    Route("GET", _HOOK, "SubscriptionService/GetSubscription", result="subscription"),
    Route("PATCH", _HOOK, "SubscriptionService/UpdateSubscription", "changes", result="subscription"),
    Route("DELETE", _HOOK, "SubscriptionService/DeleteSubscription", status=204),
    Route("GET", f"{_HOOK}/deliveries", "SubscriptionService/ListDeliveries"),
    Route("POST", f"{_HOOK}/tests", "SubscriptionService/TestSubscription", WHOLE, result="delivery"),
    Route("POST", f"{_HOOK}/secrets", "SubscriptionService/RotateSubscriptionSecret", WHOLE),
    Route("POST", f"{_HOOK}/replays", "SubscriptionService/ReplaySubscription", WHOLE, result="subscription"),
)

VIDEO = (
    Route("POST", "/video-uploads", "VideoJobService/UploadVideo", shape=Shape.UPLOAD, status=201),
    Route("GET", "/video-jobs", "VideoJobService/ListVideoJobs"),
    Route("POST", "/video-jobs", "VideoJobService/StartVideoJob", WHOLE, result="job", status=201),
    Route("POST", "/video-detections", "VideoJobService/StartVideoDetection", WHOLE, result="job", status=201),
    Route("GET", "/video-jobs/{job_id}", "VideoJobService/GetVideoJob", result="job"),
    Route("DELETE", "/video-jobs/{job_id}", "VideoJobService/DeleteVideoJob", status=204),
    Route(
        "GET",
        "/video-jobs/{job_id}/events",
        "VideoJobService/GetVideoJob",
        result="job",
        shape=Shape.FOLLOWED,
        name="FollowVideoJob",
    ),
    Route("POST", "/video-jobs/{job_id}/cancellation", "VideoJobService/CancelVideoJob", WHOLE, result="job"),
    Route("GET", "/video-jobs/{job_id}/results", "VideoJobService/GetVideoJobResults"),
    Route("GET", "/video-jobs/{job_id}/faces", "VideoJobService/ListVideoJobFaces"),
)

ROUTES = (
    *ACCESS,
    *ALERTS,
    *AUDIT,
    *CAMERAS,
    *DEAD_LETTERS,
    *GALLERY,
    *ENROLMENTS,
    *INDEX,
    *SEARCHES,
    *SUBSCRIPTIONS,
    *VIDEO,
)

UNROUTED = {"EvidenceService/GetEvidence": "notify alone may call it; people see evidence at alerts."}
"""RPCs that REST has not, and why not."""
