"""REST in front of a running system with real models."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from rest_gateway import running_gateway
from rest_promises import Promises
from rest_schema import compare
from secrets_for_tests import tester_key

PURPOSE = {"purpose": "test"}
README = Path(__file__).parents[3] / "services" / "gateway" / "REST.md"


@pytest.fixture(scope="module")
def address(system):
    """Where REST is."""
    with running_gateway(system.services, system.nats_url) as found:
        yield found


@pytest.fixture(scope="module")
def rest(address):
    """A client of somebody who may everything; each answer is held against the document."""
    headers = {"Authorization": f"Bearer {tester_key()}"}
    promises = Promises(httpx.get(f"{address}/v1/openapi.json", timeout=60).json())
    hooks = {"response": [promises.check]}
    with httpx.Client(base_url=f"{address}/v1", headers=headers, timeout=60, event_hooks=hooks) as client:
        yield client


def made_watchlist(rest, name, **members):
    answer = rest.post("/watchlists", json={"name": name, "purpose": "test", **members})
    assert answer.status_code == 201, answer.text
    return answer


def test_a_watchlist_lives_and_dies(rest):
    """Made, read where Location says, changed under its etag, and deleted; etags say who has what."""
    made = made_watchlist(rest, "rest.life")
    path = made.headers["location"].removeprefix("/v1")
    read = rest.get(path)
    assert read.json() == made.json()
    etag = read.headers["etag"]
    assert etag == f'"{read.json()["etag"]}"'
    known = rest.get(path, headers={"If-None-Match": etag})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", etag)
    changed = rest.patch(path, json={"legal_basis": "an order", "cooldown": "45s"}, headers={"If-Match": etag})
    assert (changed.status_code, changed.json()["cooldown"]) == (200, "45s"), changed.text
    assert rest.get(path, headers={"If-None-Match": etag}).json() == changed.json()
    stale = rest.patch(path, json={"legal_basis": None}, headers={"If-Match": etag})
    assert (stale.status_code, stale.json()["reason"]) == (412, "ETAG_DIFFERS")
    cleared = rest.patch(path, json={"legal_basis": None})
    assert (cleared.json()["legal_basis"], cleared.json()["cooldown"]) == ("", "45s")
    masked = rest.patch(path, params={"update_mask": "legal_basis"}, json={"legal_basis": "new", "cooldown": "9s"})
    assert (masked.json()["legal_basis"], masked.json()["cooldown"]) == ("new", "45s")
    assert rest.delete(path, params=PURPOSE).json()["receipt_id"]
    assert rest.get(path).status_code == 404


def test_pages(rest):
    """A page's token brings the next one, and names the filter's own only."""
    for number in range(3):
        made_watchlist(rest, f"rest.page.{number}")
    first = rest.get("/watchlists", params={"page_size": 2, "name_prefix": "rest.page."}).json()
    token = {"page_token": first["next_page_token"]}
    second = rest.get("/watchlists", params={"page_size": 2, "name_prefix": "rest.page.", **token}).json()
    names = [watchlist["name"] for page in (first, second) for watchlist in page["watchlists"]]
    assert names == ["rest.page.0", "rest.page.1", "rest.page.2"]
    assert second["next_page_token"] == ""


def test_a_face_by_form_and_by_json(rest, system):
    """A picture as a file of a form is the same as one in JSON; its reference comes back as a JPEG."""
    path = made_watchlist(rest, "rest.faces", keep_references=True).headers["location"].removeprefix("/v1")
    picture = {"image": ("one.jpg", system.picture, "image/jpeg")}
    form = rest.post(f"{path}/faces", files=picture, data={"person": "eileen", **PURPOSE})
    assert form.status_code == 200, form.text
    assert form.json()["created"] is True
    encoded = {"image": {"encoded": base64.b64encode(system.picture).decode()}}
    again = rest.post(f"{path}/faces", json={"person": "eileen", **encoded, **PURPOSE})
    assert (again.json()["created"], again.json()["face"]["id"]) == (False, form.json()["face"]["id"])
    face = f"{path}/faces/{form.json()['face']['id']}"
    reference = rest.get(f"{face}/reference", params=PURPOSE)
    assert (reference.headers["content-type"], reference.content[:2]) == ("image/jpeg", b"\xff\xd8")
    as_json = rest.get(f"{face}/reference", params=PURPOSE, headers={"Accept": "application/json"}).json()
    assert base64.b64decode(as_json["reference"]["image"]["encoded"]) == reference.content
    found = rest.post("/searches/persons", files=picture, data={"watchlists": "rest.faces", **PURPOSE}).json()
    assert [match["person"]["external_id"] for match in found["matches"]] == ["eileen"]
    same = rest.post("/comparisons", files={**picture, "target": picture["image"], "source": picture["image"]})
    assert same.json()["reason"] == "FIELD_UNKNOWN"
    same = rest.post("/comparisons", files={"source": picture["image"], "target": picture["image"]}, data=PURPOSE)
    assert same.json()["matches"][0]["similarity"] > 99
    two = [("images", picture["image"]), ("images", picture["image"])]
    assert len(rest.post("/detections", files=two, data=PURPOSE).json()["results"]) == 2
    exported = rest.get(f"{path}/export", params=PURPOSE)
    assert exported.headers["content-type"] == "application/x-ndjson"
    assert [face["id"] for line in exported.iter_lines() for face in json.loads(line)["faces"]] == [
        form.json()["face"]["id"]
    ]
    deleted = rest.delete(face, params=PURPOSE).json()
    assert deleted == {"deleted_face_ids": [form.json()["face"]["id"]]}


def test_an_import_of_one_batch(rest, system):
    """A batch of an import is a call by itself."""
    path = made_watchlist(rest, "rest.import").headers["location"].removeprefix("/v1")
    image = {"encoded": base64.b64encode(system.picture).decode()}
    items = [
        {"key": "a", "person": "eileen", "image": image},
        {"key": "b", "person": "x", "image": {"encoded": "AAAA"}},
    ]
    answer = rest.post(f"{path}/imports", json={"items": items, **PURPOSE})
    assert answer.status_code == 200, answer.text
    assert [item["outcome"] for item in answer.json()["items"]] == ["IMPORT_OUTCOME_ENROLLED", "IMPORT_OUTCOME_REFUSED"]


def test_evidence_is_a_picture(rest, system):
    """What an alert has to show comes as the picture that it is; what was not kept is 404."""
    path = f"/alerts/{system.objects.alerts['own']}/evidence"
    picture = rest.get(f"{path}/picture", params=PURPOSE)
    assert (picture.content, picture.headers["content-type"]) == (b"picture", "image/jpeg")
    assert picture.headers["cache-control"] == "no-store"
    assert rest.get(f"{path}/reference", params=PURPOSE).json()["reason"] == "PICTURE_NOT_FOUND"
    assert base64.b64decode(rest.get(path, params=PURPOSE).json()["picture"]) == b"picture"


def events(response):
    """Server-sent events as they come."""
    found = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            found[name] = value
        elif not line and found:
            yield found
            found = {}


def test_alerts_as_events(rest, system):
    """Alerts come as events, and go on behind the one that a client had last."""
    with rest.stream("GET", "/alert-events", params={"since": "1970-01-02T00:00:00Z", **PURPOSE}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = events(response)
        first, second = next(stream), next(stream)
    assert (first["event"], json.loads(first["data"])["state"]) == ("alert", "ALERT_STATE_RAISED")
    with rest.stream("GET", "/alert-events", params=PURPOSE, headers={"Last-Event-ID": first["id"]}) as response:
        assert next(events(response)) == second
    refused = rest.get("/alert-events", params={"watchlist_id": "nothing", **PURPOSE})
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")


def test_progress_of_a_check_ends(rest):
    """A stream that ends says so: a browser would ask again."""
    with rest.stream("GET", "/index/verification", params=PURPOSE) as response:
        found = list(events(response))
    assert [each["event"] for each in found][-2:] == ["progress", "end"]
    assert json.loads(found[-2]["data"])["drift"]["missing"] == "0"


def test_the_trail_in_full(rest):
    """The audit trail is a download, and a stream of events."""
    lines = rest.get("/audit/export", params={"content": "AUDIT_CONTENT_ENTRIES", **PURPOSE}).text.splitlines()
    assert any(json.loads(line)["entries"] for line in lines)
    with rest.stream("GET", "/audit-events", params=PURPOSE) as response:
        assert next(events(response))["event"] == "event"


def test_a_video_on_its_way(rest, system):
    """A video goes up as it is or by a form; what becomes of its job comes as events, to the end."""
    path = made_watchlist(rest, "rest.video").headers["location"].removeprefix("/v1")
    content = b"no video " * 300_000
    raw = rest.post("/video-uploads", content=content, headers={"Content-Type": "video/mp4"})
    form = rest.post("/video-uploads", files={"video": ("a.mp4", content)})
    assert [(each.status_code, each.json()["size_bytes"]) for each in (raw, form)] == [(201, str(len(content)))] * 2
    two = rest.post("/video-uploads", files=[("video", ("a.mp4", b"a")), ("video", ("b.mp4", b"b"))])
    assert (two.status_code, two.json()["reason"]) == (400, "BODY_MALFORMED")
    request = {"upload_id": raw.json()["upload_id"], "watchlist_ids": [path.rpartition("/")[2]], **PURPOSE}
    job = rest.post("/video-jobs", json=request)
    assert job.status_code == 201, job.text
    with rest.stream("GET", f"/video-jobs/{job.json()['id']}/events") as response:
        found = list(events(response))
    assert [each["event"] for each in found][-2:] == ["job", "end"]
    assert json.loads(found[-2]["data"])["state"] == "VIDEO_JOB_STATE_FAILED"


def test_a_camera_and_its_credentials(rest):
    """Credentials stand beside a camera's members; they are never shown, and null forgets them."""
    camera = {"name": "door", "source_url": "rtsp://127.0.0.1:1/none"}
    made = rest.post("/cameras", json={**camera, "credentials": {"username": "u", "password": "p"}})
    assert (made.status_code, made.json()["has_credentials"]) == (201, True), made.text
    path = made.headers["location"].removeprefix("/v1")
    forgotten = rest.patch(path, json={"credentials": None, "location": "hall"})
    assert (forgotten.json()["has_credentials"], forgotten.json()["location"]) == (False, "hall")
    assert rest.put(f"{path}/watch", json=PURPOSE).json()["state"]
    assert rest.delete(f"{path}/watch").json()["state"] == "CAMERA_STATE_STOPPED"
    assert rest.delete(path).status_code == 204


