"""Rights can be compared, added and narrowed, and agree with what they allow one by one."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.chassis.identity.rights import (
    EVERYTHING,
    FULL_REACH,
    NO_RIGHTS,
    NOTHING,
    PEOPLES_ROLES,
    SERVICE_RIGHTS,
    Part,
    Reach,
    Rights,
    Selection,
)
from sightline.v1 import access_pb2
from sightline.v1.access_service_pb2 import Grant

IDS = ("a", "b", "c", "d")
TO_COME = "made tomorrow"
SEEN = (*IDS, TO_COME)
ROLES = (access_pb2.ROLE_VIEWER, access_pb2.ROLE_OPERATOR, access_pb2.ROLE_ADMIN)

listed_ids = st.lists(st.sampled_from([*IDS, "*"]), max_size=3)
selections = listed_ids.map(Selection.of)
parts = st.builds(Part, selections, selections)
reaches = st.builds(Reach.summed, st.lists(parts, max_size=4), selections)
grants = st.builds(Grant, role=st.sampled_from(ROLES), watchlist_ids=listed_ids, camera_ids=listed_ids)
rights = st.lists(grants, max_size=4).map(Rights.of)


def members(selection) -> set[str]:
    """What is in it, of all that there is or will be."""
    return {item for item in SEEN if item in selection}


def places(parts) -> set[tuple[str, str]]:
    """Every watchlist at every camera of each part, with "" where something belongs to one of the two alone."""
    return {
        place for part in parts for place in product({"", *members(part.watchlists)}, {"", *members(part.cameras)})
    } | {("", "")}


def within(reach) -> set[tuple[str, str]]:
    """Every watchlist at every camera that is within reach, of all that there are or will be."""
    return {place for place in product(("", *SEEN), repeat=2) if reach.has(*place)}


def allowed(rights) -> set[tuple[int, str, str]]:
    """Every single thing that the rights allow: a role, on what belongs to a watchlist, a camera, or both."""
    return {(role, *place) for role, reach in rights.by_role.items() for place in within(reach)}


@given(ids=listed_ids)
def test_a_star_is_everything_that_will_ever_be(ids):
    """`*` among the ids means all, also what is made later; without it, exactly the listed ones."""
    assert members(Selection.of(ids)) == (set(SEEN) if "*" in ids else set(ids))
    assert Selection.of(Selection.of(ids).listed()) == Selection.of(ids)


@given(one=selections, other=selections)
def test_selections_are_sets(one, other):
    """Union, intersection and inclusion are those of the sets that they stand for."""
    assert members(one | other) == members(one) | members(other)
    assert members(one & other) == members(one) & members(other)
    assert one.covers(other) == (members(one) >= members(other))


@given(one=selections, other=selections, third=selections)
def test_selections_obey_the_laws_of_sets(one, other, third):
    """The order and grouping in which selections are put together changes nothing."""
    assert one | other == other | one
    assert one & other == other & one
    assert one & (other | third) == (one & other) | (one & third)
    assert one | (one & other) == one & (one | other) == one
    assert one | NOTHING == one & EVERYTHING == one
    assert one.covers(other) == (one | other == one) == (one & other == other)


@given(granted=st.lists(parts, max_size=5))
def test_a_reach_is_what_its_parts_have_each_for_itself(granted):
    """No watchlist of one part at a camera of another, whatever form they are kept in; and that form is their own."""
    reach = Reach.summed(granted, NOTHING)
    assert within(reach) == places(granted)
    assert within(reach) == places(reach.parts)
    assert members(reach.watchlists) == {watchlist for watchlist, _ in places(granted) if watchlist}
    assert members(reach.cameras) == {camera for _, camera in places(granted) if camera}
    for camera in SEEN:
        at = {watchlist for watchlist, there in places(granted) if watchlist and there == camera}
        assert members(reach.watchlists_at(camera)) == at
    assert Reach.summed(reversed(granted), NOTHING) == Reach.summed(reach.parts, NOTHING) == reach


@given(one=reaches, other=reaches)
def test_reaches_are_sets_of_places(one, other):
    """Sum, what is shared, inclusion and equality are those of the places that they stand for."""
    assert within(one | other) == within(one) | within(other)
    assert within(one & other) == within(one) & within(other)
    bare, bare_other = replace(one, subjects=NOTHING), replace(other, subjects=NOTHING)
    assert bare.covers(bare_other) == (within(one) >= within(other))
    assert (bare == bare_other) == (within(one) == within(other))


@given(one=reaches, other=reaches, third=reaches)
def test_reaches_obey_the_laws_of_sets(one, other, third):
    """The order and grouping in which they are put together changes nothing."""
    assert one | other == other | one
    assert one & other == other & one
    assert one | (other | third) == (one | other) | third
    assert one & (other | third) == (one & other) | (one & third)
    assert one | (one & other) == one & (one | other) == one
    assert one | Reach() == one & FULL_REACH == one
    assert one.covers(other) == (one | other == one) == (one & other == other)
    assert FULL_REACH.covers(one)
    assert one.covers(Reach())


def test_two_grants_are_two_and_not_all_that_they_name():
    """A reviewer of one watchlist at one camera and of another at another sees neither at the other's camera."""
    both = Rights.of(
        Grant(role=access_pb2.ROLE_REVIEWER, watchlist_ids=[watchlist], camera_ids=[camera])
        for watchlist, camera in (("a", "c"), ("b", "d"))
    )
    reach = both.reach([access_pb2.ROLE_REVIEWER])
    assert reach.has("a", "c")
    assert reach.has("b", "d")
    assert not reach.has("a", "d")
    assert not reach.has("b", "c")
    assert (reach.watchlists, reach.cameras) == (Selection.of("ab"), Selection.of("cd"))
    assert not reach.covers(Reach.of(Selection.of("ab"), Selection.of("cd")))
    assert [(list(each.watchlist_ids), list(each.camera_ids)) for each in both.grants()] == [
        (["a"], ["c"]),
        (["b"], ["d"]),
    ]


