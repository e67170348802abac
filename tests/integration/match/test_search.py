"""Search by picture, face, person and template, over the real index."""

from __future__ import annotations

import pytest
from fakes import fake_pack, picture, vector_near, vector_of

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound
from sightline.chassis.ids import new_id
from sightline.match.search import Terms
from sightline.v1 import search_service_pb2 as pb


def of(name: str) -> pb.BatchProbe:
    """A picture of them."""
    return pb.BatchProbe(image=picture(name))


def template(vector) -> pb.BatchProbe:
    """A template that the caller has."""
    return pb.BatchProbe(template=pb.ProbeTemplate(vector=vector.tolist(), embedder_id=fake_pack().embedder_id))


@pytest.fixture
def searched(match):
    """A function that reads one probe, searches, and returns external ids, the most similar first."""

    async def search(probe, *watchlists, probe_watchlist=None, **terms):
        sought = await match.parts.probes.read(probe, probe_watchlist)
        [matches] = await match.parts.search.faces(sought, Terms(watchlists, **terms))
        return [found.person.external_id for found in matches]

    return search


@pytest.fixture
def persons(match):
    """A function that reads one probe and searches for persons."""

    async def search(probe, *watchlists, probe_watchlist=None, **terms):
        [sought] = await match.parts.probes.read(probe, probe_watchlist)
        return await match.parts.person_scores.persons(sought, Terms(watchlists, **terms))

    return search


async def test_a_picture_s_faces_are_chosen_as_asked(match):
    """The largest face alone, each of them in order, or the only one, where there is one."""
    watchlist = await match.create()
    await match.enroll(watchlist, "ann")
    await match.enroll(watchlist, "ben")
    both = of("ben+ann+cy")
    terms = Terms([watchlist])

    async def found(which):
        answers = await match.parts.search.faces(await match.parts.probes.read(both, None, which), terms)
        return [[each.person.external_id for each in answer] for answer in answers]

    assert await found(pb.PROBE_FACES_LARGEST) == await found(pb.PROBE_FACES_UNSPECIFIED) == [["ben"]]
    assert await found(pb.PROBE_FACES_EVERY) == [["ben"], ["ann"], []]
    with pytest.raises(InvalidInput, match="SEVERAL_FACES"):
        await found(pb.PROBE_FACES_ONLY)
    assert len(await match.parts.probes.read(of("ann"), None, pb.PROBE_FACES_ONLY)) == 1


async def test_several_watchlists_are_one_answer(match, searched):
    """The most similar of all watchlists come first, and no more than were asked for."""
    one, other = await match.create("one"), await match.create("other")
    await match.enroll(one, "ann")
    await match.enroll(other, "ben")
    probe = template(vector_of("ben"))
    assert await searched(probe, one, other, min_similarity=0) == ["ben", "ann"]
    assert await searched(probe, one, other, min_similarity=0, limit=1) == ["ben"]
    assert await searched(probe, one, min_similarity=0, exact=True) == ["ann"]
    assert await searched(probe, one) == []


async def test_an_enrolled_face_does_not_find_itself(match, searched):
    """A face as a probe finds the person's other pictures, here and in other watchlists, and never itself."""
    one, other = await match.create("one"), await match.create("other")
    first = await match.enroll(one, "ann")
    probe = pb.BatchProbe(face_id=first.face.id)
    assert await searched(probe, one, probe_watchlist=one) == []
    await match.enroll(one, "ann", shows="ann#2")
    await match.enroll(other, "anna", shows="ann#3")
    assert await searched(probe, one, probe_watchlist=one) == ["ann"]
    assert sorted(await searched(probe, one, other, probe_watchlist=one)) == ["ann", "anna"]
    assert await searched(probe, one, probe_watchlist=one, limit=1) == ["ann"]


async def test_a_person_finds_others_and_never_themselves(match, searched, persons):
    """By id or external id, the mean of their templates is searched for; none of their faces is an answer."""
    watchlist = await match.create()
    ann = await match.enroll(watchlist, "ann")
    await match.enroll(watchlist, "ann", shows="ann#2")
    await match.enroll(watchlist, "twin", shows="ann#3")
    for name in ("ann", ann.person.id):
        assert await searched(pb.BatchProbe(person=name), watchlist, probe_watchlist=watchlist) == ["twin"]
        found = await persons(pb.BatchProbe(person=name), watchlist, probe_watchlist=watchlist)
        assert [each.person.external_id for each in found] == ["twin"]
    found = await persons(pb.BatchProbe(face_id=ann.face.id), watchlist, probe_watchlist=watchlist)
    assert [each.person.external_id for each in found] == ["twin"]


