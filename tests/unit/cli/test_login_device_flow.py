"""Signing in at an identity provider from a terminal, against a provider that answers as RFC 8628 has it."""

import time
from types import SimpleNamespace

import jwt
import pytest
from oidc_issuer import CLIENT, Issuer

from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.cli import device_flow
from sightline.cli.device_flow import OidcClient

SCOPE = "openid offline_access"


@pytest.fixture
def issuer():
    with Issuer() as provider:
        yield provider


@pytest.fixture
def passing(monkeypatch):
    """A sleep that does not last, after which the command's clock shows that it did; by itself it stands still."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(device_flow, "time", SimpleNamespace(monotonic=lambda: clock.now, time=time.time))

    def sleep(seconds):
        clock.now += seconds

    return sleep


class Waiting:
    """Sleeps that do not last, and what happens in each of them."""

    def __init__(self, *events):
        self.seconds, self.events = [], list(events)

    def __call__(self, seconds):
        self.seconds.append(seconds)
        if self.events:
            self.events.pop(0)()


def nothing():
    """Somebody looks for their telephone."""


def sign_in(issuer, *events, **options):
    waiting = Waiting(*events)
    client = OidcClient(issuer.url, CLIENT, sleep=waiting, **options)
    return client.wait(client.ask_device_code(SCOPE)), waiting.seconds


def approve(issuer):
    return lambda: issuer.approve(issuer.codes()[0])


def refuse(issuer, error):
    return lambda: issuer.refuse(issuer.codes()[0], error)


def test_a_person_lets_the_command_in(issuer):
    """The provider is asked at its own interval until the person agrees; what comes is the access token."""
    signed_in, waited = sign_in(issuer, nothing, nothing, approve(issuer))
    assert waited == [2, 2, 2]
    claims = jwt.decode(signed_in.token, options={"verify_signature": False})
    assert (claims["sub"], claims["aud"]) == ("alice", "sightline")
    assert signed_in.expires == pytest.approx(time.time() + issuer.lifetime, abs=20)
    assert signed_in.refresh_token
    assert issuer.forms[0] == {"client_id": CLIENT, "scope": SCOPE}


def test_an_audience_is_asked_for(issuer):
    """For providers that want to be told what the token is for."""
    OidcClient(issuer.url, CLIENT).ask_device_code("openid", "sightline")
    assert issuer.forms[0]["audience"] == "sightline"


def test_slow_down_is_obeyed_for_good(issuer):
    """Each time the interval grows by five seconds, and does not shrink again."""
    _, waited = sign_in(issuer, lambda: issuer.slow_down(issuer.codes()[0], 2), nothing, nothing, approve(issuer))
    assert waited == [2, 7, 12, 12]


def test_a_provider_that_fails_for_a_moment_is_asked_less_often(issuer):
    """An error page, or nobody there, while the person is at the provider's page: the command goes on."""
    _, waited = sign_in(
        issuer,
        lambda: issuer.statuses.update({"/token": [503]}),
        issuer.stop,
        lambda: (issuer.start(), issuer.approve(issuer.codes()[0])),
    )
    assert waited == [2, 7, 12]


@pytest.mark.parametrize(
    ("error", "reason"),
    [("access_denied", "LOGIN_DENIED"), ("expired_token", "LOGIN_TIMED_OUT"), ("invalid_grant", "LOGIN_FAILED")],
)
def test_a_sign_in_that_cannot_succeed_ends(issuer, error, reason):
    """Whoever says no, or is too late, ends the waiting with what happened."""
    with pytest.raises(FailedPrecondition) as refusal:
        sign_in(issuer, nothing, refuse(issuer, error))
    assert refusal.value.reason == reason
    assert issuer.requests["/token"] == 2


def test_the_waiting_ends_with_the_code(issuer, passing):
    """A provider that says "pending" for ever does not keep the command for ever."""
    issuer.sign_in_fields = {"expires_in": 5}
    client = OidcClient(issuer.url, CLIENT, sleep=passing)
    with pytest.raises(FailedPrecondition, match="LOGIN_TIMED_OUT"):
        client.wait(client.ask_device_code(SCOPE))
    assert issuer.requests["/token"] == 3


def test_a_provider_that_stays_away_is_not_taken_for_a_person_who_does(issuer, passing):
    """Where it does not answer until the code has ended, the error says so."""
    issuer.sign_in_fields = {"expires_in": 5}
    code = OidcClient(issuer.url, CLIENT).ask_device_code(SCOPE)
    issuer.statuses["/token"] = [503] * 100
    with pytest.raises(Unavailable, match=r"OIDC_PROVIDER_UNAVAILABLE.*503"):
        OidcClient(issuer.url, CLIENT, sleep=passing).wait(code)


def test_a_providers_words_do_not_reach_the_terminal(issuer):
    """An error is named where it is a code as the standard has it; anything else is not repeated."""
    with pytest.raises(FailedPrecondition) as refusal:
        sign_in(issuer, refuse(issuer, "\x1b[2J pay here"))
    assert "no reason given" in refusal.value.message
    with pytest.raises(FailedPrecondition, match="invalid_client"):
        OidcClient(issuer.url, "somebody-else").ask_device_code(SCOPE)


