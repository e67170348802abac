"""What a provider says of itself: which of its addresses are believed."""

import json

import pytest

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.identity.provider import Provider, discovery_address, host_of

ISSUER = "https://id.example/realms/a"


def described(address, issuer=ISSUER):
    return Provider.read(issuer, json.dumps({"issuer": issuer, "jwks_uri": address}).encode())


@pytest.mark.parametrize("address", ["https://id.example/keys", "https://keys.elsewhere.example/"])
def test_an_https_address_is_believed(address):
    """Also on another host: large providers publish their keys there."""
    assert described(address).address("jwks_uri") == address


@pytest.mark.parametrize(
    "address",
    [
        "http://id.example/keys",
        "http://127.0.0.1:8080/keys",
        "http://localhost/keys",
        "file:///etc/passwd",
        "//id.example/keys",
        "http://[",
        "",
        7,
        None,
    ],
)
def test_an_address_that_others_could_answer_is_refused(address):
    """A provider elsewhere can neither weaken its own keys to http nor send us to programs of this machine."""
    with pytest.raises(FailedPrecondition, match=r"OIDC_PROVIDER_INVALID.*id\.example.*jwks_uri"):
        described(address).address("jwks_uri")


def test_a_provider_on_this_machine_may_use_http():
    """For trying it out."""
    assert (
        described("http://localhost:80/keys", "http://127.0.0.1:80").address("jwks_uri") == "http://localhost:80/keys"
    )


def test_a_description_is_found_below_the_issuer():
    """With or without a slash at its end."""
    expected = f"{ISSUER}/.well-known/openid-configuration"
    assert discovery_address(ISSUER) == discovery_address(f"{ISSUER}/") == expected


def test_a_log_gets_the_host_alone():
    """Whatever else an address holds stays out, and what is none does no harm."""
    assert host_of("https://user@id.example:80/path?query") == "id.example"
    assert host_of("http://[") == host_of("") == "?"
