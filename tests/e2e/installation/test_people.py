"""A whole installation from `sightline init` on, used by an administrator and three people with keys of their own."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from waiting import until

from sightline.chassis.identity import api_key
from sightline.chassis.identity.api_key import PATTERN, parse

END_SECONDS = 5.0 + 25.0
"""What is promised, and what a busy machine needs for a command that ends."""
SEAL_SECONDS = 120.0


@pytest.fixture(scope="module")
def watchlist(people, media):
    """A watchlist that the operator made, with somebody in it."""
    made = people["olga"].json("watchlists", "create", "visitors", "--purpose", "test")
    people["olga"].json("enroll", str(media.photo), "--watchlist", "visitors", "--person", "P", "--case", "case-7")
    return made["id"]


def reason(answer) -> str:
    """Why the command failed: the code in its one line."""
    assert answer.returncode == 1, answer.stdout
    assert answer.stderr.count("\n") == 1
    return answer.stderr.split()[1].rstrip(":")


def test_everybody_does_what_their_role_says(people, watchlist):
    """The operator enrols and sees faces; the reviewer sees the watchlist and no more; the auditor not even that."""
    assert people["olga"].json("watchlists", "get", "visitors")["face_count"] == "1"
    assert people["rosa"].json("watchlists", "get", "visitors")["id"] == watchlist
    assert reason(people["rosa"]("watchlists", "create", "mine", "--purpose", "test")) == "ROLE_MISSING"
    assert reason(people["rosa"]("watchlists", "delete", "visitors", "--yes")) == "ROLE_MISSING"
    assert reason(people["aron"]("watchlists", "get", "visitors")) == "ROLE_MISSING"
    assert reason(people["olga"]("grants", "set", "olga", "--role", "admin")) == "ROLE_MISSING"


def test_the_administrator_gives_rights_and_sees_no_alerts(admin, people):
    """Who gives rights sees who has them, and neither faces nor alerts."""
    assert {each["handle"] for each in admin.json("grants", "list")} >= {"admin", *people}
    assert [grant["role"] for grant in admin.json("whoami")["grants"]] == ["ROLE_ADMIN"]
    assert reason(admin("alerts", "list")) == "ROLE_MISSING"


def test_what_one_may_not_see_is_not_there(admin, people, watchlist):
    """A reviewer of one watchlist finds that one alone; another's is as if there were none of its name."""
    people["olga"].json("watchlists", "create", "secret", "--purpose", "test")
    try:
        assert admin("grants", "set", "rosa", "--role", "reviewer", "--watchlist", watchlist).returncode == 0
        until(lambda: [each["name"] for each in people["rosa"].json("watchlists", "list")] == ["visitors"])
        assert reason(people["rosa"]("watchlists", "get", "secret")) == "WATCHLIST_NOT_FOUND"
        assert reason(people["rosa"]("watchlists", "get", "absent")) == "WATCHLIST_NOT_FOUND"
    finally:
        admin("grants", "set", "rosa", "--role", "reviewer", "--watchlist", "*", "--camera", "*")


def test_the_auditor_reads_who_did_what(admin, people, watchlist):
    """The trail names people by subject: who granted, who enrolled for which case, and who was refused."""
    del watchlist
    ids = {each["handle"]: each["id"] for each in admin.json("grants", "list")}
    assert reason(people["rosa"]("cameras", "list")) == "ROLE_MISSING"
    trail = people["aron"]("audit", "list", "--json").stdout
    assert f'"principal": "{ids["admin"]}"' in trail
    assert '"action": "access.set_grants"' in trail
    of_the_case = [line for line in trail.splitlines() if "case-7" in line]
    assert len(of_the_case) == 1
    assert ids["olga"] in of_the_case[0]
    assert '"action": "gallery.enroll_face"' in of_the_case[0]
    assert [line for line in trail.splitlines() if "ROLE_MISSING" in line and ids["rosa"] in line]
    assert not PATTERN.search(trail)


