"""Which identity provider is believed, and what its people may do, as settings say it."""

import json

import pytest

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.identity.oidc_settings import OidcSettings, parse_rights
from sightline.chassis.identity.rights import EVERYTHING, Rights
from sightline.chassis.ids import new_id
from sightline.v1 import access_pb2

AUDIENCE = "sightline"
CAMERA = new_id()


def test_rights_are_read_as_grants():
    """Ids, `*` and what is left out; an empty text grants nothing."""
    operators = [{"role": "operator", "watchlists": ["*"], "cameras": ["*"]}]
    grants = parse_rights(json.dumps({"operators": operators, "gate": [{"role": "viewer", "cameras": [CAMERA]}]}))
    assert Rights.of(grants["operators"]).by_role[access_pb2.ROLE_OPERATOR].watchlists == EVERYTHING
    assert list(grants["gate"][0].camera_ids) == [CAMERA]
    assert list(grants["gate"][0].watchlist_ids) == []
    assert parse_rights("") == parse_rights("{}") == {}


BROKEN_RIGHTS = {
    "{": "not JSON",
    "[" * 100000: "not JSON",
    "[]": "not an object",
    '{"a": {}}': "'a' has no list",
    '{"a": ["operator"]}': "grant of 'a' is no object",
    '{"a": [{"role": "king"}]}': "role 'king'",
    '{"a": [{"role": "service"}]}': "role 'service'",
    '{"a": [{"role": "unspecified"}]}': "role 'unspecified'",
    '{"a": [{"role": 7}]}': "role 7",
    '{"a": [{}]}': "role None",
    '{"a": [{"role": "viewer", "camera": ["*"]}]}': "unknown key 'camera'",
    '{"a": [{"role": "viewer", "cameras": "*"}]}': "cameras of a grant of 'a' are no list",
    '{"a": [{"role": "viewer", "cameras": ["lobby"]}]}': "'lobby'",
    '{"a": [{"role": "viewer", "watchlists": [7]}]}': "names 7",
    '{"a": [], "a": [{"role": "admin"}]}': "twice",
}


@pytest.mark.parametrize("text", BROKEN_RIGHTS, ids=range(len(BROKEN_RIGHTS)))
def test_rights_that_cannot_be_meant_are_named(text):
    """A typo in who may do what stops the service, with what is wrong, instead of giving somebody less or more."""
    with pytest.raises(FailedPrecondition) as refusal:
        parse_rights(text)
    assert refusal.value.reason == "OIDC_RIGHTS_INVALID"
    assert BROKEN_RIGHTS[text] in refusal.value.message


@pytest.mark.parametrize(
    "address",
    [
        "http://id.example",
        "http://127.0.0.1.example",
        "http://localhost.example/",
        "ftp://127.0.0.1",
        "https://",
        "id.example",
        "http://[::1",
        "",
    ],
)
def test_an_issuer_that_others_could_play_is_refused(address):
    """Keys that come over plain http from another machine are anybody's."""
    with pytest.raises(FailedPrecondition, match="OIDC_ISSUER_INSECURE"):
        OidcSettings(address, AUDIENCE)


@pytest.mark.parametrize("address", ["https://id.example/realms/a", "http://localhost:8080", "http://[::1]:80"])
def test_an_issuer_is_https_or_on_this_machine(address):
    """Both are accepted as they are written."""
    assert OidcSettings(address, AUDIENCE).issuer == address


def test_an_issuer_needs_an_audience():
    """Without one, a token for any program of the same people would open this one."""
    with pytest.raises(FailedPrecondition, match="OIDC_AUDIENCE_MISSING"):
        OidcSettings("https://id.example", "")
