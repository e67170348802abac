"""SearchService over the real use cases: what it answers, and what the audit trail says of it."""

from __future__ import annotations

import pytest
from calibrations import fake_calibration
from fakes import NO_FACE, fake_pack, picture, vector_of

from sightline.chassis.audit import Auditor
from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound
from sightline.chassis.identity.rights import Reach
from sightline.chassis.policy import load_policy
from sightline.chassis.principal import Principal, enter
from sightline.chassis.topology import SEARCH_COUNTS
from sightline.match.calibration import CalibrationInForce
from sightline.match.search_quota import SearchQuota
from sightline.match.search_servicer import SearchServicer
from sightline.v1 import events_pb2
from sightline.v1 import search_service_pb2 as pb

WHY = {"purpose": "test", "case_reference": "case-7"}


@pytest.fixture
async def gallery(bus, opened, tmp_path):
    """One with a calibration in force."""
    async with opened(tmp_path / "state", calibration=CalibrationInForce(fake_calibration())) as match:
        yield match


@pytest.fixture
async def unlimited(bus):
    """The quota of who may search as much as they like."""
    return SearchQuota(await bus.bucket(SEARCH_COUNTS), None)


@pytest.fixture
async def service(bus, gallery, unlimited):
    """The servicer, for a caller in this context."""
    enter(Principal("somebody"), Reach())
    return SearchServicer(gallery.parts, Auditor(bus, "match"), "research", load_policy("default").searches, unlimited)


@pytest.fixture
def trail(bus, stored):
    """A function that returns the audit events of searches."""

    async def read():
        events = await stored(bus, "AUDIT", events_pb2.AuditEvent)
        return [event for event in events if event.action.startswith("search.")]

    return read


def ids(matches) -> list[str]:
    """The persons who were found."""
    return [match.person.external_id for match in matches]


async def test_every_face_of_a_picture_has_its_answer(gallery, service, trail):
    """With EVERY there is an answer for each face; the first one is also where clients of one face look."""
    watchlist = await gallery.create()
    await gallery.enroll(watchlist, "ann")
    request = pb.SearchFacesRequest(watchlists=["wanted", watchlist.id], image=picture("cy+ann"), **WHY)
    largest = await service.SearchFaces(request, None)
    assert (ids(largest.matches), len(largest.answers), largest.fit_for) == ([], 0, "research")
    request.probe_faces = pb.PROBE_FACES_EVERY
    every = await service.SearchFaces(request, None)
    assert [ids(answer.matches) for answer in every.answers] == [[], ["ann"]]
    assert (every.probe, list(every.matches)) == (every.answers[0].probe, [])
    persons = pb.SearchPersonsRequest(watchlists=["wanted"], image=picture("cy+ann"), probe_faces=3, **WHY)
    assert [ids(answer.matches) for answer in (await service.SearchPersons(persons, None)).answers] == [[], ["ann"]]
    said = [(event.action, event.object_id, event.case_reference) for event in await trail()]
    assert said == [(f"search.{kind}", watchlist.id, "case-7") for kind in ("faces", "faces", "persons")]


async def test_a_batch_answers_in_order_and_what_cannot_be_read_fails_alone(gallery, service, trail):
    """Pictures, templates, faces and persons in one call; a broken probe has an error in its place."""
    watchlist = await gallery.create()
    ann = await gallery.enroll(watchlist, "ann")
    await gallery.enroll(watchlist, "ben")
    template = pb.ProbeTemplate(vector=vector_of("ben").tolist(), embedder_id=fake_pack().embedder_id)
    request = pb.BatchSearchRequest(
        watchlists=["wanted"],
        probes=[
            pb.BatchProbe(image=picture("ann")),
            pb.BatchProbe(image=picture(NO_FACE)),
            pb.BatchProbe(template=template),
            pb.BatchProbe(face_id=ann.face.id),
            pb.BatchProbe(person="nobody"),
        ],
        probe_watchlist="wanted",
        **WHY,
    )
    answer = await service.BatchSearch(request, None)
    assert [ids(result.matches) for result in answer.results] == [["ann"], [], ["ben"], [], []]
    assert [result.error.reason for result in answer.results] == ["", "NO_FACE", "", "", "PERSON_NOT_FOUND"]
    del request.probes[:]
    request.probes.add(person="nobody")
    assert [result.error.reason for result in (await service.BatchSearch(request, None)).results] == [
        "PERSON_NOT_FOUND"
    ]
    first = (await trail())[0]
    assert (first.outcome, first.detail) == ("ok", f"5 probes, probe watchlist {watchlist.id}")


