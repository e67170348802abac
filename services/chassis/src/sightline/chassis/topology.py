"""The one table of everything that lies on the broker: streams, consumers, buckets, and the subjects' forms.

Tokens of subjects and keys are opaque ids (`sightline.chassis.ids`), never names: a name may contain dots.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from sightline.chassis.broker_objects import Bucket, Consumer, ObjectStore, Stream, Topology
from sightline.chassis.errors import InvalidInput
from sightline.chassis.ids import is_id

ROOT = "sightline"
SEALS = f"{ROOT}.seals"
"""Where the sealer of the audit trail publishes."""

MIB = 1024 * 1024


class Lane(StrEnum):
    """Live traffic sheds its oldest under pressure; a job's publisher waits. So each has streams of its own."""

    LIVE = "live"
    JOB = "job"


_MONTH = timedelta(days=31)
_MINUTE = timedelta(seconds=60)
AUDIT_AGE = timedelta(days=3 * 365)
"""How long the audit trail's entries are kept; their seals stay for good."""

EMBED_LIVE = Consumer("FACES_LIVE", "embed")
EMBED_JOB = Consumer("FACES_JOB", "embed")
MATCH_LIVE = Consumer("EMBEDDINGS_LIVE", "match")
MATCH_JOB = Consumer("EMBEDDINGS_JOB", "match")
# Nothing that was acknowledged may be lost to a process that crashes again and again: more deliveries.
NOTIFY = Consumer("SIGHTINGS", "notify", max_deliver=20)
# Alerts do not wait for their pictures: those are fetched behind them.
NOTIFY_EVIDENCE = Consumer("ALERTS", "notify-evidence", max_deliver=20)
# Neither pictures nor alerts wait for match.
NOTIFY_REFERENCES = Consumer("ALERTS", "notify-references", max_deliver=20)
# Receipts keep each erasure, where the ledger keeps the last record of each person alone.
NOTIFY_ERASED = Consumer("RECEIPTS", "notify-erased", ack_wait=30.0, max_deliver=20)
# A receiver may be away for hours, and each try is a delivery.
NOTIFY_COMPLETIONS = Consumer(
    "EVENTS", "notify-completions", ack_wait=30.0, max_deliver=100, filter="sightline.events.completion.*.*"
)
# Of alerts that may leave the system, and of no others.
GATEWAY_RECORDS = Consumer("EVENTS", "gateway-records", max_deliver=20, filter="sightline.events.alert.*.*")
DEAD_LETTERS = Consumer("ADVISORIES", "dead-letters", max_deliver=20)

GALLERY = "GALLERY"
ALERTS = "ALERTS"
AUDIT = "AUDIT"
AUDIT_SEALS = "AUDIT_SEALS"
EVENTS = "EVENTS"
SIGHTINGS = "SIGHTINGS"
DETECTIONS = "DETECTIONS"
CAMERAS = "cameras"
LEASES = "leases"
JOBS = "jobs"
JOB_LEASES = "job-leases"
DUTIES = "duties"
TRACKS = "tracks"
ALERT_RECORDS = "alerts"
ALERT_WINDOWS = "alert-windows"
ALERT_SOURCES = "alert-sources"
KEYS = "keys"
CAMERA_KEYS = "camera-keys"
ACCESS = "access"
KEY_USES = "key-uses"
SEARCH_COUNTS = "search-counts"
AWS_KEYS = "aws-keys"
AWS_SHELF = "aws-shelf"
AWS_TOKENS = "aws-tokens"
AWS_JOBS = "aws-jobs"
NOTIFY_KEYS = "notify-keys"
SUBSCRIPTIONS = "subscriptions"
DELIVERY_LEASES = "delivery-leases"
UNDELIVERED = "undelivered"
DELIVERIES = "DELIVERIES"
DLQ = "DLQ"
RECEIPTS = "RECEIPTS"
EVIDENCE = "evidence"
REFERENCES = "references"