@pytest.mark.parametrize(
    "fields",
    [
        {"device_code": None},
        {"user_code": "\x1b]0;x\x07"},
        {"verification_uri": "http://id.example/activate"},
        {"verification_uri": "javascript:alert(1)"},
        {"verification_uri_complete": "https://id.example/\n\nroot"},
        {"expires_in": "soon"},
        {"interval": -1e9},
        {"interval": 1e9},
    ],
)
def test_a_device_code_that_cannot_be_used_is_refused(issuer, fields):
    """What is shown to the person is an address that nobody else can play, without control characters."""
    issuer.sign_in_fields = fields
    with pytest.raises(FailedPrecondition) as refusal:
        OidcClient(issuer.url, CLIENT).ask_device_code(SCOPE)
    assert refusal.value.reason == "OIDC_PROVIDER_INVALID"
    assert next(iter(fields)) in refusal.value.message


def test_the_id_token_is_for_providers_with_opaque_access_tokens(issuer):
    """An access token that only the provider can read is refused with what to do; the ID token then serves."""
    issuer.token_fields = {"access_token": "opaque"}
    with pytest.raises(FailedPrecondition, match=r"LOGIN_TOKEN_OPAQUE.*--use-id-token"):
        sign_in(issuer, approve(issuer))
    with Issuer() as other:
        other.token_fields, other.lifetime = {"access_token": "opaque", "expires_in": 7}, 200
        signed_in, _ = sign_in(other, approve(other), use_id_token=True)
    claims = jwt.decode(signed_in.token, options={"verify_signature": False})
    assert claims["aud"] == CLIENT
    assert signed_in.expires == claims["exp"]


def test_a_token_that_does_not_come_is_named(issuer):
    """Without the scope for it there is no ID token."""
    issuer.token_fields = {"id_token": None}
    with pytest.raises(FailedPrecondition, match=r"LOGIN_TOKEN_MISSING.*id_token.*--scope"):
        sign_in(issuer, approve(issuer), use_id_token=True)


def test_a_token_says_when_it_ends_where_the_provider_does_not(issuer):
    """`expires_in` is optional."""
    issuer.token_fields = {"expires_in": None}
    signed_in, _ = sign_in(issuer, approve(issuer))
    assert signed_in.expires == jwt.decode(signed_in.token, options={"verify_signature": False})["exp"]


def test_a_refresh_gives_a_new_token(issuer):
    """With the new refresh token where there is one, and with the old one where there is none."""
    signed_in, _ = sign_in(issuer, approve(issuer))
    client = OidcClient(issuer.url, CLIENT)
    renewed = client.renew(signed_in.refresh_token)
    assert renewed.refresh_token not in {"", signed_in.refresh_token}
    issuer.token_fields = {"refresh_token": None}
    assert client.renew(renewed.refresh_token).refresh_token == renewed.refresh_token


def test_a_refresh_that_is_refused_asks_for_a_sign_in(issuer):
    """A session that ended, or an answer without the token that is needed."""
    signed_in, _ = sign_in(issuer, approve(issuer))
    issuer.token_fields = {"id_token": None}
    with pytest.raises(FailedPrecondition, match=r"LOGIN_EXPIRED.*sightline login"):
        OidcClient(issuer.url, CLIENT, use_id_token=True).renew(signed_in.refresh_token)
    with pytest.raises(FailedPrecondition, match=r"LOGIN_EXPIRED.*sightline login"):
        OidcClient(issuer.url, CLIENT).renew("unknown")


def test_an_absent_provider_is_named(issuer):
    """By its host; that it may come back is another error than that the session ended."""
    issuer.stop()
    with pytest.raises(Unavailable, match=r"OIDC_PROVIDER_UNAVAILABLE.*127\.0\.0\.1"):
        OidcClient(issuer.url, CLIENT).renew("any")


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://id.example"},
        {"device_authorization_endpoint": None},
        {"device_authorization_endpoint": "http://id.example/device"},
    ],
)
def test_a_description_that_is_not_the_issuers_is_refused(issuer, described):
    """Codes and tokens go to the issuer that was named, or nowhere."""
    issuer.described = described
    with pytest.raises(FailedPrecondition, match="OIDC_PROVIDER_INVALID"):
        OidcClient(issuer.url, CLIENT).ask_device_code(SCOPE)
    assert not issuer.forms


def test_nothing_is_sent_over_plain_http():
    """An issuer elsewhere has to be https."""
    with pytest.raises(FailedPrecondition, match="OIDC_ISSUER_INSECURE"):
        OidcClient("http://id.example", CLIENT)


def test_an_endless_answer_is_cut_off(issuer):
    """More than a token answer can have is not read."""
    issuer.bodies["/device"] = b"{" + b" " * (2 << 20) + b"}"
    with pytest.raises(Unavailable, match="OIDC_PROVIDER_UNAVAILABLE"):
        OidcClient(issuer.url, CLIENT).ask_device_code(SCOPE)


def test_secrets_do_not_show_themselves(issuer):
    """A code or a token in a log line or a trace is not the secret itself."""
    code = OidcClient(issuer.url, CLIENT).ask_device_code(SCOPE)
    signed_in, _ = sign_in(issuer, lambda: [issuer.approve(each) for each in issuer.codes()])
    for secret in (code.device_code, signed_in.token, signed_in.refresh_token):
        assert secret not in f"{code!r} {code} {signed_in!r}"
