from __future__ import annotations

from datetime import datetime

from sightline.chassis.weekly_hours import zone_of
from sightline.ingest.schedule import suspension
from sightline.v1 import camera_service_pb2 as pb


def workdays(zone="Europe/Berlin"):
    """From 8 to 18 o'clock."""
    hours = pb.WeeklyHours(days=[1, 2, 3, 4, 5], start_minute=8 * 60, end_minute=18 * 60)
    return pb.Schedule(time_zone=zone, hours=[hours])


def berlin(text):
    """A time in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=zone_of("Europe/Berlin"))


def test_a_camera_says_why_it_is_not_watched_and_until_when():
    """Outside of its hours, and where its hours cannot be known: then nobody is watched. Without hours always."""
    camera = pb.Camera(schedule=workdays())
    assert suspension(pb.Camera(), berlin("2026-11-28 12:00")) is None
    assert suspension(camera, berlin("2026-11-23 12:00")) is None
    why = suspension(camera, berlin("2026-11-28 12:00"))
    assert (why.reason, why.message) == ("OUT_OF_HOURS", "It is not watched until 2026-11-30 08:00 (Europe/Berlin).")
    nowhere = pb.Camera(schedule=workdays("Europe/Atlantis"))
    assert suspension(nowhere, berlin("2026-11-23 12:00")).reason == "TIME_ZONE_UNKNOWN"
    assert suspension(pb.Camera(schedule=pb.Schedule()), berlin("2026-11-23 12:00")).reason == "OUT_OF_HOURS"