TOPOLOGY = Topology(
    streams=(
        Stream("FACES_LIVE", ("sightline.faces.live.*",), "memory", _MINUTE, work_queue=True, max_bytes=256 * MIB),
        Stream(
            "FACES_JOB",
            ("sightline.faces.job.*",),
            "memory",
            None,
            work_queue=True,
            discard_new=True,
            max_bytes=128 * MIB,
        ),
        Stream(
            "EMBEDDINGS_LIVE",
            ("sightline.embeddings.live.*",),
            "memory",
            _MINUTE,
            work_queue=True,
            max_bytes=256 * MIB,
        ),
        Stream(
            "EMBEDDINGS_JOB",
            ("sightline.embeddings.job.*",),
            "memory",
            None,
            work_queue=True,
            discard_new=True,
            max_bytes=128 * MIB,
        ),
        Stream(SIGHTINGS, ("sightline.sightings.*.*",), "file", _MONTH),
        # Of faces in stored video, whosever they are: where they are, and nothing to recognise them by.
        Stream(DETECTIONS, ("sightline.detections.*.*.*",), "file", _MONTH, max_per_subject=1),
        Stream(ALERTS, ("sightline.alerts.*.*",), "file", _MONTH),
        Stream(EVENTS, ("sightline.events.>",), "file", _MONTH),
        Stream(GALLERY, ("sightline.gallery.*.*.*",), "file", None, max_per_subject=1),
        Stream(AUDIT, ("sightline.audit.*.*",), "file", AUDIT_AGE, append_only=True),
        Stream(AUDIT_SEALS, (SEALS,), "file", None, append_only=True),
        Stream(RECEIPTS, ("sightline.receipts.*",), "file", timedelta(days=3 * 365)),
        Stream("ADVISORIES", ("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>",), "file", timedelta(days=7)),
        Stream(DLQ, ("sightline.dlq.*",), "file", timedelta(days=7)),
        Stream(DELIVERIES, ("sightline.deliveries.*",), "file", timedelta(days=7)),
    ),
    consumers=(
        *(EMBED_LIVE, EMBED_JOB, MATCH_LIVE, MATCH_JOB),
        *(NOTIFY, NOTIFY_EVIDENCE, NOTIFY_REFERENCES, NOTIFY_ERASED, NOTIFY_COMPLETIONS, DEAD_LETTERS),
        GATEWAY_RECORDS,
    ),
    buckets=(
        Bucket(CAMERAS, "file"),
        Bucket(JOBS, "file"),
        # Apart from those of cameras, of which every process takes its share.
        Bucket(JOB_LEASES, "memory", timedelta(seconds=10)),
        Bucket(LEASES, "memory", timedelta(seconds=10)),
        # Leases of what one process of a service does for all of its replicas.
        Bucket(DUTIES, "memory", timedelta(seconds=10)),
        Bucket(TRACKS, "memory", _MINUTE),
        Bucket(ALERT_RECORDS, "file"),
        # As long as a sighting can be delivered again.
        Bucket(ALERT_WINDOWS, "file", _MONTH),
        Bucket(ALERT_SOURCES, "file"),
        # More history than a re-wrapped key ever has, so that the broker drops no revision without erasing it.
        Bucket(KEYS, "file", history=5, erasable=True),
        Bucket(CAMERA_KEYS, "file", history=5, erasable=True),
        Bucket(NOTIFY_KEYS, "file", history=5, erasable=True),
        Bucket(SUBSCRIPTIONS, "file"),
        Bucket(DELIVERY_LEASES, "memory", timedelta(seconds=10)),
        Bucket(UNDELIVERED, "file"),
        Bucket(ACCESS, "file"),
        Bucket(KEY_USES, "file"),
        Bucket(SEARCH_COUNTS, "file", timedelta(days=2)),
        # Of the gateway: access keys, sealed, as data keys are; tags and settings that others have no place for.
        Bucket(AWS_KEYS, "file", history=5, erasable=True),
        Bucket(AWS_SHELF, "file"),
        # As long as a client may repeat a call with the same token.
        Bucket(AWS_TOKENS, "file", timedelta(days=1)),
        # A job's results last a month from its end; before it a job may wait and run for two weeks.
        Bucket(AWS_JOBS, "file", timedelta(days=45)),
    ),
    object_stores=(ObjectStore(EVIDENCE, _MONTH), ObjectStore(REFERENCES)),
)


def faces(lane: Lane, source: str) -> str:
    """Where ingest publishes the face events of a camera or job."""
    return f"{ROOT}.faces.{lane}.{checked_id(source)}"


def embeddings(lane: Lane, source: str) -> str:
    """Where embed publishes what it made of them."""
    return f"{ROOT}.embeddings.{lane}.{checked_id(source)}"


