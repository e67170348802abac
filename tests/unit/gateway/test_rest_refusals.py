"""What REST refuses by itself, before any service hears of it."""

from __future__ import annotations

import socket

import httpx
import pytest
from rest_gateway import running_gateway

ORIGIN = "https://console.example"
KEY = "made-up"


@pytest.fixture(scope="module")
def address():
    """Where REST is; no service is behind it."""
    with running_gateway({}, cors_origins=(ORIGIN,), body_seconds=0.5) as found:
        yield found


@pytest.fixture(scope="module")
def rest(address):
    """A client that shows a key."""
    with httpx.Client(base_url=f"{address}/v1", headers={"Authorization": f"Bearer {KEY}"}, timeout=30) as client:
        yield client


@pytest.mark.parametrize("header", [None, "Basic eDp5", "Bearer", "Bearer \xe4"])
def test_nobody(address, header):
    """Whoever shows nothing is asked for a key, before anything that they sent is looked at."""
    headers = {"Authorization": header.encode("latin-1")} if header else {}
    answer = httpx.get(f"{address}/v1/watchlists?no=thing", headers=headers, timeout=60)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["reason"] == "CREDENTIALS_MISSING"


@pytest.mark.parametrize(
    ("verb", "path", "options", "status", "reason"),
    [
        ("GET", "/nothing", {}, 404, "PATH_UNKNOWN"),
        ("GET", "/watchlists/a%0Ab/nothing", {}, 404, "PATH_UNKNOWN"),
        ("PUT", "/watchlists", {}, 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/openapi.json", {}, 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/watchlists?colour=red", {}, 400, "FIELD_UNKNOWN"),
        ("GET", "/watchlists?page_size=many", {}, 400, "BODY_MALFORMED"),
        ("GET", "/watchlists?page_size=1&page_size=2", {}, 400, "FIELD_REPEATED"),
        ("GET", "/api-keys?show_ended=perhaps", {}, 400, "FIELD_INVALID"),
        ("POST", "/watchlists", {"content": b"{"}, 415, "MEDIA_TYPE_UNKNOWN"),
        (
            "POST",
            "/watchlists",
            {"content": b"{", "headers": {"Content-Type": "application/json"}},
            400,
            "BODY_MALFORMED",
        ),
        ("POST", "/watchlists", {"json": []}, 400, "BODY_MALFORMED"),
        ("POST", "/watchlists", {"json": {"colour": "red"}}, 400, "FIELD_UNKNOWN"),
        ("POST", "/watchlists", {"json": {"name": "x" * 2**20, "purpose": "x"}}, 413, "BODY_TOO_LARGE"),
        ("DELETE", "/watchlists/x", {"headers": {"If-Match": '"a"'}}, 400, "IF_MATCH_INVALID"),
        ("PATCH", "/watchlists/x", {"json": {"purpose": "x"}, "headers": {"If-Match": "a"}}, 400, "IF_MATCH_INVALID"),
        ("GET", "/watchlists/x", {"headers": {"If-None-Match": "a"}}, 400, "IF_NONE_MATCH_INVALID"),
        ("DELETE", "/watchlists/x", {"headers": {"If-None-Match": '"a"'}}, 400, "IF_NONE_MATCH_INVALID"),
        ("POST", "/detections", {"data": {"purpose": "x"}, "files": {"purpose": b"x"}}, 400, "FIELD_UNKNOWN"),
        ("POST", "/video-uploads", {"json": {}}, 415, "MEDIA_TYPE_UNKNOWN"),
    ],
)
def test_what_is_wrong_is_said(rest, verb, path, options, status, reason):
    """Every refusal is a problem document that names its reason."""
    answer = rest.request(verb, path, **options)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


@pytest.mark.parametrize("path", ["/v1", "/openapi.json", "/metrics", "/v1/watchlists/"])
def test_elsewhere_there_is_nothing(address, path):
    """Whoever has the path wrong is told where to look, and sent nowhere else."""
    answer = httpx.get(f"{address}{path}")
    assert (answer.status_code, answer.json()["reason"]) == (404, "PATH_UNKNOWN")
    assert "/v1/openapi.json" in answer.json()["detail"]
    assert answer.headers["cache-control"] == "no-store"


def test_deep_json_is_refused(rest):
    """JSON that is nested beyond every measure costs nothing but its answer."""
    body = b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    answer = rest.post("/watchlists", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["reason"]) == (400, "BODY_MALFORMED")


@pytest.mark.parametrize(
    ("body", "reason"), [(rb'{"\ud83d": "red"}', "FIELD_UNKNOWN"), (rb'{"name": "\ud83d"}', "BODY_MALFORMED")]
)
def test_half_a_character_is_refused(rest, body, reason):
    """JSON can write one, and UTF-8 cannot: it is the client's mistake, and the answer can be read all the same."""
    answer = rest.post("/watchlists", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["reason"] == reason


def test_a_slow_upload_is_given_up(address):
    """Whoever sends nothing more for too long is refused."""
    host, port = address.removeprefix("http://").split(":")
    head = f"POST /v1/video-uploads HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {KEY}\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as slow:
        slow.sendall(f"{head}Content-Type: video/mp4\r\nContent-Length: 1000\r\n\r\nabc".encode())
        answer = b"".join(iter(lambda: slow.recv(65536), b"")).decode()
    assert answer.startswith("HTTP/1.1 408 ")
    assert '"BODY_SLOW"' in answer


def test_other_sites(address, rest):
    """Pages of the site that the setting names may call, with a preflight; those of others may not."""
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}
    allowed = httpx.options(f"{address}/v1/me", headers={"Origin": ORIGIN, **asked}, timeout=60)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, ORIGIN)
    other = httpx.options(f"{address}/v1/me", headers={"Origin": "https://other.example", **asked}, timeout=60)
    assert "access-control-allow-origin" not in other.headers
    assert rest.get("/me", headers={"Origin": ORIGIN}).headers["access-control-allow-origin"] == ORIGIN


def test_without_the_setting_no_other_site():
    """CORS is off unless a site is named."""
    with running_gateway({}) as address:
        answer = httpx.get(f"{address}/v1/openapi.json", headers={"Origin": ORIGIN}, timeout=60)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["x-content-type-options"] == "nosniff"
