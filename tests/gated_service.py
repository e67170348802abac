"""A service behind the real gate, and callers of it with rights that a test changes as it likes."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import grpc
import pytest
from secrets_for_tests import secrets_folder

from sightline.chassis.audit import Audited
from sightline.chassis.identity.api_key import hash_secret, new_key
from sightline.chassis.ids import derived_id
from sightline.chassis.principal import current_principal, current_reach
from sightline.chassis.rpc import BearerText, open_channel
from sightline.chassis.settings import ServiceSettings
from sightline.chassis.tail import last_sequence, tail
from sightline.v1 import (
    access_pb2,
    access_service_pb2,
    alert_service_pb2,
    alert_service_pb2_grpc,
    detect_service_pb2,
    detect_service_pb2_grpc,
    events_pb2,
    face_pb2,
    records_pb2,
)

WATCHLIST, FOREIGN = derived_id("watchlist"), derived_id("foreign")
REQUEST = detect_service_pb2.DetectFacesRequest(images=[face_pb2.Image(encoded=b"x")], purpose="test")


class DetectSettings(ServiceSettings):
    """Settings of a service that answers to the name of detect."""

    service = "detect"


class StubDetect(detect_service_pb2_grpc.DetectServiceServicer):
    """Audits, and answers with its caller."""

    def __init__(self, auditor):
        self._auditor = auditor

    async def DetectFaces(self, request, _):
        async with self._auditor.audit(Audited("detect.faces", "none", "", request.purpose)):
            principal = current_principal()
        return detect_service_pb2.DetectFacesResponse(detector_id=f"{principal.subject} via {principal.via or '-'}")


class StubAlerts(alert_service_pb2_grpc.AlertServiceServicer):
    """A list that says what its caller reaches, and a stream without an end."""

    async def ListAlerts(self, _request, _):
        return alert_service_pb2.ListAlertsResponse(next_page_token=",".join(current_reach().watchlists.listed()))

    async def WatchAlerts(self, _request, _):
        yield alert_service_pb2.WatchAlertsResponse(sequence=1)
        await asyncio.Event().wait()


class Person:
    """Somebody with a key, whose record the test changes as it likes."""

    def __init__(self, bucket, handle, *grants):
        self._bucket = bucket
        self.subject = access_service_pb2.Subject(id=derived_id("subject", handle), handle=handle, grants=grants)
        made = new_key()
        self.credentials = BearerText(made.text)
        self.record = records_pb2.ApiKeyRecord(secret_hash=hash_secret(secrets_folder().callers_key(), made.secret))
        self.record.key.id, self.record.key.subject_id = made.id, self.subject.id
        self.record.key.expire_time.FromSeconds(int(time.time()) + 3600)

    async def save(self):
        """Writes the records as they are now; gives the place of the last."""
        subject = records_pb2.SubjectRecord(subject=self.subject)
        await self._bucket.put(f"subject.{self.subject.id}", subject.SerializeToString())
        return await self._bucket.put(f"key.{self.record.key.id}", self.record.SerializeToString())


def grant(role, *watchlists, cameras=("*",)):
    """A grant of that role."""
    return access_service_pb2.Grant(
        role=access_pb2.Role.Value(f"ROLE_{role}"), watchlist_ids=watchlists, camera_ids=cameras
    )


@asynccontextmanager
async def apis(port, credentials):
    """The stubs of both services, for that caller."""
    async with open_channel(f"127.0.0.1:{port}", credentials) as channel:
        yield detect_service_pb2_grpc.DetectServiceStub(channel), alert_service_pb2_grpc.AlertServiceStub(channel)


async def refused(call):
    """The error of a call that is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def trail(bus, number=1, action=""):
    """So many entries of the audit trail, or all that there are once it has so many."""
    found = []
    async with asyncio.timeout(60):
        while len(found) < number:
            found = [event for event in await _audit(bus) if event.action.startswith(action)]
    return found


async def _audit(bus):
    last = await last_sequence(bus, "AUDIT")
    events = []
    if last:
        async for record in tail(bus, "AUDIT", after=0):
            events.append(events_pb2.AuditEvent.FromString(record.data))
            if record.sequence >= last:
                break
    return events