def test_a_key_that_is_none(address):
    """What the services do not know is 401, too, with the number under which their log says why."""

    def answered():
        return httpx.get(f"{address}/v1/watchlists", headers={"Authorization": "Bearer none"}, timeout=60)

    # The matrices' strangers came from this address, too, and may have used up what strangers may try in a minute.
    if (answer := answered()).status_code == 429:
        time.sleep(int(answer.headers["retry-after"]) + 1)
        answer = answered()
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.json()["request_id"] in answer.json()["detail"]


def test_a_request_that_breaks_rules(rest):
    """The services' own rules are heard, with their reason."""
    answer = rest.post("/watchlists", json={"name": "x"})
    assert (answer.status_code, answer.json()["reason"]) == (400, "REQUEST_INVALID")


def test_the_examples_work(address, system, tmp_path):
    """What REST.md tells people to type does what it says, against a running system."""
    blocks = re.findall(r"(?s)```sh\n(.*?)```", README.read_text())
    assert len(blocks) >= 3
    (tmp_path / "photo.jpg").write_bytes(system.picture)
    (tmp_path / "video.mp4").write_bytes(b"no video")
    script = 'set -e\ncurl() { command curl --fail-with-body -sS "$@"; }\n' + "\n".join(blocks)
    env = {**os.environ, "SIGHTLINE": address, "KEY": tester_key()}
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"external_id":"case-17"' in done.stdout


@pytest.mark.timeout(3600)
def test_the_document_is_true(system, address):
    """What schemathesis makes up, right and wrong, is answered as the document says, and never with a fault of ours."""
    objects = system.objects
    known = {
        "watchlist": objects.watchlists["own"],
        "person": "enrolled",
        "face_id": objects.faces["own"],
        "camera_id": objects.cameras["own"],
        "job_id": objects.cameras["own"],
        "alert_id": objects.alerts["own"],
        "subscription_id": objects.subscriptions["own"],
        "receipt_id": objects.receipts["own"],
        "subject": "operator",
    }
    outcome = compare(address, tester_key(), known, examples=int(os.environ.get("EXAMPLES", "2")))
    assert not outcome.broken, "\n".join(outcome.broken)
    answered = {operation for operation, status in outcome.statuses if status < 300}
    assert len(answered) > 30
