"""What a backup holds of the broker, in the order in which it is taken, and what it leaves out.

Each stream is consistent in itself, and the order is what makes them fit together: whatever names something else is
taken before it, so that a restored system lacks nothing that it names, and does at worst something again that has no
further effect.
"""

from __future__ import annotations

from enum import StrEnum

from sightline.chassis import topology as at


class Part(StrEnum):
    """Two backups, which are kept apart: whoever has both, and the installation's key, can read every template."""

    MAIN = "main"
    KEYS = "keys"
    """Whose keys these are is erased within a day, so no older one of these may exist."""


def _buckets(*names: str) -> tuple[str, ...]:
    return tuple(f"KV_{name}" for name in names)


MAIN = (
    # The place of notify in it first: what it had not finished comes again, and finds the alert there already.
    at.SIGHTINGS,
    *_buckets(at.ALERT_WINDOWS, at.ALERT_RECORDS, at.ALERT_SOURCES),
    # Behind the records, which are the truth: what these lack is published again.
    *(at.ALERTS, at.EVENTS),
    *_buckets(at.SUBSCRIPTIONS, at.UNDELIVERED),
    *(at.DELIVERIES, at.DLQ, "ADVISORIES"),
    *_buckets(at.CAMERAS, at.JOBS, at.ACCESS, at.KEY_USES, at.SEARCH_COUNTS),
    # Behind the jobs: what they have come to is there.
    at.DETECTIONS,
    *_buckets(at.AWS_SHELF, at.AWS_TOKENS, at.AWS_JOBS),
    # Seals before the entries: a seal of an entry that is not there would be a removal.
    *(at.AUDIT_SEALS, at.AUDIT),
    *(f"OBJ_{at.REFERENCES}", f"OBJ_{at.EVIDENCE}"),
    *(at.RECEIPTS, at.GALLERY),
)
KEYS = (
    # Behind MAIN, so that every record that is there has its key.
    *_buckets(at.KEYS, at.CAMERA_KEYS, at.NOTIFY_KEYS, at.AWS_KEYS),
    # Who was erased since the main backup.
    at.RECEIPTS,
)
CONTENTS = {Part.MAIN: MAIN, Part.KEYS: KEYS}
EVERYTHING = (*MAIN, *(name for name in KEYS if name not in MAIN))
