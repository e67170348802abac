"""A service is who it says it is, to the one that it calls, for a minute; nobody else can say so."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sightline.chassis.identity.refused import CredentialRefused
from sightline.chassis.identity.rights import SERVICE_RIGHTS
from sightline.chassis.identity.service_token import ServiceSigner, ServiceTokens, claimed_issuer
from sightline.chassis.ids import new_id
from sightline.chassis.principal import Principal

KEYS = {name: Ed25519PrivateKey.generate() for name in ("ingest", "detect", "match")}
TRUSTED = {name: key.public_key() for name, key in KEYS.items()}
PERSON = new_id()


@pytest.fixture
def match():
    """What match verifies."""
    return ServiceTokens("match", TRUSTED)


def claims(**changed) -> dict[str, object]:
    """What ingest says when it calls match, but for what is changed; None takes a claim away."""
    now = int(time.time())
    good = {"iss": "sightline:ingest", "aud": "sightline:match", "sub": "service:ingest", "iat": now, "exp": now + 60}
    return {name: value for name, value in (good | changed).items() if value is not None}


def signed(changed=None, key=KEYS["ingest"], algorithm="EdDSA", **more) -> str:
    return jwt.encode(claims(**(changed or {})), key, algorithm=algorithm, **more)


def why(tokens, token) -> str:
    with pytest.raises(CredentialRefused) as caught:
        tokens.principal(token)
    return caught.value.why


def part(value) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_service_calls_as_itself(match):
    """It is the subject, it has a service's rights, and nobody passed it on."""
    token = ServiceSigner("ingest", KEYS["ingest"]).token("match")
    assert match.principal(token) == Principal("service:ingest", SERVICE_RIGHTS, "service")


def test_a_service_passes_its_caller_on(match):
    """The subject is the person for whom it acts; the service is named as the one that says so."""
    token = ServiceSigner("ingest", KEYS["ingest"]).token("match", PERSON)
    assert match.principal(token) == Principal(PERSON, SERVICE_RIGHTS, "service", via="ingest")


def test_a_service_may_pass_a_service_on(match):
    """Along a chain of calls the first service stays the subject."""
    token = ServiceSigner("detect", KEYS["detect"]).token("match", "service:ingest")
    assert match.principal(token) == Principal("service:ingest", SERVICE_RIGHTS, "service", via="detect")


def test_a_token_says_no_more_than_it_must():
    """Its claims are those of the design, and it lives for sixty seconds."""
    token = ServiceSigner("ingest", KEYS["ingest"], clock=lambda: 1_700_000_000.9).token("match", PERSON)
    assert jwt.decode(token, options={"verify_signature": False}) == {
        "iss": "sightline:ingest",
        "aud": "sightline:match",
        "sub": PERSON,
        "iat": 1_700_000_000,
        "exp": 1_700_000_060,
    }
    assert jwt.get_unverified_header(token)["alg"] == "EdDSA"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_tampered_token_is_refused(match, place):
    """Header, claims or signature of another token of the same service: the whole is not what was signed."""
    parts = ServiceSigner("ingest", KEYS["ingest"]).token("match").split(".")
    other = signed({"sub": PERSON}, headers={"typ": "at+jwt"}).split(".")
    parts[place] = other[place]
    assert why(match, ".".join(parts)) == "signature"


NOW = int(time.time())
WRONG_CLAIMS = [
    ({"iat": NOW - 90, "exp": NOW - 30}, "expired"),
    ({"iat": NOW + 1800, "exp": NOW + 1860}, "not yet valid"),
    ({"exp": NOW + 86_400}, "lives too long"),
    ({"iat": NOW - 3600, "exp": NOW + 3600}, "lives too long"),
    ({"aud": "sightline:detect"}, "audience"),
    ({"aud": "match"}, "audience"),
    ({"aud": ["sightline:match", "sightline:detect"]}, "audience"),
    ({"sub": "service:nobody"}, "no such subject"),
    ({"sub": "ingest"}, "no such subject"),
    ({"sub": "*"}, "no such subject"),
    ({"sub": ""}, "no such subject"),
    ({"iss": "sightline:nobody"}, "no such service"),
    ({"iss": "ingest"}, "no such service"),
    ({"iss": "sightline.ingest"}, "no such service"),
    ({"iss": 7}, "malformed"),
    ({"iss": None}, "malformed"),
    ({"iat": "soon"}, "malformed"),
    ({"aud": None}, "claim missing"),
    ({"sub": None}, "claim missing"),
    ({"iat": None}, "claim missing"),
    ({"exp": None}, "claim missing"),
]