def settled(source: str) -> str:
    """Where match says that a track of a job is decided. In no stream: what is not said is asked for again."""
    return f"{ROOT}.settled.{checked_id(source)}"


def sightings(watchlist: str, source: str) -> str:
    """Where match publishes that an enrolled person may be there."""
    return f"{ROOT}.sightings.{checked_id(watchlist)}.{checked_id(source)}"


def job_sightings(job: str) -> str:
    """The subjects of all sightings of a job."""
    return f"{ROOT}.sightings.*.{checked_id(job)}"


def detections(job: str, epoch: int, first_frame: int) -> str:
    """Where ingest publishes the faces of some frames of a job, the first of which is that one."""
    return f"{ROOT}.detections.{checked_id(job)}.{epoch}.{first_frame}"


def detections_of(job: str) -> str:
    """The subjects of all faces of a job."""
    return f"{ROOT}.detections.{checked_id(job)}.*.*"


def alerts(watchlist: str, state: str) -> str:
    """Where notify publishes an alert for the reviewers' screens (internal)."""
    return f"{ROOT}.alerts.{checked_id(watchlist)}.{state}"


def alerts_of(watchlist: str) -> str:
    """The subjects of all alerts of a watchlist."""
    return f"{ROOT}.alerts.{checked_id(watchlist)}.*"


def alert_events(state: str, watchlist: str) -> str:
    """Where notify publishes what may leave the system (public)."""
    return f"{ROOT}.events.alert.{state}.{checked_id(watchlist)}"


def alert_events_of(watchlist: str) -> str:
    """The same of the public ones."""
    return f"{ROOT}.events.alert.*.{checked_id(watchlist)}"


def stream_records(watchlist: str, camera: str) -> str:
    """Where gateway publishes what a stream processor has found (public)."""
    return f"{ROOT}.events.record.{checked_id(watchlist)}.{checked_id(camera)}"


def stream_records_of(watchlist: str) -> str:
    """The same of all cameras."""
    return f"{ROOT}.events.record.{checked_id(watchlist)}.*"


def camera_events(state: str, camera: str) -> str:
    """Where ingest publishes that a camera has come into another state (public)."""
    return f"{ROOT}.events.camera.{state}.{checked_id(camera)}"


def subscription_events(state: str, subscription: str) -> str:
    """Where notify publishes that a subscription has come into another state (public)."""
    return f"{ROOT}.events.subscription.{state}.{checked_id(subscription)}"


def storm_events(state: str, source: str) -> str:
    """Where notify publishes that the alerts of a camera or job have become a storm, or are none any more (public)."""
    return f"{ROOT}.events.storm.{state}.{checked_id(source)}"


def job_events(state: str, job: str) -> str:
    """Where ingest publishes that a job has come into another state (public)."""
    return f"{ROOT}.events.job.{state}.{checked_id(job)}"


def job_completions(state: str, job: str) -> str:
    """Where ingest publishes that a job has ended, in the form of Rekognition's notifications (public)."""
    return f"{ROOT}.events.completion.{state}.{checked_id(job)}"


def audit(service: str, action: str) -> str:
    """Where a service publishes what was done; dots of the action become underscores."""
    return f"{ROOT}.audit.{service}.{action.replace('.', '_')}"


def receipts(receipt: str) -> str:
    """Where a service writes down what it has done of an erasure."""
    return f"{ROOT}.receipts.{checked_id(receipt)}"


def deliveries(subscription: str) -> str:
    """Where notify writes down each attempt at telling somebody of an alert."""
    return f"{ROOT}.deliveries.{checked_id(subscription)}"


def delivery_place(subscription: str, generation: int) -> Consumer:
    """A subscription's own place in the stream of alerts; made with it, and not by the table.

    Whatever was handed out to a process that died comes again once its lease is over, and not much later.
    """
    return Consumer(ALERTS, f"subscription-{checked_id(subscription)}-{generation}", ack_wait=6.0, max_deliver=-1)


def dead_letters(stage: str) -> str:
    """Where a stage's messages go that could not be handled."""
    return f"{ROOT}.dlq.{stage}"


def checked_id(token: str) -> str:
    """The id, as a token of a subject. Raises InvalidInput ID_MALFORMED where it is none."""
    if not is_id(token):
        raise InvalidInput("ID_MALFORMED", f"'{token[:64]}' is not an id: ids are 26 characters of a-z and 0-9.")
    return token
