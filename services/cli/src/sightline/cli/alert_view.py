"""Alerts as the command shows them."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from sightline.chassis.enum_names import enum_word
from sightline.cli.moments import moment
from sightline.cli.output import as_dict
from sightline.v1 import alert_service_pb2 as pb
from sightline.v1 import gallery_service_pb2 as gallery


def state_name(state: pb.AlertState) -> str:
    """Give a state as people say it."""
    return enum_word(pb.AlertState, state).replace("_", " ")


def noting(alerts: Any, sizes: dict[str, int]) -> Callable[..., Awaitable[pb.ListAlertsResponse]]:
    """Give the call that lists alerts; it notes for how many of a storm one stands."""

    async def call(request: pb.ListAlertsRequest, timeout: float) -> pb.ListAlertsResponse:  # noqa: ASYNC109 - as the stub has it
        answer: pb.ListAlertsResponse = await alerts.ListAlerts(request, timeout=timeout)
        sizes.update(answer.storm_sizes)
        return answer

    return call


def alert_row(alert: pb.Alert, size: int = 1) -> tuple[str, ...]:
    """Give an alert as a line of a list; it may stand for so many of a storm."""
    at = alert.start_time.ToDatetime().isoformat(sep=" ", timespec="seconds")
    return (
        at,
        alert.person.external_id,
        f"{alert.person.similarity:.1f}",
        state_name(alert.state),
        alert.source,
        alert.id,
        f"{size} alerts of {alert.storm_id}" if size > 1 else alert.storm_id,
    )


def alert_rows(alert: pb.Alert) -> Iterator[tuple[str, str]]:
    """Give an alert with all that it rests on, and what became of it."""
    sighting = alert.sighting
    yield "id", alert.id
    yield "state", state_name(alert.state)
    yield "seen", f"{moment(alert.start_time, absent='')} to {moment(alert.end_time, absent='')}"
    yield "source", alert.source
    for place, candidate in enumerate(sighting.candidates, 1):
        name = f"{candidate.external_id} {candidate.display_name}".strip()
        yield f"candidate {place}", f"{name}, similarity {candidate.similarity:.1f}, cosine {candidate.cosine:.3f}"
    yield "threshold", f"cosine {sighting.threshold:.3f}, calibration {sighting.calibration}"
    yield "models", f"detector {sighting.detector_id}, embedder {sighting.embedder_id}, fit for {sighting.fit_for}"
    yield "gallery", f"{sighting.gallery_size} faces, hash {sighting.gallery_hash.hex()}"
    yield "policy", enum_word(gallery.ReviewPolicy, alert.review_policy)
    yield "priority", enum_word(gallery.AlertPriority, alert.priority or gallery.ALERT_PRIORITY_NORMAL)
    if alert.reviews_missing:
        yield "waits for", f"{alert.reviews_missing} more, until {moment(alert.expire_time, absent='somebody decides')}"
    if alert.storm_id:
        yield "storm", f"{alert.storm_id}: its source raised far more alerts than it should"
    if alert.HasField("redact_time"):
        yield "erased", f"its person, {moment(alert.redact_time, absent='')}"
    for change in alert.history:
        yield moment(change.time, absent=""), f"{state_name(change.state)}: {change.reason.lower()}"
    for review in alert.reviews:
        decision = enum_word(pb.ReviewDecision, review.decision)
        sure = enum_word(pb.ReviewConfidence, review.confidence)
        yield f"{review.reviewer}", f"{decision} ({sure} confidence): {review.reason}"


def without_crop(alert: pb.Alert) -> dict[str, object]:
    """Give an alert for programs; pictures have a call of their own."""
    bare = pb.Alert()
    bare.CopyFrom(alert)
    bare.sighting.ClearField("crop")
    return as_dict(bare)