async def test_a_probe_must_be_of_the_watchlist_that_is_named(match, searched):
    """A face of another watchlist is as one that is not there; without a watchlist nothing is looked up."""
    one, other = await match.create("one"), await match.create("other")
    enrolled = await match.enroll(one, "ann")
    refusals = [
        (pb.BatchProbe(face_id=enrolled.face.id), None, InvalidInput, "PROBE_WATCHLIST_MISSING"),
        (pb.BatchProbe(face_id=enrolled.face.id), other, NotFound, "FACE_NOT_FOUND"),
        (pb.BatchProbe(face_id=new_id()), one, NotFound, "FACE_NOT_FOUND"),
        (pb.BatchProbe(person="ann"), other, NotFound, "PERSON_NOT_FOUND"),
        (pb.BatchProbe(person=enrolled.person.id), other, NotFound, "PERSON_NOT_FOUND"),
    ]
    for probe, probe_watchlist, kind, reason in refusals:
        with pytest.raises(kind, match=reason):
            await searched(probe, one, other, probe_watchlist=probe_watchlist)


async def test_a_template_must_be_one_of_this_embedder(match, searched):
    """What another embedder made, or nobody, never reaches the index."""
    watchlist = await match.create()
    foreign = pb.BatchProbe(template=pb.ProbeTemplate(vector=vector_of("ann").tolist(), embedder_id="a" * 26))
    with pytest.raises(FailedPrecondition, match="EMBEDDER_DIFFERS"):
        await searched(foreign, watchlist)
    with pytest.raises(InvalidInput, match="TEMPLATE_INVALID"):
        await searched(template(vector_of("ann") / 2), watchlist)


async def test_a_person_is_scored_by_their_best_face_or_by_all_of_them(match, persons):
    """Where the mean of the templates is more similar than each of them it decides, else the best face does."""
    watchlist = await match.create()
    await match.enroll(watchlist, "ann")
    await match.enroll(watchlist, "ann", shows="other view")
    await match.enroll(watchlist, "ben")
    mean = vector_of("ann") + vector_of("other view")
    between = mean / (mean @ mean) ** 0.5
    best = (await persons(template(between), watchlist, min_similarity=0))[0]
    assert (best.person.external_id, best.decided_by) == ("ann", pb.DECIDED_BY_FUSED_TEMPLATE)
    assert best.cosine == best.fused_cosine == pytest.approx(1.0, abs=1e-5)
    assert best.face_cosine < 0.999
    best = (await persons(template(vector_of("ann")), watchlist, min_similarity=0))[0]
    assert best.decided_by == pb.DECIDED_BY_FACE
    assert best.cosine == best.face_cosine == pytest.approx(1.0, abs=1e-5)
    assert best.fused_cosine == pytest.approx(float(between @ vector_of("ann")), abs=1e-5)
    (ben,) = [each for each in await persons(of("ben"), watchlist) if each.person.external_id == "ben"]
    assert ben.fused_cosine == ben.face_cosine


async def test_persons_with_many_faces_do_not_crowd_out_others(match, persons):
    """As many persons are found as were asked for, however many faces the first ones have."""
    watchlist = await match.create()
    for n in range(12):
        await match.enroll(watchlist, "ann", shows=f"ann#{n}")
    await match.enroll(watchlist, "ben")
    found = await persons(of("ann"), watchlist, min_similarity=0, limit=2)
    assert [each.person.external_id for each in found] == ["ann", "ben"]
    assert [each.person.external_id for each in await persons(of("ann"), watchlist)] == ["ann"]


async def test_a_call_that_asks_for_too_much_is_refused(match, searched):
    """Faces times watchlists times answers are bounded, so that one call does not keep all others waiting."""
    watchlists = [await match.create(f"list{n}") for n in range(2)]
    await match.enroll(watchlists[0], "ann")
    assert await searched(of("ann"), *watchlists, limit=1 << 16) == ["ann"]
    with pytest.raises(InvalidInput, match="SEARCH_TOO_LARGE"):
        await searched(of("ann"), *watchlists, limit=(1 << 16) + 1)


async def test_a_similarity_of_the_caller_s_replaces_the_threshold(match, searched):
    """Unset, the watchlist's threshold counts; what is set counts instead, whichever is lower."""
    watchlist = await match.create(threshold=0.99)
    await match.enroll(watchlist, "ann")
    near = template(vector_near("ann", 0.95))
    assert await searched(near, watchlist) == []
    assert await searched(near, watchlist, min_similarity=80) == ["ann"]
    assert await searched(near, watchlist, min_similarity=95) == []