async def test_a_watchlist_that_is_not_there_is_audited_as_refused(service, trail):
    """A search that names no watchlist of this installation is refused, and in the trail with its reason."""
    with pytest.raises(NotFound, match="WATCHLIST_NOT_FOUND"):
        await service.SearchPersons(pb.SearchPersonsRequest(watchlists=["absent"], image=picture("ann"), **WHY), None)
    assert [event.outcome for event in await trail()] == ["WATCHLIST_NOT_FOUND"]


class Unread:
    """Use cases that nobody may reach."""

    def __getattr__(self, name: str):
        pytest.fail(f"{name} was used")


@pytest.mark.parametrize(
    ("policy", "why", "reason"),
    [
        ("default", {}, "PURPOSE_MISSING"),
        ("default", {"purpose": " ", "case_reference": "case-7"}, "PURPOSE_MISSING"),
        ("uk-lfr", {"purpose": "test"}, "CASE_REFERENCE_MISSING"),
    ],
)
async def test_a_search_without_reasons_is_refused_before_anything_is_read(bus, trail, unlimited, policy, why, reason):
    """Of all four kinds, and each refusal is in the trail."""
    enter(Principal("somebody"), Reach())
    service = SearchServicer(Unread(), Auditor(bus, "match"), "research", load_policy(policy).searches, unlimited)
    probe = {"watchlists": ["wanted"], "image": picture("ann")}
    for call in (
        service.SearchFaces(pb.SearchFacesRequest(**probe, **why), None),
        service.SearchPersons(pb.SearchPersonsRequest(**probe, **why), None),
        service.BatchSearch(pb.BatchSearchRequest(watchlists=["wanted"], probes=[{"face_id": "a" * 26}], **why), None),
        service.CompareFaces(pb.CompareFacesRequest(source=picture("ann"), target=picture("ann"), **why), None),
    ):
        with pytest.raises(InvalidInput, match=reason):
            await call
    actions = [(event.action, event.outcome) for event in await trail()]
    assert actions == [(f"search.{kind}", reason) for kind in ("faces", "persons", "batch", "compare")]


async def test_the_threshold_of_a_target_is_that_of_the_search(gallery, service):
    """What ExplainThreshold says is what a search without a similarity of its own goes by, and it grows with N."""
    await gallery.create(target_fpir=0.1)
    watchlist = gallery.parts.watchlists.get("wanted")
    await gallery.enroll(watchlist, "ann")
    explain = pb.ExplainThresholdRequest(watchlist="wanted")
    small = await service.ExplainThreshold(explain, None)
    for name in ("ben", "cy", "dan"):
        await gallery.enroll(watchlist, name)
    large = await service.ExplainThreshold(explain, None)
    assert (small.templates, large.templates) == (1, 4)
    assert large.cosine > small.cosine
    assert small.cosine == pytest.approx(0.1)
    searched = pb.SearchFacesRequest(watchlists=["wanted"], image=picture("ann"), **WHY)
    least = min(match.cosine for match in (await service.SearchFaces(searched, None)).matches)
    assert least >= large.cosine
    searched.min_similarity = 0
    everybody = (await service.SearchFaces(searched, None)).matches
    assert len([match for match in everybody if match.cosine >= large.cosine]) == len(
        [match for match in everybody if match.cosine >= least]
    )


async def test_a_target_that_nothing_can_keep_is_refused_when_it_is_set(gallery, opened, bus, tmp_path):
    """Beyond what was measured, and without a calibration, there is no such watchlist afterwards."""
    with pytest.raises(FailedPrecondition, match="TARGET_NOT_MEASURED"):
        await gallery.create("strict", target_fpir=1e-6)
    async with opened(tmp_path / "other") as uncalibrated:
        with pytest.raises(FailedPrecondition, match="CALIBRATION_MISSING"):
            await uncalibrated.create("strict", target_fpir=0.1)
        assert uncalibrated.projection.watchlist("strict") is None


async def test_a_calibration_that_is_gone_is_said_and_does_not_fall_back(gallery, opened, bus, tmp_path, unlimited):
    """A watchlist with a target is not searched by another threshold: the caller learns why, or gives their own."""
    watchlist = await gallery.create("aimed", target_fpir=0.1)
    await gallery.enroll(watchlist, "ann")
    async with opened(tmp_path / "other") as uncalibrated:
        enter(Principal("somebody"), Reach())
        service = SearchServicer(
            uncalibrated.parts, Auditor(bus, "match"), "research", load_policy("default").searches, unlimited
        )
        request = pb.SearchFacesRequest(watchlists=["aimed"], image=picture("ann"), **WHY)
        with pytest.raises(FailedPrecondition, match="CALIBRATION_MISSING"):
            await service.SearchFaces(request, None)
        request.min_similarity = 90
        assert ids((await service.SearchFaces(request, None)).matches) == ["ann"]
        explained = await service.ExplainThreshold(pb.ExplainThresholdRequest(watchlist="aimed"), None)
        assert explained.alerts_off.reason == "CALIBRATION_MISSING"
