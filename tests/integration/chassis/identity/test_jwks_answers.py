"""What a provider may answer: nothing but a plain, small and fitting answer changes the keys."""

import json

import pytest
from oidc_callers import DISCOVERY, KEYS, is_accepted, tokens_of, why_refused
from oidc_issuer import Issuer
from structlog.testing import capture_logs

from sightline.chassis.identity.provider import LARGEST_ANSWER


def huge(_):
    return json.dumps({"keys": [], "padding": "x" * LARGEST_ANSWER}).encode()


def described(**changes):
    def body(issuer):
        return json.dumps(issuer.discovery() | changes).encode()

    return body


BROKEN = {
    "too large keys": (KEYS, huge),
    "too large description": (DISCOVERY, huge),
    "no JSON": (KEYS, lambda _: b"<html>"),
    "deep JSON": (KEYS, lambda _: b"[" * 100000),
    "no object": (KEYS, lambda _: b"[]"),
    "no keys": (KEYS, lambda _: b'{"keys": {}}'),
    "no text": (KEYS, lambda _: b"\xff\xfe\xfa"),
    "another issuer": (DISCOVERY, described(issuer="https://id.example")),
    "an issuer with a slash": (DISCOVERY, lambda issuer: described(issuer=f"{issuer.url}/")(issuer)),
    "no address of keys": (DISCOVERY, described(jwks_uri=None)),
    "an insecure address of keys": (DISCOVERY, described(jwks_uri="http://id.example/keys")),
    "a file as address of keys": (DISCOVERY, described(jwks_uri="file:///etc/passwd")),
    "an unreadable address of keys": (DISCOVERY, described(jwks_uri="http://[")),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_an_answer_that_cannot_be_used_changes_nothing(issuer, clock, until, name):
    """The keys that are known stay; the log says that there is a problem, and names no more than the host."""
    tokens = tokens_of(issuer, clock=clock)
    await tokens.verified(issuer.mint())
    path, body = BROKEN[name]
    issuer.bodies[path] = body(issuer)
    clock.now += 700
    with capture_logs() as logs:

        async def is_tried():
            assert await is_accepted(tokens, issuer.mint(sub=str(clock.now)))
            return any(line["event"] == "oidc_keys_not_fetched" for line in logs)

        await until(is_tried)
    assert {line["host"] for line in logs} == {"127.0.0.1"}
    assert "/" not in str([list(line.values()) for line in logs])


@pytest.mark.parametrize("path", [DISCOVERY, KEYS])
@pytest.mark.parametrize("status", [302, 404, 500, 204])
async def test_only_a_plain_answer_counts(issuer, path, status):
    """A redirect is not followed, and an error page is no key set."""
    with Issuer() as other:
        other.keys = issuer.keys
        if status == 302:
            issuer.redirects[path] = other.url + path
        else:
            issuer.statuses[path] = [status]
        assert await why_refused(tokens_of(issuer), issuer.mint()) == "no keys"
        assert not other.requests


async def test_an_empty_set_ends_every_token(issuer, clock, until):
    """A provider that withdraws all its keys is obeyed."""
    tokens = tokens_of(issuer, clock=clock)
    token = issuer.mint()
    await tokens.verified(token)
    issuer.keys, kept = [], issuer.keys[0]
    clock.now += 700

    async def is_gone():
        return not await is_accepted(tokens, issuer.mint(key=kept, sub="asks"))

    await until(is_gone)
    assert await why_refused(tokens, token) == "unknown key"
