"""Every RPC of a running system leaves an entry in the audit trail, and so does every refusal."""

from __future__ import annotations

import asyncio
import csv
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from authz_calls import outcome
from authz_cases import cases, methods
from authz_system import CALLERS, CALLING_SERVICE, NOBODY, OUR_SERVICE, SERVER_OF

from sightline.chassis.bus import connect_bus
from sightline.chassis.ids import derived_id
from sightline.chassis.topology import AUDIT
from sightline.notify.audit_trail import AuditTrail
from sightline.v1.events_pb2 import AuditEvent

TABLE = Path(__file__).parents[2] / "contract" / "authz.csv"
PURPOSE = "authorisation matrix"
# Every RPC that leaves no entry when it is answered, with the reason why that is none of the trail's business: it
# changes nothing and shows no biometric data. Whoever may not call it is in the trail all the same.
SILENT = {
    "GetWatchlist": "a watchlist's settings: who is in it takes another call",
    "ListWatchlists": "as GetWatchlist",
    "GetCamera": "a camera's settings: what it sees takes another call",
    "ListCameras": "as GetCamera",
    "GetCameraStatus": "figures of a camera",
    "GetVideoJob": "state and figures of a job: who was found takes another call",
    "ListVideoJobs": "as GetVideoJob",
    "ExplainThreshold": "figures of a watchlist and of the calibration",
    "GetIndexStatus": "figures of the index",
    "GetMigration": "figures of a migration",
    "WhoAmI": "what the caller may do themselves",
    "GetSubject": "who may do what: changes of it are in the trail",
    "ListSubjects": "as GetSubject",
    "ListApiKeys": "as GetSubject; a key's secret is never shown",
    "GetSubscription": "where alerts are sent: changes of it are in the trail, and its secrets are never shown",
    "ListSubscriptions": "as GetSubscription",
    "ListDeliveries": "when what was sent, by the alerts' ids",
    "GetErasureReceipt": "what was erased when: it names nobody",
    "ListErasureReceipts": "as GetErasureReceipt",
}
LET_IN = ("ok", "not now", "not found")
EACH_RPC = [pytest.param(method, id=method.name) for method in methods()]
METHODS = {method.name: method for method in methods()}


def row(method, case) -> dict[str, str]:
    """What becomes of that call, by caller."""
    with TABLE.open(newline="") as file:
        [found] = [each for each in csv.DictReader(file) if (each["rpc"], each["object"]) == (method.name, case.label)]
    return {caller: found[caller] for caller in CALLERS}


def subject_of(method, caller) -> str:
    """How the trail names a caller; "" for those whom nobody knows."""
    if caller == NOBODY:
        return ""
    if caller == OUR_SERVICE:
        return f"service:{CALLING_SERVICE[SERVER_OF[method.containing_service.name]]}"
    return derived_id("subject", caller)


def path_of(method) -> str:
    """The RPC's full name, as the trail has it."""
    return f"/{method.containing_service.full_name}/{method.name}"


class Noted:
    """What came into the trail since this began."""

    def __init__(self, bus, after) -> None:
        self._bus = bus
        self._after = after

    async def events(self) -> list[AuditEvent]:
        """All of it."""
        async with aclosing(AuditTrail(self._bus).entries(self._after)) as batches:
            return [AuditEvent.FromString(entry.body) async for batch in batches for entry in batch]

    async def calls(self, method, caller) -> list[AuditEvent]:
        """That caller's; of a stream that was left in the middle the entry comes behind the answer."""
        return await self._first(
            lambda event: event.action != "access.refused" and event.principal == subject_of(method, caller),
            tries=1 if method.name in SILENT else 300,
        )

    async def refusals(self, method, caller) -> list[AuditEvent]:
        """Of that RPC for that caller; the first is written at once, behind the answer."""
        return await self._first(
            lambda event: (
                (event.action, event.object_id) == ("access.refused", path_of(method))
                and event.principal == subject_of(method, caller)
            )
        )

    async def strangers(self, service) -> list[AuditEvent]:
        """Calls to that service of whom nobody knows."""
        return await self._first(
            lambda event: event.service == service and event.outcome == "CREDENTIALS_REFUSED" and event.peer
        )

    async def _first(self, is_meant, tries=300) -> list[AuditEvent]:
        """What is meant, as soon as there is any; it waits half a minute for it."""
        for _ in range(tries):
            if found := [event for event in await self.events() if is_meant(event)]:
                return found
            await asyncio.sleep(0.1)
        return []