@pytest.mark.parametrize(("changed", "cause"), WRONG_CLAIMS)
def test_a_token_that_says_anything_else_is_refused(match, changed, cause):
    """Even with a true signature: too old, too early, too long, for another service, or for nobody that is known."""
    token = jwt.encode(claims(**changed), KEYS["ingest"], algorithm="EdDSA") if changed != {"iss": 7} else _odd_issuer()
    assert why(match, token) == cause


def _odd_issuer() -> str:
    """PyJWT itself does not sign such a claim."""
    body = f"{part({'alg': 'EdDSA'})}.{part(claims(iss=7))}"
    signature = base64.urlsafe_b64encode(KEYS["ingest"].sign(body.encode())).decode().rstrip("=")
    return f"{body}.{signature}"


def test_another_services_key_is_refused(match):
    """Detect cannot speak as ingest."""
    assert why(match, signed(key=KEYS["detect"])) == "signature"


def test_a_token_without_a_signature_is_refused(match):
    """`alg: none`, in every spelling, with and without a signature's dot."""
    for name in ("none", "None", "NONE", "nOnE"):
        assert why(match, f"{part({'alg': name, 'typ': 'JWT'})}.{part(claims())}.") == "algorithm"
    assert why(match, f"{part({'alg': 'none'})}.{part(claims())}") == "malformed"


@pytest.mark.parametrize(
    "encoding", [(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), (Encoding.Raw, PublicFormat.Raw)]
)
def test_a_public_key_is_no_shared_secret(match, encoding):
    """HS256 with the public key as its secret, as PEM and raw: only one algorithm counts."""
    secret = TRUSTED["ingest"].public_bytes(*encoding)
    body = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims())}"
    mac = base64.urlsafe_b64encode(hmac.new(secret, body.encode(), hashlib.sha256).digest()).decode().rstrip("=")
    assert why(match, f"{body}.{mac}") == "algorithm"


@pytest.mark.parametrize(
    "text", ["", "a", "a.b", "..", "a.b.c", "é.é.é", "\ud800.b.c", "[" * 5000, part([]) + ".e30.e30"]
)
def test_what_is_no_token_is_refused(match, text):
    """Any other text is refused, and nothing breaks."""
    assert why(match, text) == "malformed"


def test_an_issuer_is_read_without_belief():
    """To find out whose key to try, a token is read before it is verified."""
    assert claimed_issuer(signed(key=KEYS["detect"])) == "sightline:ingest"


def test_every_refusal_sounds_the_same(match):
    """The caller cannot tell a wrong signature from a wrong audience or an old token."""
    messages = set()
    for token in (signed(key=KEYS["detect"]), signed({"aud": "sightline:detect"}), signed({"exp": NOW - 30}), "a.b.c"):
        with pytest.raises(CredentialRefused) as caught:
            match.principal(token)
        messages.add(str(caught.value))
        assert token not in str(caught.value)
    assert len(messages) == 1


async def test_a_signature_is_checked_once(match):
    """A token that was verified is remembered, and no longer than it lasts: then it is refused as any other."""
    now = int(time.time())
    token = signed({"iat": now - 60, "exp": now - 2})
    assert match.remembered(token) is None
    principal = match.principal(token)
    assert match.remembered(token) is principal
    await asyncio.sleep(now + 3.1 - time.time())
    assert match.remembered(token) is None
    assert why(match, token) == "expired"


def test_what_was_refused_is_not_remembered(match):
    """A refusal is no knowledge: forged tokens fill no memory."""
    token = signed({"aud": "sightline:detect"})
    assert why(match, token) == "audience"
    assert match.remembered(token) is None


def test_a_signature_is_made_once_in_half_a_minute():
    """The same call carries the same token for 30 s, then a new one, so that each lasts 30 s at least."""
    now = [1_700_000_000.0]
    signer = ServiceSigner("ingest", KEYS["ingest"], clock=lambda: now[0])
    first = signer.token("match", PERSON)
    now[0] += 29
    assert signer.token("match", PERSON) == first
    assert signer.token("match") != first
    assert signer.token("detect", PERSON) != first
    now[0] += 1
    assert signer.token("match", PERSON) != first
