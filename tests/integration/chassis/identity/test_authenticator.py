"""Who calls: keys, people who signed in, and services; and everything that is refused sounds the same."""

from __future__ import annotations

import time
from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.chassis import topology
from sightline.chassis.errors import Unavailable
from sightline.chassis.identity.api_key import new_key
from sightline.chassis.identity.authenticator import Authenticator
from sightline.chassis.identity.callers import CallerBook
from sightline.chassis.identity.key_uses import KeyUses
from sightline.chassis.identity.oidc import OidcClaims
from sightline.chassis.identity.refused import CredentialRefused
from sightline.chassis.identity.rights import SERVICE_RIGHTS, Rights
from sightline.chassis.identity.service_token import ServiceSigner, ServiceTokens
from sightline.chassis.ids import derived_id, new_id
from sightline.chassis.principal import Principal
from sightline.v1 import access_pb2
from sightline.v1.access_service_pb2 import Grant

ISSUER = "https://id.example.org"
INGEST = Ed25519PrivateKey.generate()
VIEWER = Grant(role=access_pb2.ROLE_VIEWER, watchlist_ids=["*"], camera_ids=["*"])
ADMIN = Grant(role=access_pb2.ROLE_ADMIN)


class ProviderThatBelievesEverything:
    """Stands in for OidcTokens, which has tests of its own: the token's claims count as they are."""

    issuer = ISSUER

    async def verified(self, token: str) -> OidcClaims:
        claims = jwt.decode(token, options={"verify_signature": False})
        if claims.get("forged"):
            raise CredentialRefused("signature")
        return OidcClaims(ISSUER, claims["sub"], Rights.of([VIEWER]), claims["exp"])


@pytest.fixture
def services():
    """What match believes of services."""
    return ServiceTokens("match", {"ingest": INGEST.public_key()})


@pytest.fixture
async def authenticator(book, registry, services):
    """Of match."""
    return Authenticator(book, registry.callers_key, services, ProviderThatBelievesEverything())


@pytest.fixture
def known(book, registry):
    """A function that writes a subject and a key of theirs, and returns its text and record once they are known."""

    async def make(**key):
        subject = await registry.subject()
        text, record = await registry.key(subject.id, **key)
        await book.reached(await registry.change(record))
        return text, record

    return make


def signed_in(subject="rosa@example.org", **claims) -> str:
    """A provider's token, as far as it is read before it is verified."""
    claims = {"iss": ISSUER, "sub": subject, "exp": int(time.time()) + 600, **claims}
    return jwt.encode(claims, "the provider's own key, which is not looked at", algorithm="HS256")


async def why(authenticator, text, scheme="Bearer ") -> str:
    with pytest.raises(CredentialRefused) as caught:
        await authenticator.identify(scheme + text)
    return caught.value.why


async def test_a_key_says_who_calls(authenticator, known):
    """The principal is the key's subject, with the subject's rights, and names the key, not its secret."""
    text, record = await known()
    principal = await authenticator.identify(f"Bearer {text}")
    assert principal == Principal(record.key.subject_id, Rights.of([VIEWER]), "api-key", record.key.id)
    assert text[30:82] not in repr(principal)


async def test_two_keys_of_one_person_are_one_person(authenticator, known):
    """Whichever key they use, they are the same subject."""
    (first, _), (second, _) = await known(), await known()
    principals = [await authenticator.identify(f"Bearer {text}") for text in (first, second)]
    assert principals[0].subject == principals[1].subject
    assert principals[0].credential_id != principals[1].credential_id


async def test_the_scheme_may_be_written_in_any_case(authenticator, known):
    """`bearer` and `BEARER` are the scheme too (RFC 9110), and no other is."""
    text, record = await known()
    for scheme in ("bearer ", "BEARER "):
        assert (await authenticator.identify(scheme + text)).credential_id == record.key.id
    for scheme in ("", "Basic ", "Bearer", "Token "):
        assert await why(authenticator, text, scheme) == "no credentials"
    for nothing in ("", "Bearer", "Bearer "):
        assert await why(authenticator, nothing, "") == "no credentials"


async def test_a_key_can_be_narrower_than_its_subject(authenticator, book, registry):
    """A key's grants take away from the subject's, and never add to them; fewer rights of the subject count at once."""
    watchlist, other = new_id(), new_id()
    subject = await registry.subject(grants=[Grant(role=access_pb2.ROLE_VIEWER, watchlist_ids=[watchlist, other])])
    wanted = [Grant(role=access_pb2.ROLE_VIEWER, watchlist_ids=[watchlist], camera_ids=["*"]), ADMIN]
    text, record = await registry.key(subject.id, grants=wanted)
    await book.reached(await registry.change(record))
    principal = await authenticator.identify(f"Bearer {text}")
    assert principal.rights.grants() == [Grant(role=access_pb2.ROLE_VIEWER, watchlist_ids=[watchlist])]

    await registry.subject(grants=[Grant(role=access_pb2.ROLE_VIEWER, watchlist_ids=[other])])
    await book.reached(await registry.change(record))
    assert (await authenticator.identify(f"Bearer {text}")).rights.grants() == [Grant(role=access_pb2.ROLE_VIEWER)]
    assert authenticator.renewed(principal).rights.grants() == [Grant(role=access_pb2.ROLE_VIEWER)]