def test_the_auditor_checks_the_trail(people, watchlist, tmp_path):
    """The trail is what was sealed, online and as a file, against a seal that was taken before; nobody else gets it."""
    del watchlist
    anchors, trail = tmp_path / "anchors.jsonl", tmp_path / "trail.jsonl"
    deadline = time.monotonic() + SEAL_SECONDS
    while (taken := people["aron"]("audit", "anchor", "--out", str(anchors))).returncode:
        assert time.monotonic() < deadline, taken.stderr
        time.sleep(1)
    told = people["aron"].json("audit", "verify", "--anchor", str(anchors))
    assert told["findings"] == []
    assert told["sealed_up_to"] > 0
    assert people["aron"]("audit", "export", str(trail)).returncode == 0
    said = people["aron"]("audit", "verify", "--file", str(trail), "--anchor", str(anchors))
    assert said.returncode == 0, said.stdout
    assert "entries were compared with" in said.stdout
    trail.write_text(trail.read_text().replace("sightline.audit.match.gallery", "sightline.audit.match.search", 1))
    said = people["aron"]("audit", "verify", "--file", str(trail))
    assert said.returncode == 1
    assert said.stdout.startswith("ENTRY_CHANGED: entry ")
    assert "AUDIT_TRAIL_DIFFERS" in said.stderr
    assert reason(people["rosa"]("audit", "verify")) == "ROLE_MISSING"


def test_a_revoked_keys_stream_ends(admin, person, people, new_key):
    """Within 5 s of its revocation a key's open stream ends; another key of the same person goes on working."""
    assert people
    revoked, other = (person(admin.state, new_key("olga")) for _ in range(2))
    stream = revoked.follow("alerts", "follow")
    time.sleep(4)
    assert stream.poll() is None
    assert admin("keys", "revoke", revoked.key).returncode == 0
    begin = time.monotonic()
    output, _ = stream.communicate(timeout=120)
    assert time.monotonic() - begin < END_SECONDS
    assert stream.returncode == 1
    assert "CREDENTIALS_REFUSED" in output
    assert reason(revoked("whoami")) == "CREDENTIALS_REFUSED"
    assert other.json("whoami")["handle"] == "olga"


def test_a_refusal_tells_the_caller_nothing_and_the_log_why(admin, person):
    """An unknown key and a wrong secret get one answer, with a request id under which notify's log says why."""
    known = parse(admin.key)
    wrong = new_text(known.id, known.secret[::-1])
    unknown = new_text(known.id[::-1], known.secret)
    answers = [person(admin.state, key)("whoami").stderr.split("(request ") for key in (wrong, unknown)]
    assert "CREDENTIALS_REFUSED" in answers[0][0]
    assert answers[0][0] == answers[1][0]
    file, requests = admin.state / "logs" / "notify.log", [request.rstrip(")\n") for _, request in answers]
    # The supervisor writes what services say.
    until(lambda: all(request in file.read_text() for request in requests))
    log = file.read_text()
    for request, why in zip(requests, ("secret differs", "no such key"), strict=True):
        (line,) = [line for line in log.splitlines() if request in line]
        assert why in line
    assert known.secret not in log
    assert known.secret[::-1] not in log
    assert not PATTERN.search(log)


def new_text(key_id, secret) -> str:
    """A key of that id and secret, with a checksum that fits: only the services can tell that it is none."""
    body = f"{api_key.PREFIX}{key_id}{secret}"
    # The checksum is public, but nothing else has a use for making one.
    return body + api_key._checksum(body)


def test_a_lost_administrators_key_is_replaced(admin, person):
    """With access to the secrets one makes another key; it works once notify has started again."""
    made = person(admin.state, "").init("--new-admin-key", admin.state / "secrets")
    again = person(admin.state, made.stdout.strip())
    assert reason(again("whoami")) == "CREDENTIALS_REFUSED"
    os.kill(notify_of(admin.state), signal.SIGTERM)
    deadline = time.monotonic() + 120
    while (answer := again("whoami")).returncode and time.monotonic() < deadline:
        time.sleep(1)
    assert "admin" in answer.stdout
    assert again("keys", "revoke", parse(admin.key).id).returncode == 0
    assert reason(admin("whoami")) == "CREDENTIALS_REFUSED"


def notify_of(state) -> int:
    """The process of notify in that folder's system."""
    found = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    candidates = [int(line.split()[0]) for line in found.splitlines() if line.endswith("-m sightline.notify")]
    marker = f"SIGHTLINE_STATE_DIR={state}".encode()
    return next(each for each in candidates if marker in environment_of(each))


def environment_of(process: int) -> bytes:
    """As it was started; b"" of one that has ended, as other systems' may have since they were listed."""
    try:
        return Path(f"/proc/{process}/environ").read_bytes()
    except OSError:
        return b""
