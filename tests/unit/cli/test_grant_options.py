"""Grants on the command line."""

import pytest
from grants_for_tests import grant

from sightline.chassis.errors import InvalidInput, Unavailable
from sightline.chassis.identity.api_key import new_key
from sightline.chassis.identity.rights import PEOPLES_ROLES
from sightline.cli.grant_options import RoleName, grant_rows, print_hints, read_grants

A, B = "a" * 26, "b" * 26


def test_roles_share_their_reach(tmp_path):
    """Every --role holds on all --watchlist and --camera; ids are taken as they are, without asking anybody."""
    read = read_grants(tmp_path, [RoleName.VIEWER, RoleName.OPERATOR], [A, B], ["*"], None)
    assert read == [grant("viewer", [A, B]), grant("operator", [A, B])]


def test_a_grant_has_a_reach_of_its_own(tmp_path):
    """Each --grant says role, watchlists and cameras itself, beside what the other options say."""
    texts = [f"role=viewer,watchlist={A},watchlist={B},camera=*", "role=admin"]
    read = read_grants(tmp_path, [RoleName.REVIEWER], None, None, texts)
    assert read == [grant("reviewer", [], []), grant("viewer", [A, B]), grant("admin", [], [])]


def test_every_role_that_can_be_granted_has_its_word():
    """No role is missing on the command line, and none is there that only services have."""
    assert sorted(role.number for role in RoleName) == sorted(PEOPLES_ROLES)


@pytest.mark.parametrize(
    "text",
    ["", "viewer", "role=", "role=boss", "role=viewer,role=admin", "watchlist=*", "role=viewer,list=*", "role=viewer,"],
)
def test_what_is_no_grant_is_refused(tmp_path, text):
    """A misspelt part is not left out silently: what it should have narrowed would be wider."""
    with pytest.raises(InvalidInput, match=r"GRANT_INVALID: .*role=viewer,watchlist=\*,camera=\*"):
        read_grants(tmp_path, None, None, None, [text])


@pytest.mark.parametrize("reach", [([A], None), (None, [A])], ids=["watchlist", "camera"])
def test_a_reach_without_a_role_is_refused(tmp_path, reach):
    """Whoever narrows a key to a watchlist and forgets the role does not get a key for everything."""
    with pytest.raises(InvalidInput, match=r"GRANT_INVALID: .*--role"):
        read_grants(tmp_path, None, *reach, None)


def test_a_name_is_looked_up(tmp_path, monkeypatch):
    """What is neither an id nor '*' is the name of a watchlist, for which the system is asked."""
    monkeypatch.setenv("SIGHTLINE_MATCH_TARGET", "127.0.0.1:1")
    monkeypatch.setenv("SIGHTLINE_API_KEY", new_key().text)
    with pytest.raises(Unavailable, match="MATCH_UNAVAILABLE"):
        read_grants(tmp_path, [RoleName.VIEWER], ["wanted"], None, None)


def test_who_would_see_nothing_is_hinted_at(capsys):
    """A role that acts on watchlists and cameras and was given none is named; auditors and administrators need none."""
    given = [grant("viewer", [A], []), grant("operator"), grant("auditor", [], []), grant("admin", [], [])]
    print_hints([*given, grant("camera_setup", [], ["*"])])
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "hint: viewer has no camera and sees none; add --camera '*' or an id\n"


def test_a_table_says_where_a_role_holds():
    """All, some by their ids, or none."""
    rows = grant_rows([grant("viewer", [A, B]), grant("auditor", [], [])])
    assert rows == [("viewer", f"{A}, {B}", "*"), ("auditor", "none", "none")]