async def test_a_key_expires(authenticator, known):
    """Until its time it says when it ends; after it, it is refused, also on a stream that it opened."""
    ends = int(time.time()) + 3600
    text, _ = await known(expires=ends)
    principal = await authenticator.identify(f"Bearer {text}")
    assert principal.expires == ends
    assert authenticator.renewed(principal) == principal
    text, record = await known(expires=time.time() - 1)
    assert await why(authenticator, text) == "expired"
    with pytest.raises(CredentialRefused):
        authenticator.renewed(replace(principal, credential_id=record.key.id))


async def test_a_key_that_was_right_is_not_compared_again(authenticator, book, known, registry):
    """The second time it is known at a glance, by what it was proven with; another record proves it anew."""
    text, record = await known()
    first = await authenticator.identify(f"Bearer {text}")
    assert await authenticator.identify(f"Bearer {text}") is first
    await book.reached(await registry.change(record))
    again = await authenticator.identify(f"Bearer {text}")
    assert again is not first
    assert again == first


async def test_a_key_that_was_right_opens_nothing_for_others(authenticator, known):
    """Its id with another secret, a typo or a word behind it is refused, and it stays right."""
    text, _ = await known()
    principal = await authenticator.identify(f"Bearer {text}")
    typo = text[:-1] + ("a" if text[-1] != "a" else "b")
    assert await why(authenticator, _with_another_secret(text)) == "secret differs"
    for wrong in (typo, text[:-1], f"{text} ", f"{text}a", f"{text}\udc80"):
        assert await why(authenticator, wrong) == "malformed"
    assert await authenticator.identify(f"Bearer {text}") is principal


async def test_a_key_that_was_right_expires_all_the_same(authenticator, known, monkeypatch):
    """Nothing tells the book that time has passed."""
    ends = int(time.time()) + 3600
    text, _ = await known(expires=ends)
    assert (await authenticator.identify(f"Bearer {text}")).expires == ends
    monkeypatch.setattr(time, "time", lambda: float(ends))
    assert await why(authenticator, text) == "expired"


async def test_a_revoked_key_ends_calls_and_streams(authenticator, book, known, registry):
    """After revocation neither a new call nor a running stream is let on."""
    text, record = await known()
    principal = await authenticator.identify(f"Bearer {text}")
    await registry.revoke(record)
    await book.reached(await registry.change(record))
    assert await why(authenticator, text) == "revoked"
    with pytest.raises(CredentialRefused) as caught:
        authenticator.renewed(principal)
    assert caught.value.why == "revoked"


async def test_whoever_is_disabled_cannot_call(authenticator, book, known, registry):
    """Whatever credential they have, old and open ones too; enabled again, they can."""
    text, record = await known()
    principal = await authenticator.identify(f"Bearer {text}")
    person = await authenticator.identify(f"Bearer {signed_in()}")
    await registry.subject(disabled=True)
    await registry.subject(id=person.subject, disabled=True)
    await book.reached(await registry.change(record))
    for token, caller in ((text, principal), (signed_in(), person)):
        assert await why(authenticator, token) == "disabled"
        with pytest.raises(CredentialRefused):
            authenticator.renewed(caller)
    await registry.subject()
    await book.reached(await registry.change(record))
    assert await authenticator.identify(f"Bearer {text}") == principal


async def test_a_key_without_a_subject_opens_nothing(authenticator, book, registry):
    """A key whose subject is not known has nobody's rights."""
    text, record = await registry.key(new_id())
    await book.reached(await registry.change(record))
    assert await why(authenticator, text) == "no such subject"


async def test_a_hash_of_another_installation_opens_nothing(book, known, services):
    """With another callers key the same records admit nobody: a copied bucket is worth nothing."""
    text, _ = await known()
    assert await why(Authenticator(book, b"k" * 32, services), text) == "secret differs"


async def test_unknown_and_wrong_are_refused_alike(authenticator, known, registry, book):
    """A typo, an unknown key, a wrong secret, a revoked, expired or forged one: the caller hears one answer."""
    text, record = await known()
    late, _ = await known(expires=1)
    revoked, ended = await known()
    await registry.revoke(ended)
    await book.reached(await registry.change(ended))
    typo = text[:-1] + ("a" if text[-1] != "a" else "b")
    expected = {
        typo: "malformed",
        new_key().text: "no such key",
        _with_another_secret(text): "secret differs",
        late: "expired",
        revoked: "revoked",
        "a.b.c": "malformed",
        signed_in(forged=True): "signature",
        signed_in(iss="https://elsewhere.example.org"): "no such issuer",
        signed_in(exp=1): "expired",
    }
    answers = set()
    for token, cause in expected.items():
        with pytest.raises(CredentialRefused) as caught:
            await authenticator.identify(f"Bearer {token}")
        answers.add((caught.value.reason, caught.value.message, caught.value.status))
        assert caught.value.why == cause
        assert record.key.id not in f"{caught.value} {caught.value.why}"
    assert len(answers) == 1


