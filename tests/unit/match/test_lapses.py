"""Enrolments that nobody agreed to are erased one by one: one that fails leaves none of the others."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace

from sightline.chassis.errors import Conflict
from sightline.match.lapses import Lapses
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1.approval_service_pb2 import Enrolment


class Due:
    """Enrolments of which the time is over, or which were rejected; each has one face."""

    def now(self):
        return 0.0

    def overdue_enrolments(self, *_):
        return [Enrolment(id=name) for name in ("bad", "late")]

    def ending_enrolments(self, _):
        return [Enrolment(id=name) for name in ("bad", "rejected")]

    def faces_of_enrolment(self, enrolment_id):
        if enrolment_id == "bad":
            raise ValueError("not thought of")
        return [pb.EnrolledFace(id=f"face of {enrolment_id}", person_id="p")]

    def unlisted(self, _):
        return []

    def waiting_faces(self, face_ids):
        return face_ids

    def kept_person(self, _):
        return None

    def face_ids(self, _):
        return []


class Done:
    """What was done; it fails for one enrolment."""

    def __init__(self):
        self.lapsed, self.deleted = [], []

    async def lapse(self, enrolment):
        if enrolment.id == "bad":
            raise Conflict("RECORD_CHANGED", "It keeps changing.")
        self.lapsed.append(enrolment.id)
        return True

    async def delete(self, _, face_ids):
        self.deleted += face_ids

    @asynccontextmanager
    async def audit(self, what):
        yield what


async def test_one_that_fails_keeps_none_of_the_others():
    """Whether its time was over or it was rejected."""
    done = Done()
    lapses = Lapses(SimpleNamespace(decisions=done, faces=done, erasure=None), Due(), done, timedelta(days=1))
    assert await lapses.look() is False
    assert (done.lapsed, done.deleted) == (["late"], ["face of rejected"])
