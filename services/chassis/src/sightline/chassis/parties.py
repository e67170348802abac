"""Who connects to the broker, and all that each of them may do there: the other half of the topology table.

What the broker permits follows from this (`sightline.chassis.broker_permissions`); a test tries every row of it.
"""

from __future__ import annotations

from dataclasses import replace

from sightline.chassis import topology as at
from sightline.chassis.backup_contents import EVERYTHING
from sightline.chassis.broker_objects import Consumer, Party
from sightline.chassis.topology import ROOT, TOPOLOGY

PROVISION = "provision"
OPERATOR = "operator"
"""The `sightline` command of somebody who has the secrets."""
BACKUP = "backup"
RESTORE = "restore"


def entries(*buckets: str) -> tuple[str, ...]:
    """Where the entries of buckets are written."""
    return tuple(f"$KV.{bucket}.>" for bucket in buckets)


def bucket_streams(*buckets: str) -> tuple[str, ...]:
    """The streams beneath buckets."""
    return tuple(f"KV_{bucket}" for bucket in buckets)


def _service(party: Party) -> Party:
    """With what every service does: it knows who may call, notes which keys are used, and says what was done."""
    return replace(
        party,
        publishes=(f"{ROOT}.audit.{party.name}.*", *entries(at.KEY_USES), *party.publishes),
        sees=(*bucket_streams(at.KEY_USES), *party.sees),
        follows=(*bucket_streams(at.ACCESS), *party.follows),
    )


DETECT = _service(Party("detect"))

EMBED = _service(
    Party(
        "embed",
        consumes=(at.EMBED_LIVE, at.EMBED_JOB),
        publishes=(f"{ROOT}.embeddings.live.*", f"{ROOT}.embeddings.job.*", at.dead_letters("embed")),
    )
)

_INGEST_BUCKETS = (at.CAMERAS, at.LEASES, at.JOBS, at.JOB_LEASES)
INGEST = _service(
    Party(
        "ingest",
        hears=(f"{ROOT}.settled.*",),
        watches=(at.EMBED_JOB, at.MATCH_JOB),
        publishes=(
            *(f"{ROOT}.faces.live.*", f"{ROOT}.faces.job.*"),
            *(f"{ROOT}.events.camera.*.*", f"{ROOT}.events.job.*.*", f"{ROOT}.events.completion.*.*"),
            f"{ROOT}.detections.*.*.*",
            *entries(*_INGEST_BUCKETS, at.CAMERA_KEYS),
        ),
        sees=(at.EMBED_JOB.stream, at.MATCH_JOB.stream),
        reads=(at.SIGHTINGS, at.DETECTIONS, *bucket_streams(*_INGEST_BUCKETS, at.CAMERA_KEYS)),
        follows=(at.SIGHTINGS, *bucket_streams(at.CAMERAS, at.LEASES, at.JOB_LEASES)),
        deletes=bucket_streams(at.CAMERA_KEYS),
        # The results of a stored video go with its job.
        purges=(at.SIGHTINGS, at.DETECTIONS, *bucket_streams(at.JOBS)),
    )
)

MATCH = _service(
    Party(
        "match",
        says=(f"{ROOT}.settled.*",),
        consumes=(at.MATCH_LIVE, at.MATCH_JOB),
        publishes=(
            *(f"{ROOT}.sightings.*.*", f"{ROOT}.gallery.*.*.*", f"{ROOT}.receipts.*", at.dead_letters("match")),
            *entries(at.KEYS, at.TRACKS, at.SEARCH_COUNTS),
            f"$O.{at.REFERENCES}.>",
        ),
        reads=(at.GALLERY, *bucket_streams(at.KEYS, at.TRACKS, at.SEARCH_COUNTS), f"OBJ_{at.REFERENCES}"),
        follows=(at.GALLERY, at.RECEIPTS, *bucket_streams(at.CAMERAS, at.JOBS), f"OBJ_{at.REFERENCES}"),
        deletes=bucket_streams(at.KEYS),
        purges=(at.GALLERY, f"OBJ_{at.REFERENCES}"),
    )
)

