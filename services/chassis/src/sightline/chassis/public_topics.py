"""The subjects' forms of the stream EVENTS: the public topics, which other systems read."""

from __future__ import annotations

from sightline.chassis.topology import ROOT, require_id


def alert_events(state: str, watchlist: str) -> str:
    """Where notify publishes what may leave the system."""
    return f"{ROOT}.events.alert.{state}.{require_id(watchlist)}"


def alert_events_of(watchlist: str) -> str:
    """The subjects of all of a watchlist."""
    return f"{ROOT}.events.alert.*.{require_id(watchlist)}"


def stream_records(watchlist: str, camera: str) -> str:
    """Where gateway publishes what a stream processor has found."""
    return f"{ROOT}.events.record.{require_id(watchlist)}.{require_id(camera)}"


def stream_records_of(watchlist: str) -> str:
    """The same of all cameras."""
    return f"{ROOT}.events.record.{require_id(watchlist)}.*"


def camera_events(state: str, camera: str) -> str:
    """Where ingest publishes that a camera has come into another state."""
    return f"{ROOT}.events.camera.{state}.{require_id(camera)}"


def subscription_events(state: str, subscription: str) -> str:
    """Where notify publishes that a subscription has come into another state."""
    return f"{ROOT}.events.subscription.{state}.{require_id(subscription)}"


def storm_events(state: str, source: str) -> str:
    """Where notify publishes that the alerts of a camera or job have become a storm, or are none any more."""
    return f"{ROOT}.events.storm.{state}.{require_id(source)}"


def job_events(state: str, job: str) -> str:
    """Where ingest publishes that a job has come into another state."""
    return f"{ROOT}.events.job.{state}.{require_id(job)}"


def job_completions(state: str, job: str) -> str:
    """Where ingest publishes that a job has ended, in the form of Rekognition's notifications."""
    return f"{ROOT}.events.completion.{state}.{require_id(job)}"
