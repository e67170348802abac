"""Tables in a terminal of 80 columns: nothing is cut off, and every column stays readable."""

import pytest

from sightline.cli.output import print_table

PHOTO = "/srv/pictures/" + "a-long-folder/" * 4 + "photo.jpg"


@pytest.fixture(autouse=True)
def _a_narrow_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def test_a_long_path_leaves_the_other_columns_their_room(capsys):
    """The path goes on in the next line; a person and a cosine are not broken into single letters."""
    print_table(("photo", "person", "similarity", "cosine"), [(PHOTO, "case-17", "87.2", "0.942")], empty="")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["photo", "person", "similarity", "cosine"]
    assert lines[1].split()[1:] == ["case-17", "87.2", "0.942"]
    assert "".join(line.split()[0] for line in lines[1:]) == PHOTO


def test_an_id_stays_on_one_line(capsys):
    """What names the row can be copied out of it, however long the rest is."""
    name = "w7nnr2jmaa5sqga43xuqkewt7c"
    print_table(("id", "purpose"), [(name, "Missing persons " * 10)], empty="")
    assert capsys.readouterr().out.splitlines()[1].startswith(f"{name}  Missing persons")


def test_an_id_stays_on_one_line_where_it_is_not_the_first_column(capsys):
    """An alert's id, which `alerts show` takes, behind when, who and where."""
    name = "ak4sz327fgwk2dnj7nxsluo4kk"
    row = ("2026-11-30 05:17:23", "case-17", "99.9", "under review", "titltojil36ktncqc5hlw3u2mx", name, "")
    print_table(("at", "person", "similarity", "state", "source", "id", "storm"), [row], empty="")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(name in line for line in lines)


def test_what_is_short_is_not_broken(capsys):
    """A date, a state and a heading stay whole words beside two ids: the other one goes on in the next lines."""
    ids = ("titltojil36ktncqc5hlw3u2mx", "ak4sz327fgwk2dnj7nxsluo4kk")
    row = ("2026-11-30 05:17:23", "Adam_Ant", "99.9", "raised", *ids)
    print_table(("at", "person", "similarity", "state", "source", "id"), [row], empty="")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["at", "person", "similarity", "state", "source", "id"]
    assert lines[1].split()[:4] == ["2026-11-30", "Adam_Ant", "99.9", "raised"]
    assert lines[1].rstrip().endswith(ids[1])
    assert lines[2].startswith("05:17:23")


def test_no_rows_are_one_sentence(capsys):
    """Without rows there are no columns either."""
    print_table(("id", "name"), iter(()), empty="nobody")
    assert capsys.readouterr().out == "nobody\n"