@asynccontextmanager
async def noting(system):
    """What comes into the trail while the block runs."""
    async with connect_bus(system.nats_url, "test") as bus:
        yield Noted(bus, (await bus.js.stream_info(AUDIT)).state.last_seq)


def test_the_silent_ones_are_there():
    """The list of what leaves no entry names RPCs that exist, and every reason is one."""
    assert set(SILENT) <= set(METHODS)
    assert all(SILENT.values())


@pytest.mark.parametrize("method", EACH_RPC)
def test_every_call_is_an_entry(system, method):
    """Who called, what for, and how it ended: one entry by the caller for each call, but for those of the list."""
    case = next(cases(method))
    words = row(method, case)
    caller = min((each for each in CALLERS if words[each] in LET_IN), key=lambda each: LET_IN.index(words[each]))

    async def called():
        async with noting(system) as noted:
            await outcome(system, method, caller, case)
            return await noted.calls(method, caller)

    events = asyncio.run(called())
    if method.name in SILENT:
        assert not events, "it leaves an entry by now: take it from the list"
        return
    assert events, "it leaves no entry: audit it, or put it on the list with a reason"
    assert all(event.action and event.object_kind and event.outcome and event.time.seconds for event in events)
    if "purpose" in method.input_type.fields_by_name and method.name != "SetGrants":
        assert {event.purpose for event in events} == {PURPOSE}


@pytest.mark.parametrize("method", EACH_RPC)
def test_every_refusal_is_an_entry(system, method):
    """Whoever has not the role is in the trail with the RPC and the reason."""
    case = next(cases(method))
    denied = [caller for caller, word in row(method, case).items() if word == "denied"]

    async def called(caller):
        async with noting(system) as noted:
            await outcome(system, method, caller, case)
            return await noted.refusals(method, caller)

    for caller in denied[:1]:
        [event] = asyncio.run(called(caller))
        assert event.outcome in {"ROLE_MISSING", "GRANT_TOO_NARROW"}


@pytest.mark.parametrize("method", EACH_RPC)
def test_every_look_at_what_is_not_ones_own_is_an_entry(system, method):
    """Who names an object of others hears that it is not there: the trail says that it was, and not for them."""

    async def called(case, caller):
        async with noting(system) as noted:
            await outcome(system, method, caller, case)
            return await noted.refusals(method, caller)

    foreign = [case for case in cases(method) if case.label.startswith("foreign")]
    for case in foreign[:1]:
        caller = next((each for each, word in row(method, case).items() if word == "not found"), None)
        if caller is None or row(method, next(cases(method)))[caller] == "not found":
            continue
        events = asyncio.run(called(case, caller))
        assert {event.outcome for event in events} == {"OBJECT_NOT_GRANTED"}


@pytest.mark.parametrize("service", sorted(SERVER_OF))
def test_strangers_are_in_the_trail(system, service):
    """Calls without credentials are one entry for each address and minute, in every service: whoever it was."""
    method = next(each for each in METHODS.values() if each.containing_service.name == service)

    async def known():
        async with connect_bus(system.nats_url, "test") as bus:
            await outcome(system, method, NOBODY, next(cases(method)))
            return await Noted(bus, 0).strangers(SERVER_OF[service])

    assert asyncio.run(known())
