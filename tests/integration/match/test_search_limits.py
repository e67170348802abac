"""How much one person may search in a day, on a real broker."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from fakes import picture

from sightline.chassis.audit import Auditor
from sightline.chassis.errors import ResourceExhausted
from sightline.chassis.identity.rights import Reach
from sightline.chassis.policy import load_policy
from sightline.chassis.principal import Principal, enter
from sightline.chassis.topology import SEARCH_COUNTS
from sightline.match.search_quota import SearchQuota
from sightline.match.search_servicer import SearchServicer
from sightline.v1 import events_pb2
from sightline.v1 import search_service_pb2 as pb

ANN = Principal("a" * 26, credential="api-key")
BEN = Principal("b" * 26, credential="oidc")
NOON = datetime(2026, 3, 31, 18, tzinfo=UTC)


@pytest.fixture
def quota(bus):
    """A function that makes the quota of a replica that has just started."""

    async def make(per_day, now=lambda: NOON):
        return SearchQuota(await bus.bucket(SEARCH_COUNTS), per_day, now)

    return make


async def test_limits_hold_over_replicas_and_restarts(quota):
    """Forty searches at once, at three replicas: ten are let through, and a replica that starts anew knows of them."""
    enter(ANN, Reach())
    replicas = [await quota(10) for _ in range(3)]
    done = await asyncio.gather(*(replicas[i % 3].take(1) for i in range(40)), return_exceptions=True)
    assert [one for one in done if one is not None and one.reason != "SEARCH_QUOTA_EXCEEDED"] == []
    assert done.count(None) == 10
    with pytest.raises(ResourceExhausted, match="10 searches a day, and you have made 10"):
        await (await quota(10)).take(1)


async def test_limits_say_when_they_begin_anew(quota):
    """The refusal names midnight UTC and how long that is; what was refused is not counted, and the next day is new."""
    enter(ANN, Reach())
    day = [NOON]
    mine = await quota(10, lambda: day[0])
    await mine.take(8)
    with pytest.raises(ResourceExhausted, match="anew at 2026-04-01 00:00 UTC") as refused:
        await mine.take(3)
    assert refused.value.retry_after == 6 * 3600
    await mine.take(2)
    with pytest.raises(ResourceExhausted):
        await mine.take(1)
    day[0] += timedelta(hours=6)
    await mine.take(10)


async def test_limits_are_a_persons_own(quota):
    """Somebody else's searches, and those of our services, are not counted; without a number nothing is."""
    enter(ANN, Reach())
    mine = await quota(1)
    await mine.take(1)
    enter(BEN, Reach())
    await mine.take(1)
    enter(Principal("service:notify"), Reach())
    await mine.take(100)
    enter(ANN, Reach())
    await (await quota(None)).take(100)
    assert not mine._turns  # nobody stays in memory


async def test_a_refusal_by_limits_is_audited(bus, opened, quota, stored, tmp_path):
    """Each probe of a batch and each face of a picture counts; who has had enough is in the trail with that reason."""
    enter(ANN, Reach())
    why = {"purpose": "test", "case_reference": "case-7"}
    async with opened(tmp_path / "state") as gallery:
        enrolled = await gallery.enroll(await gallery.create(), "ann")
        service = SearchServicer(
            gallery.parts, Auditor(bus, "match"), "research", load_policy("default").searches, await quota(6)
        )
        by_id = {"watchlists": ["wanted"], "min_similarity": 50.0, **why}
        probes = [pb.BatchProbe(face_id=enrolled.face.id)] * 3
        await service.BatchSearch(pb.BatchSearchRequest(probes=probes, probe_watchlist="wanted", **by_id), None)
        both = {"image": picture("ann+ben"), "probe_faces": pb.PROBE_FACES_EVERY}
        await service.SearchPersons(pb.SearchPersonsRequest(**both, **by_id), None)
        await service.SearchFaces(pb.SearchFacesRequest(image=picture("ann"), **by_id), None)
        with pytest.raises(ResourceExhausted, match="SEARCH_QUOTA_EXCEEDED"):
            await service.SearchFaces(pb.SearchFacesRequest(image=picture("ann"), **by_id), None)
    events = [event for event in await stored(bus, "AUDIT", events_pb2.AuditEvent) if event.action[:7] == "search."]
    assert [event.outcome for event in events] == ["ok", "ok", "ok", "SEARCH_QUOTA_EXCEEDED"]
    assert events[-1].principal == ANN.subject