_STAGES = (at.NOTIFY, at.NOTIFY_EVIDENCE, at.NOTIFY_REFERENCES, at.NOTIFY_ERASED, at.NOTIFY_COMPLETIONS)
_NOTIFY_BUCKETS = (
    *(at.ACCESS, at.ALERT_RECORDS, at.ALERT_WINDOWS, at.ALERT_SOURCES, at.NOTIFY_KEYS, at.SUBSCRIPTIONS),
    *(at.DELIVERY_LEASES, at.UNDELIVERED, at.DUTIES),
)
NOTIFY = _service(
    Party(
        "notify",
        consumes=_STAGES,
        places=(at.ALERTS,),
        publishes=(
            *(f"{ROOT}.alerts.*.*", f"{ROOT}.events.alert.*.*"),
            *(f"{ROOT}.events.subscription.*.*", f"{ROOT}.events.storm.*.*"),
            *(at.SEALS, f"{ROOT}.receipts.*", f"{ROOT}.deliveries.*"),
            *(at.dead_letters(stage) for stage in (*(stage.name for stage in _STAGES), "deliveries")),
            *entries(*_NOTIFY_BUCKETS),
            f"$O.{at.EVIDENCE}.>",
        ),
        reads=(
            *(at.SIGHTINGS, at.ALERTS, at.EVENTS, at.GALLERY, at.AUDIT, at.AUDIT_SEALS, at.DLQ, f"OBJ_{at.EVIDENCE}"),
            *bucket_streams(*_NOTIFY_BUCKETS, at.KEY_USES),
        ),
        follows=(
            *(at.ALERTS, at.EVENTS, at.AUDIT, at.AUDIT_SEALS, at.DELIVERIES, f"OBJ_{at.EVIDENCE}"),
            *bucket_streams(at.ALERT_RECORDS, at.ALERT_SOURCES, at.SUBSCRIPTIONS, at.DELIVERY_LEASES, at.KEY_USES),
        ),
        deletes=(at.SIGHTINGS, at.ALERTS, at.EVENTS, at.DLQ, *bucket_streams(at.NOTIFY_KEYS)),
        purges=(*bucket_streams(at.UNDELIVERED), f"OBJ_{at.EVIDENCE}"),
    )
)

_GATEWAY_BUCKETS = (at.AWS_KEYS, at.AWS_SHELF, at.AWS_TOKENS, at.AWS_JOBS)
# It takes nobody's word for who calls: the services that it asks find that out.
GATEWAY = Party(
    "gateway",
    consumes=(at.GATEWAY_RECORDS,),
    publishes=(
        *(f"{ROOT}.audit.gateway.*", f"{ROOT}.events.record.*.*", at.dead_letters(at.GATEWAY_RECORDS.name)),
        *entries(*_GATEWAY_BUCKETS),
    ),
    reads=bucket_streams(*_GATEWAY_BUCKETS),
    follows=bucket_streams(at.AWS_KEYS),
    deletes=bucket_streams(at.AWS_KEYS),
)

_PROVISIONER = Party(
    PROVISION,
    provisions=True,
    # It buries the messages on which a stage died again and again.
    consumes=(at.DEAD_LETTERS,),
    publishes=tuple(at.dead_letters(consumer.name) for consumer in TOPOLOGY.consumers),
    reads=tuple(sorted({consumer.stream for consumer in TOPOLOGY.consumers})),
    deletes=tuple(stream.name for stream in TOPOLOGY.streams if stream.work_queue),
)

_KEY_BUCKETS = (at.KEYS, at.CAMERA_KEYS, at.NOTIFY_KEYS, at.AWS_KEYS)
_OPERATOR = Party(
    OPERATOR,
    watches=TOPOLOGY.consumers,
    # `sightline keyring` wraps stored keys anew.
    publishes=entries(*_KEY_BUCKETS),
    reads=bucket_streams(*_KEY_BUCKETS),
    deletes=bucket_streams(*_KEY_BUCKETS),
)

# It looks for tombstones in the ledger, of which it is told the length alone.
_BACKUP = Party(BACKUP, snapshots=EVERYTHING, follows=(at.GALLERY,))
# It erases again who was erased since the backup, and can write nothing where a stream is there already.
_RESTORE = Party(
    RESTORE,
    restores=EVERYTHING,
    publishes=(f"{ROOT}.gallery.*.*.*",),
    sees=EVERYTHING,
    reads=(at.GALLERY,),
    follows=(at.GALLERY, at.RECEIPTS),
)

_ALL = (INGEST, DETECT, EMBED, MATCH, NOTIFY, GATEWAY, _PROVISIONER, _OPERATOR, _BACKUP, _RESTORE)
PARTIES = {party.name: party for party in _ALL}


def reader(name: str) -> Party:
    """Another system, which reads the public topics from a place of its own that bears its name."""
    place = Consumer(at.EVENTS, name)
    return Party(f"reader-{name}", consumes=(place,), makes=(place,))
