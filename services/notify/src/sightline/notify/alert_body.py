"""Alerts as others get them: JSON by protos/schemas/alert-event.schema.json. Never pixels, never templates."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sightline.chassis.enum_names import enum_word
from sightline.chassis.ids import new_id
from sightline.notify.alert_states import STATES, priority_of
from sightline.notify.sending import Outgoing
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import gallery_service_pb2

if TYPE_CHECKING:
    from datetime import datetime

    from sightline.v1 import events_pb2

SCHEMA = "urn:sightline:alert-event:1"
TEST = "sightline.test"
_DIGITS = 6
# Of a newer release's values receivers get the one that asks for most care, as reviews do.
_POLICIES: dict[int, str] = {
    gallery_service_pb2.REVIEW_POLICY_NONE: "none",
    gallery_service_pb2.REVIEW_POLICY_ONE: "one",
}
_STRICTEST = "two"
_PRIORITIES: dict[int, str] = {
    gallery_service_pb2.ALERT_PRIORITY_LOW: "low",
    gallery_service_pb2.ALERT_PRIORITY_NORMAL: "normal",
    gallery_service_pb2.ALERT_PRIORITY_HIGH: "high",
}
_MOST_URGENT = "urgent"
_CONFIDENCES: dict[int, str] = {
    pb.REVIEW_CONFIDENCE_MEDIUM: "medium",
    pb.REVIEW_CONFIDENCE_HIGH: "high",
}
_LEAST_SURE = "low"
_EVIDENCE = {pb.EVIDENCE_KIND_SNAPSHOT: "snapshot", pb.EVIDENCE_KIND_CROP: "crop"}


def alert_event(subscription_id: str, alert: pb.Alert) -> Outgoing:
    """What a subscription is told of one revision of an alert, in one of STATES."""
    kind = f"sightline.alert.{STATES[alert.state]}"
    body = {"type": kind, "subscription": subscription_id, "alert": _alert(alert)}
    return Outgoing(
        id=event_id(subscription_id, alert),
        kind=kind,
        subject=alert.id,
        time=alert.update_time.ToDatetime(UTC),
        body=_json(body),
        title=f"Alert {STATES[alert.state].replace('_', ' ')}: {_called(alert.person)}",
        text=(
            f"{_called(alert.person)} at {alert.source}, similarity {alert.person.similarity:.0f} of 100, "
            f"{alert.start_time.ToJsonString()} to {alert.end_time.ToJsonString()}.\nAlert {alert.id}, revision "
            f"{alert.revision}, of watchlist {alert.watchlist_id}."
        ),
    )


def event_id(subscription_id: str, alert: pb.Alert) -> str:
    """The idempotency id, equal for every attempt."""
    return f"{alert.id}.{alert.revision}.{subscription_id}"


def probe_event(subscription_id: str, now: datetime) -> Outgoing:
    """What a test sends."""
    body = {"type": TEST, "subscription": subscription_id, "time": now.isoformat()}
    return Outgoing(
        id=f"test.{new_id()}.{subscription_id}",
        kind=TEST,
        subject=subscription_id,
        time=now,
        body=_json(body),
        title="Test",
        text="Somebody tried whether this subscription works. It does.",
    )


def _alert(alert: pb.Alert) -> dict[str, Any]:
    sighting = alert.sighting
    return {
        "id": alert.id,
        "revision": alert.revision,
        "state": STATES[alert.state],
        "review_policy": _POLICIES.get(alert.review_policy, _STRICTEST),
        "watchlist": alert.watchlist_id,
        "source": alert.source,
        "start_time": alert.start_time.ToJsonString(),
        "end_time": alert.end_time.ToJsonString(),
        "create_time": alert.create_time.ToJsonString(),
        "update_time": alert.update_time.ToJsonString(),
        "person": _candidate(alert.person),
        "candidates": [_candidate(candidate) for candidate in sighting.candidates],
        "tracks": list(alert.track_ids),
        "threshold": round(sighting.threshold, _DIGITS),
        "calibration": sighting.calibration,
        "detector": sighting.detector_id,
        "embedder": sighting.embedder_id,
        "fit_for": sighting.fit_for,
        "gallery": {"size": sighting.gallery_size, "hash": sighting.gallery_hash.hex()},
        "evidence": _EVIDENCE.get(alert.evidence, "none"),
        "priority": _PRIORITIES.get(priority_of(alert), _MOST_URGENT),
        "storm": alert.storm_id,
        "reviews": [_review(review) for review in alert.reviews],
    }


def _review(review: pb.Review) -> dict[str, Any]:
    """Who verified it, which is there once the alert is settled."""
    return {
        "reviewer": review.reviewer,
        "decision": enum_word(pb.ReviewDecision, review.decision),
        "confidence": _CONFIDENCES.get(review.confidence, _LEAST_SURE),
        "reason": review.reason,
        "time": review.time.ToJsonString(),
    }


def _candidate(candidate: events_pb2.Candidate) -> dict[str, Any]:
    return {
        "person": candidate.person_id,
        "face": candidate.face_id,
        "external_id": candidate.external_id,
        "display_name": candidate.display_name,
        "similarity": round(candidate.similarity, _DIGITS),
        "cosine": round(candidate.cosine, _DIGITS),
    }


def _called(person: events_pb2.Candidate) -> str:
    return person.display_name or person.external_id or person.person_id


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