async def test_unknown_and_wrong_take_equally_long(authenticator, known):
    """Timing does not tell whether a key's id exists: the medians of many tries differ by less than a tenth."""
    text, _ = await known()
    unknown, wrong = new_key().text, _with_another_secret(text)
    times = {unknown: [], wrong: []}
    for _ in range(4000):
        for token, taken in times.items():
            began = time.thread_time_ns()
            with pytest.raises(CredentialRefused):
                await authenticator.identify(f"Bearer {token}")
            taken.append(time.thread_time_ns() - began)
    unknown_median, wrong_median = (sorted(taken)[2000] for taken in times.values())
    assert abs(unknown_median - wrong_median) < 0.1 * wrong_median


async def test_a_service_calls_as_itself_or_for_somebody(authenticator):
    """A service's token makes a service's principal, which no stream loses when the token has ended."""
    signer = ServiceSigner("ingest", INGEST)
    itself = await authenticator.identify(f"Bearer {signer.token('match')}")
    assert itself == Principal("service:ingest", SERVICE_RIGHTS, "service")
    person = new_id()
    passed_on = await authenticator.identify(f"Bearer {signer.token('match', person)}")
    assert passed_on == Principal(person, SERVICE_RIGHTS, "service", via="ingest")
    assert authenticator.renewed(passed_on) is passed_on
    assert await why(authenticator, signer.token("detect")) == "audience"


async def test_a_person_signs_in(authenticator):
    """The subject follows from issuer and name, the rights and the end from the token."""
    principal = await authenticator.identify(f"Bearer {signed_in(exp=4_000_000_000)}")
    subject = derived_id("oidc", ISSUER, "rosa@example.org")
    assert principal == Principal(
        subject, Rights.of([VIEWER]), "oidc", claimed=Rights.of([VIEWER]), expires=4_000_000_000
    )
    assert authenticator.renewed(principal) == principal
    with pytest.raises(CredentialRefused):
        authenticator.renewed(replace(principal, expires=time.time() - 1))


async def test_without_a_provider_nobody_signs_in(book, registry, services):
    """Where no identity provider is configured its tokens are refused."""
    authenticator = Authenticator(book, registry.callers_key, services)
    assert await why(authenticator, signed_in()) == "no such issuer"


async def test_nobody_but_services_is_admitted_on_stale_knowledge(
    bus, nats_server, registry, services, until, callers_clock
):
    """When the broker has been away too long nobody can know who was revoked: people wait, services go on."""
    subject = await registry.subject()
    text, record = await registry.key(subject.id)
    book = CallerBook(bus, stale_seconds=2.0, poll_seconds=0.1)
    async with book.following():
        authenticator = Authenticator(book, registry.callers_key, services, ProviderThatBelievesEverything())
        callers = [await authenticator.identify(f"Bearer {token}") for token in (text, signed_in())]
        nats_server.kill()
        callers_clock.now += 2.1
        await until(lambda: _stale(book))
        for token in (text, signed_in(), new_key().text, _with_another_secret(text)):
            with pytest.raises(Unavailable, match="ACCESS_UNKNOWN"):
                await authenticator.identify(f"Bearer {token}")
        for caller in callers:
            with pytest.raises(Unavailable, match="ACCESS_UNKNOWN"):
                authenticator.renewed(caller)
        token = ServiceSigner("ingest", INGEST).token("match")
        service = await authenticator.identify(f"Bearer {token}")
        assert authenticator.renewed(service) is service
        assert book.key(record.key.id) == record


async def test_the_use_of_a_key_is_noted(bus, book, known, registry, services):
    """An accepted key leaves the time of its use behind, a refused one does not."""
    uses = KeyUses(bus, await bus.bucket(topology.KEY_USES))
    authenticator = Authenticator(book, registry.callers_key, services, None, uses)
    (text, record), (other, unused) = await known(), await known()
    async with uses.running():
        await authenticator.identify(f"Bearer {text}")
        await why(authenticator, _with_another_secret(other))
    assert await uses.last(record.key.id) is not None
    assert await uses.last(unused.key.id) is None


def _with_another_secret(text: str) -> str:
    """A key with the same id and a right checksum, and another secret."""
    from sightline.chassis.identity.api_key import _checksum  # noqa: PLC0415 - only to forge

    body = text[:30] + new_key().secret
    return body + _checksum(body)


async def _stale(book) -> bool:
    return not book.fresh
