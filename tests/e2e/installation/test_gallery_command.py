"""Watchlists, persons and faces from the command line, against a running system with real models."""

from __future__ import annotations

import pytest
from broker_release import needs_new_broker
from tls_scan import scan

from sightline.chassis.picture import decode_picture, encode_jpeg

WANTED = ("--watchlist", "wanted")


@pytest.fixture(scope="module")
def system(people):
    """The command of an operator."""
    return people["olga"]


@pytest.fixture(scope="module")
def photo(media):
    """A good picture of somebody."""
    return media.photo


@pytest.fixture(scope="module")
def enrolled(system, photo):
    """Somebody in a watchlist that keeps references."""
    system.json("watchlists", "create", "wanted", "--purpose", "test", "--keep-references", "--expires", "90d")
    return system.json("enroll", str(photo), *WANTED, "--person", "P-1", "--display-name", "Eve", "--face", "largest")


def ok(answer):
    """What a command printed that succeeded."""
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_a_watchlist_changes_where_it_is_as_one_has_seen_it(system, enrolled):
    """What is given changes, what is cleared is unset, the rest stays; an old state is not overwritten."""
    before = system.json("watchlists", "get", "wanted")
    after = system.json("watchlists", "update", "wanted", "--threshold", "0.9", "--expires", "100d")
    assert (after["purpose"], after["keep_references"], after["face_count"]) == ("test", True, "1")
    assert before["expire_time"] < after["expire_time"]
    endless = system("watchlists", "update", "wanted", "--expires", "never")
    assert (endless.returncode, "EXPIRY_TOO_LATE" in endless.stderr) == (1, True)
    assert after["threshold"] == pytest.approx(0.9)
    assert "threshold" not in system.json("watchlists", "update", "wanted", "--clear", "threshold")
    stale = system("watchlists", "update", "wanted", "--reason", "other", "--etag", before["etag"])
    assert (stale.returncode, "ETAG_DIFFERS" in stale.stderr) == (1, True)
    assert [each["name"] for each in system.json("watchlists", "list", "--prefix", "wan")] == ["wanted"]
    assert system.json("watchlists", "list", "--prefix", "x") == []


def test_a_person_is_shown_changed_and_listed(system, enrolled):
    """By their id in the customer's records, with what was said of them."""
    assert "with the watchlist" in ok(system("persons", "show", "P-1", *WANTED))
    ok(system("persons", "update", "P-1", *WANTED, "--attribute", "height=1.7", "--expires", "30d"))
    shown = system.json("persons", "show", "P-1", *WANTED)
    assert (shown["face_count"], shown["person"]["attributes"]) == ("1", {"height": "1.7"})
    assert shown["person"]["display_name"] == "Eve"
    assert "1.7" in ok(system("persons", "show", "P-1", *WANTED))
    assert [each["id"] for each in system.json("persons", "list", *WANTED, "--name", "eVE")] == [shown["person"]["id"]]
    assert "P-1" in ok(system("persons", "list", *WANTED))


def test_a_face_is_shown_with_what_was_kept_of_its_picture(system, enrolled, tmp_path):
    """The reference is a picture in which the same face can be enrolled."""
    (face,) = system.json("faces", "list", *WANTED, "--person", "P-1")
    assert face["has_reference"]
    kept = tmp_path / "kept.jpg"
    shown = system.json("faces", "show", face["id"], *WANTED, "--reference", str(kept))
    assert shown["person"]["external_id"] == "P-1"
    assert max(decode_picture(kept.read_bytes()).shape) <= 512
    again = ok(system("enroll", str(kept), *WANTED, "--person", "P-2"))
    assert "P-2 enrolled" in again
    assert "warning LOOKS_LIKE_ANOTHER_PERSON" in again


def test_a_bad_photo_is_refused_with_its_reason(system, enrolled, photo, tmp_path):
    """Too dark for the usual gate; without one it is taken; strict refuses who looks like somebody else."""
    dark = tmp_path / "dark.jpg"
    dark.write_bytes(encode_jpeg((decode_picture(photo.read_bytes()) * 0.1).astype("uint8"), 95))
    refused = system("enroll", str(dark), *WANTED, "--person", "P-3", "--face", "largest")
    assert (refused.returncode, "LOW_BRIGHTNESS" in refused.stderr) == (1, True)
    assert system("enroll", str(photo), *WANTED, "--person", "P-3", "--face", "round").returncode == 1
    ok(system("enroll", str(dark), *WANTED, "--person", "P-3", "--face", "largest", "--quality", "off"))


def test_who_is_deleted_is_gone(system, enrolled, photo):
    """A face goes alone, a person with all faces, and neither is found or shown afterwards."""
    (face,) = system.json("faces", "list", *WANTED, "--person", "P-3")
    assert "deleted 1 of 1" in ok(system("faces", "delete", face["id"], *WANTED, "--yes"))
    for name in ("P-1", "P-2"):
        assert "deleted with 1 face" in ok(system("persons", "delete", name, *WANTED, "--yes"))
        assert "PERSON_NOT_FOUND" in system("persons", "show", name, *WANTED).stderr
    assert system.json("faces", "list", *WANTED) == []
    assert "P-1" not in ok(system("search", "--purpose", "test", str(photo), *WANTED, "--min-similarity", "0"))


@needs_new_broker
def test_every_port_speaks_tls_but_that_of_health(system):
    """A look at each port of the running system: our authority vouches for it, and plain text is answered by none."""
    found = list(scan(system.state))
    # The broker, five services, the gateway, and who makes streams.
    assert len(found) == 2 + 4 * 5 + 3 + 2
    assert not [port for port in found if not port.good]
