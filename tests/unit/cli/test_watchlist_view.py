"""What `sightline watchlists` prints of watchlists."""

import pytest

from sightline.cli.watchlist_view import show_watchlist, show_watchlists
from sightline.v1 import gallery_service_pb2 as pb


def watchlist(**fields):
    """One that ends in the year 2027."""
    made = pb.Watchlist(id="w" * 26, name="wanted", purpose="Missing persons", legal_basis="Order 12", **fields)
    made.expire_time.FromJsonString("2027-02-28T14:11:37Z")
    return made


@pytest.mark.parametrize(
    ("fields", "threshold"),
    [
        ({"threshold": 0.914}, "0.914"),
        ({"target_fpir": 0.001}, "0.001 of strangers"),
        ({"target_alarms": pb.TargetAlarms(alarms_per_day=1, tracks_per_day=5000)}, "1 false alarms a day among 5,000"),
        ({}, "the models' own"),
    ],
)
def test_one_is_shown_with_all_that_is_set(capsys, monkeypatch, fields, threshold):
    """Its end and its legal basis among it, and what its threshold follows from."""
    monkeypatch.setenv("COLUMNS", "160")
    show_watchlist(watchlist(**fields), json=False)
    shown = capsys.readouterr().out
    assert all(words in shown for words in ("Order 12", "2027-02-28 14:11:37", "Missing persons", threshold))


def test_a_list_says_when_each_ends(capsys, monkeypatch):
    """One line for each; one that waits for approval says so."""
    monkeypatch.setenv("COLUMNS", "160")
    show_watchlists([watchlist(), watchlist(approval=pb.APPROVAL_PENDING)], json=False)
    lines = capsys.readouterr().out.splitlines()
    assert [("2027-02-28" in line, "(not approved)" in line) for line in lines[1:]] == [(True, False), (True, True)]
