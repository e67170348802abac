"""Rights can be compared, added and narrowed, and agree with what they allow one by one."""

from __future__ import annotations

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
reaches = st.builds(Reach, selections, selections, selections)
grants = st.builds(Grant, role=st.sampled_from(ROLES), watchlist_ids=listed_ids, camera_ids=listed_ids)
rights = st.lists(grants, max_size=4).map(Rights.of)


def members(selection) -> set[str]:
    """What is in it, of all that there is or will be."""
    return {item for item in SEEN if item in selection}


def allowed(rights) -> set[tuple[int, str, str]]:
    """Every single thing that the rights allow: a role, on a kind of object, on one object."""
    return {
        (role, kind, item)
        for role, reach in rights.by_role.items()
        for kind, selection in (("watchlist", reach.watchlists), ("camera", reach.cameras))
        for item in members(selection)
    }


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


@given(one=reaches, other=reaches)
def test_a_reach_is_compared_in_all_its_parts(one, other):
    """The sum covers both, both cover what they share, and one covers the other only where every part does."""
    assert (one | other).covers(one)
    assert one.covers(one & other)
    assert one.covers(other) == (one | other == one)
    assert FULL_REACH.covers(one)
    assert one.covers(Reach())


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
    """Several grants are their sum, in whatever order, and come back as one for each role."""
    total = Rights.of(given_grants)
    assert Rights.of(reversed(given_grants)) == total
    assert Rights.of(total.grants()) == total
    assert [grant.role for grant in total.grants()] == sorted({grant.role for grant in given_grants})
    for grant in given_grants:
        assert total.covers(Rights.of([grant]))


@given(held=rights, roles=st.lists(st.sampled_from(ROLES), max_size=3))
def test_a_call_reaches_what_its_roles_reach(held, roles):
    """The reach of a call is the sum over the roles that it accepts; without one of them there is none."""
    reach = held.reach(roles)
    if not set(roles) & set(held.by_role):
        assert reach is None
        return
    assert members(reach.watchlists) == {i for role, kind, i in allowed(held) if role in roles and kind == "watchlist"}
    assert members(reach.cameras) == {i for role, kind, i in allowed(held) if role in roles and kind == "camera"}


@pytest.mark.parametrize("role", PEOPLES_ROLES)
def test_no_grant_makes_a_service(role):
    """The role of services is none that people can be given, and nothing they hold covers it."""
    most = Rights.of([Grant(role=role, watchlist_ids=["*"], camera_ids=["*"])])
    assert not most.covers(SERVICE_RIGHTS)
    assert most.reach([access_pb2.ROLE_SERVICE]) is None
    assert access_pb2.ROLE_SERVICE not in PEOPLES_ROLES
