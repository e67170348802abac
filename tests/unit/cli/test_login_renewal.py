"""A sign-in that goes on: tokens are renewed when they end, once, and kept where they were."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from oidc_issuer import CLIENT, Issuer

from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.chassis.identity.api_key import new_key
from sightline.cli.credentials import CredentialSettings, CredentialStores, StoredKey, StoredSession, bearer


@pytest.fixture(autouse=True)
def config_home(tmp_path, monkeypatch):
    """A user who has nothing yet."""
    for name in ("SIGHTLINE_API_KEY", "SIGHTLINE_API_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("SIGHTLINE_CREDENTIALS_STORE", "file")


@pytest.fixture
def issuer():
    with Issuer() as provider:
        yield provider


def stores():
    return CredentialStores(CredentialSettings.read())


def session_at(issuer, **changes):
    """Signed in, with a token that ended a moment ago."""
    tokens = issuer._tokens()  # as if somebody had signed in
    usual = {
        "issuer": issuer.url,
        "client_id": CLIENT,
        "token": tokens["access_token"],
        "refresh_token": tokens["refresh_token"],
        "expires": time.time() - 1,
    }
    return StoredSession(**usual | changes)


def test_a_fresh_token_is_shown_as_it_is(issuer):
    """Nobody is asked."""
    session = session_at(issuer, expires=time.time() + 100)
    stores().save(session)
    assert bearer() == session.token
    stores().save(session_at(issuer, expires=None))
    bearer()
    assert not issuer.requests


@pytest.mark.parametrize("left", [-100, 10])
def test_a_token_is_renewed_before_it_ends(issuer, left):
    """The new one is kept, with the new refresh token, so that the next command has it."""
    old = session_at(issuer, expires=time.time() + left)
    stores().save(old)
    renewed = bearer()
    assert renewed != old.token
    assert bearer() == renewed
    kept, _ = stores().load()
    assert kept.refresh_token != old.refresh_token
    assert issuer.requests["/token"] == 1
    assert CredentialSettings.read().file.stat().st_mode & 0o777 == 0o600


def test_a_token_that_lives_shortly_is_shown_at_once(issuer):
    """One that ends within the spare time is good for this command, and renewed for the next."""
    issuer.lifetime = 20
    stores().save(session_at(issuer))
    assert bearer() != bearer()
    assert issuer.requests["/token"] == 2


def test_commands_at_once_renew_once(issuer):
    """A refresh token works once: eight commands that start together all have a token, and the session goes on."""
    issuer.lifetime = 600
    stores().save(session_at(issuer))
    with ThreadPoolExecutor(8) as commands:
        shown = list(commands.map(lambda _: bearer(), range(8)))
    assert len(set(shown)) == 1
    assert issuer.requests["/token"] == 1


def test_a_session_that_ended_asks_for_a_sign_in(issuer):
    """Also where the provider gave nothing to renew it with."""
    stores().save(session_at(issuer))
    issuer.revoke_refresh_tokens()
    with pytest.raises(FailedPrecondition, match=r"LOGIN_EXPIRED.*sightline login"):
        bearer()
    stores().save(session_at(issuer, refresh_token=""))
    with pytest.raises(FailedPrecondition, match=r"LOGIN_EXPIRED.*sightline login"):
        bearer()


def test_a_provider_that_is_away_ends_no_session(issuer):
    """What is kept stays, and works when the provider is back."""
    stores().save(session_at(issuer))
    issuer.stop()
    with pytest.raises(Unavailable, match="OIDC_PROVIDER_UNAVAILABLE"):
        bearer()
    issuer.start()
    assert bearer()


def test_credentials_do_not_show_themselves(issuer):
    """Neither as text nor in a trace."""
    session, key = session_at(issuer), StoredKey(key=new_key().text)
    for secret in (session.token, session.refresh_token, key.key):
        assert secret not in f"{session!r} {session} {key!r} {key}"
