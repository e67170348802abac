"""An alert without its person: names go, and what people decided about it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.notify.alert_states import is_redacted, revise

if TYPE_CHECKING:
    from sightline.v1 import events_pb2, records_pb2


def redact(record: records_pb2.AlertRecord, person_id: str) -> bool:
    """Takes a person out of an alert, whether it is on them or they are a further candidate; False: they are not in it.

    Their id stays: by it the alert is found again where this is repeated.
    """
    alert = record.alert
    named = [each for each in (alert.person, *alert.sighting.candidates) if each.person_id == person_id]
    changed = [unname(each) for each in named]
    if named and alert.person.person_id == person_id and not is_redacted(alert):
        alert.redact_time.GetCurrentTime()
        # Nothing more is to be fetched.
        record.evidence_sequence = record.reference_sequence = record.best_sequence
        changed.append(True)
    if not any(changed):
        return False
    revise(alert)
    return True


def is_named(candidate: events_pb2.Candidate) -> bool:
    """Whether it says more of whom it is than the id."""
    return bool(candidate.external_id or candidate.display_name or candidate.external_image_id)


def unname(candidate: events_pb2.Candidate) -> bool:
    """Leaves of whom it is the id alone; False: that was so before."""
    if not is_named(candidate):
        return False
    candidate.external_id = candidate.display_name = candidate.external_image_id = ""
    return True