def test_grants_that_make_a_whole_are_a_whole():
    """Whoever has every watchlist at every camera by several grants, or by several roles, has just that."""
    granted = [(["a"], ["c", "d"]), (["b"], ["c"]), (["b"], ["d"])]
    whole = Reach.summed((Part(*map(Selection.of, each)) for each in granted), EVERYTHING)
    assert whole == Reach.of(Selection.of("ab"), Selection.of("cd"), EVERYTHING)
    roles = Rights.of(
        Grant(role=role, watchlist_ids=[watchlist], camera_ids=["*"])
        for role, watchlist in ((access_pb2.ROLE_VIEWER, "*"), (access_pb2.ROLE_REVIEWER, "a"))
    )
    assert roles.reach([access_pb2.ROLE_VIEWER, access_pb2.ROLE_REVIEWER]) == FULL_REACH


@given(one=rights, other=rights)
def test_rights_share_exactly_what_both_allow(one, other):
    """A narrowed key may do what both it and its subject may, thing for thing, and no more."""
    assert allowed(one & other) == allowed(one) & allowed(other)
    assert one.covers(one & other)
    assert other.covers(one & other)
    assert (one & other).by_role == (other & one).by_role


@given(one=rights, other=rights)
def test_rights_that_cover_others_allow_all_that_those_do(one, other):
    """Covering is never more generous than what is allowed, and a role without any object is still a role."""
    if one.covers(other):
        assert allowed(one) >= allowed(other)
        assert set(one.by_role) >= set(other.by_role)
    assert one.covers(other) == (allowed(one) >= allowed(other) and set(one.by_role) >= set(other.by_role))
    assert one.covers(one)
    assert one.covers(NO_RIGHTS)


@given(one=rights, other=rights, third=rights)
def test_covering_is_handed_on(one, other, third):
    """A key of a key of a key can never grow: what covers what covers a third covers the third."""
    if one.covers(other) and other.covers(third):
        assert one.covers(third)
    assert one.covers(one & other & third)


@given(given_grants=st.lists(grants, max_size=6))
def test_grants_of_one_role_add_up(given_grants):
    """Several grants are their sum, in whatever order, and come back as such, of each role at least one."""
    total = Rights.of(given_grants)
    assert Rights.of(reversed(given_grants)) == total
    assert Rights.of(total.grants()) == total
    assert {grant.role for grant in total.grants()} == {grant.role for grant in given_grants}
    assert [grant.role for grant in total.grants()] == sorted(grant.role for grant in total.grants())
    for grant in given_grants:
        assert total.covers(Rights.of([grant]))


@given(held=rights, roles=st.lists(st.sampled_from(ROLES), max_size=3))
def test_a_call_reaches_what_its_roles_reach(held, roles):
    """The reach of a call is the sum over the roles that it accepts; without one of them there is none."""
    reach = held.reach(roles)
    if not set(roles) & set(held.by_role):
        assert reach is None
        return
    assert within(reach) == {(watchlist, camera) for role, watchlist, camera in allowed(held) if role in roles}


@pytest.mark.parametrize("role", PEOPLES_ROLES)
def test_no_grant_makes_a_service(role):
    """The role of services is none that people can be given, and nothing they hold covers it."""
    most = Rights.of([Grant(role=role, watchlist_ids=["*"], camera_ids=["*"])])
    assert not most.covers(SERVICE_RIGHTS)
    assert most.reach([access_pb2.ROLE_SERVICE]) is None
    assert access_pb2.ROLE_SERVICE not in PEOPLES_ROLES
