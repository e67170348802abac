"""Tokens of an identity provider: whose are believed, and what they give the right to."""

import asyncio
import base64
import hashlib
import hmac
import json
import time

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from oidc_issuer import AUDIENCE, Issuer, SigningKey

from sightline.chassis.identity.jwks import JwksCache
from sightline.chassis.identity.oidc import OidcTokens, open_oidc
from sightline.chassis.identity.oidc_settings import OidcSettings, parse_rights
from sightline.chassis.identity.refused import CredentialRefused
from sightline.chassis.identity.rights import Rights, Selection
from sightline.chassis.ids import new_id
from sightline.chassis.settings import ServiceSettings
from sightline.v1 import access_pb2

CAMERA = new_id()
RIGHTS = json.dumps(
    {
        "operators": [{"role": "operator", "watchlists": ["*"], "cameras": ["*"]}],
        "gate": [{"role": "viewer", "cameras": [CAMERA]}, {"role": "reviewer", "cameras": [CAMERA]}],
    }
)


@pytest.fixture
def issuer():
    with Issuer() as provider:
        yield provider


@pytest.fixture
def tokens_of():
    """A function that makes the verifier of an issuer's tokens."""

    def make(issuer, **settings):
        chosen = OidcSettings(issuer.url, AUDIENCE, rights=parse_rights(RIGHTS), **settings)
        return OidcTokens(chosen, JwksCache(issuer.url, answer_seconds=60.0))

    return make


async def why_refused(tokens, token):
    with pytest.raises(CredentialRefused) as refusal:
        await tokens.verified(token)
    assert token[-20:] not in f"{refusal.value} {refusal.value.why}"
    return refusal.value.why


def encoded(part):
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def hmac_token(issuer, secret, kid):
    """What confuses a reader who takes a public key for a shared secret."""
    text = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{encoded(issuer.claims())}"
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), hashlib.sha256))}"


@pytest.mark.parametrize("has_alg", [True, False])
@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "ES384", "EdDSA"])
async def test_a_token_of_the_issuer_is_believed(issuer, tokens_of, algorithm, has_alg):
    """Every asymmetric algorithm in use, whether or not the published key says what it is for."""
    issuer.keys = [SigningKey(algorithm, has_alg=has_alg)]
    now = int(time.time())
    claims = await tokens_of(issuer).verified(issuer.mint(sub="alice", exp=now + 100))
    assert (claims.issuer, claims.subject, claims.expires) == (issuer.url, "alice", now + 130)
    assert claims.rights == Rights({})


REFUSED = {
    "expired": ({"exp": -31}, "expired"),
    "issued in the future": ({"iat": 60}, "not yet valid"),
    "not before the future": ({"nbf": 60}, "not yet valid"),
    "for another program": ({"aud": "wiki"}, "audience"),
    "for several others": ({"aud": ["wiki", "sightline2"]}, "audience"),
    "for nobody": ({"aud": None}, "a required claim is missing"),
    "of another issuer": ({"iss": "https://elsewhere.example"}, "issuer"),
    "of a part of the issuer": ({"iss": "http://127.0.0.1"}, "issuer"),
    "of no issuer": ({"iss": None}, "a required claim is missing"),
    "without an end": ({"exp": None}, "a required claim is missing"),
    "without a beginning": ({"iat": None}, "a required claim is missing"),
    "without a subject": ({"sub": None}, "a required claim is missing"),
    "with an empty subject": ({"sub": ""}, "subject"),
    "with a number as its subject": ({"sub": 7}, "malformed"),
    "with words as its end": ({"exp": "soon"}, "malformed"),
    "with an end beyond numbers": ({"exp": float("inf")}, "malformed"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_token_that_is_not_in_order_is_refused(issuer, tokens_of, name):
    """Well signed, but for another time, audience or issuer, or without what it has to say."""
    changes, why = REFUSED[name]
    times = {"exp", "iat", "nbf"}
    moved = {
        claim: int(time.time()) + value if claim in times and isinstance(value, int) else value
        for claim, value in changes.items()
    }
    assert await why_refused(tokens_of(issuer), issuer.mint(**moved)) == why


async def test_clocks_may_differ_a_little(issuer, tokens_of):
    """Within the skew, a token holds whose end has just come or whose beginning is near; without a skew it does not."""
    now = int(time.time())
    ended, begins = issuer.mint(exp=now - 10), issuer.mint(iat=now + 10, nbf=now + 10)
    for token in (ended, begins):
        await tokens_of(issuer).verified(token)
        assert await why_refused(tokens_of(issuer, skew=0.0), token) in {"expired", "not yet valid"}


async def test_a_changed_token_is_refused(issuer, tokens_of):
    """Another subject under the old signature, or another signature under the old claims."""
    header, _, signature = issuer.mint(sub="alice").split(".")
    other = issuer.mint(sub="root").split(".")
    tokens = tokens_of(issuer)
    assert await why_refused(tokens, f"{header}.{other[1]}.{signature}") == "signature"
    assert await why_refused(tokens, f"{header}.{other[1]}.{encoded(bytes(64))}") == "signature"
    assert await why_refused(tokens, f"{header}.{other[1]}.") == "signature"


@pytest.mark.parametrize("name", ["none", "None", "NONE", ""])
async def test_a_token_without_a_signature_is_refused(issuer, tokens_of, name):
    """`alg: none`, however it is written."""
    header = {"alg": name, "typ": "JWT", "kid": issuer.keys[0].kid}
    for signature in ("", encoded(b"x")):
        token = f"{encoded(header)}.{encoded(issuer.claims())}.{signature}"
        assert await why_refused(tokens_of(issuer), token) == "algorithm"


@pytest.mark.parametrize("form", ["pem", "der", "jwk"])
async def test_a_public_key_is_no_shared_secret(issuer, tokens_of, form):
    """HS256 under the published RSA key, in each form in which readers have fallen for it."""
    key = SigningKey("RS256", has_alg=False)
    issuer.keys = [key]
    public = key.private.public_key()
    secret = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(key.published()).encode(),
    }[form]
    assert await why_refused(tokens_of(issuer), hmac_token(issuer, secret, key.kid)) == "algorithm"


async def test_a_published_secret_opens_nothing(issuer, tokens_of):
    """A symmetric key in the set, which everybody can read, verifies no token."""
    secret = b"s" * 32
    shared = {"kty": "oct", "kid": "shared", "alg": "HS256", "k": encoded(secret)}
    keys = [shared, issuer.keys[0].published()]
    issuer.bodies["/keys"] = json.dumps({"keys": keys}).encode()
    assert await why_refused(tokens_of(issuer), hmac_token(issuer, secret, "shared")) == "algorithm"


async def test_a_key_verifies_its_own_algorithm_alone(issuer, tokens_of):
    """A token under the name of a key of another type, or of an RSA key that is for another padding."""
    curve, padded = issuer.keys[0], SigningKey("PS256")
    issuer.keys = [curve, padded]
    tokens = tokens_of(issuer)
    wrong_type = issuer.mint(key=SigningKey("RS256", kid=curve.kid))
    wrong_padding = issuer.mint(key=SigningKey("RS256", kid=padded.kid))
    for token in (wrong_type, wrong_padding):
        assert await why_refused(tokens, token) == "algorithm"
    await tokens.verified(issuer.mint(key=padded))


async def test_a_token_cannot_bring_its_own_key(issuer, tokens_of):
    """A forger's key under a known name, and headers that say where the right key is to be found."""
    with Issuer() as forger:
        forged = SigningKey(kid=issuer.keys[0].kid)
        forger.keys = [forged]
        for headers in ({}, {"jwk": forged.published()}, {"jku": f"{forger.url}/keys"}, {"x5u": f"{forger.url}/keys"}):
            assert await why_refused(tokens_of(issuer), issuer.mint(key=forged, headers=headers)) == "signature"
        assert not forger.requests


async def test_a_header_that_has_to_be_understood_is_refused(issuer, tokens_of):
    """`crit` names what we do not know: the token may mean something else than it seems to."""
    token = issuer.mint(headers={"crit": ["audit"], "audit": True})
    assert await why_refused(tokens_of(issuer), token) == "malformed"


GARBAGE = [
    "",
    ".",
    "..",
    "a.b.c",
    "slk_" + "a" * 85,
    f"{encoded([])}.{encoded({})}.",
    f"{encoded(b'{' * 9000)}.e30.e30",
    f"{encoded({'alg': 'ES256', 'kid': 7})}.e30.e30",
    f"{encoded({'alg': ['ES256']})}.e30.e30",
    f"{encoded({'alg': 'ES256', 'kid': None})}.e30.e30",
    "é.é.é",
    "\ud800.a.b",
    "a" * 40000,
]


@pytest.mark.parametrize("number", range(len(GARBAGE)))
async def test_what_is_no_token_is_refused_without_asking(issuer, tokens_of, number):
    """Whatever is sent, it costs the provider nothing and says nothing to the sender."""
    with pytest.raises(CredentialRefused):
        await tokens_of(issuer).verified(GARBAGE[number])
    assert not issuer.requests


async def test_refusals_look_alike(issuer, tokens_of):
    """The caller learns the same from each: what was wrong stands in the log alone."""
    texts = set()
    for token in (issuer.mint(exp=1), issuer.mint(aud="wiki"), issuer.mint(key=SigningKey()), "nonsense"):
        with pytest.raises(CredentialRefused) as refusal:
            await tokens_of(issuer).verified(token)
        texts.add((str(refusal.value), refusal.value.status))
    assert len(texts) == 1


CLAIMS = {
    "a list": ("groups", {"groups": ["wiki", "operators"]}, {"operator"}),
    "one text": ("groups", {"groups": "operators"}, {"operator"}),
    "several that add up": ("groups", {"groups": ["operators", "gate", "gate"]}, {"operator", "viewer", "reviewer"}),
    "a path": ("realm_access.roles", {"realm_access": {"roles": ["gate"]}}, {"viewer", "reviewer"}),
    "a name with dots": ("https://a.example/r", {"https://a.example/r": ["operators"]}, {"operator"}),
    "values that are no texts": ("groups", {"groups": [7, None, ["operators"], {"operators": 1}]}, set()),
    "an object": ("groups", {"groups": {"operators": True}}, set()),
    "a path into a text": ("groups.roles", {"groups": "operators"}, set()),
    "nothing": ("groups", {}, set()),
    "nothing known": ("groups", {"groups": ["operators2", "Operators"]}, set()),
}


@pytest.mark.parametrize("name", CLAIMS)
async def test_claims_give_rights(issuer, tokens_of, name):
    """The values of the configured claim are looked up; whoever has none that is known is known, and may do nothing."""
    claim, said, roles = CLAIMS[name]
    claims = await tokens_of(issuer, claim=claim).verified(issuer.mint(**said))
    assert {access_pb2.Role.Name(role).removeprefix("ROLE_").lower() for role in claims.rights.by_role} == roles


async def test_rights_reach_what_their_grants_say(issuer, tokens_of):
    """A group's grant on one camera is a right on that camera, and on no watchlist."""
    claims = await tokens_of(issuer).verified(issuer.mint(groups=["gate"]))
    reach = claims.rights.by_role[access_pb2.ROLE_VIEWER]
    assert (reach.cameras, reach.watchlists) == (Selection(frozenset({CAMERA})), Selection(frozenset()))


async def test_a_token_is_remembered_until_it_ends(issuer, tokens_of):
    """The second time it is not verified again; its end is its end all the same."""
    tokens = tokens_of(issuer, skew=0.0)
    await tokens.verified(issuer.mint())  # now the keys are here
    token = issuer.mint(exp=int(time.time()) + 3)
    first = await tokens.verified(token)
    assert await tokens.verified(token) is first
    await asyncio.sleep(max(0.0, first.expires - time.time()))
    assert await why_refused(tokens, token) == "expired"


class Settings(ServiceSettings):
    service = "match"


async def test_settings_open_the_issuer(issuer):
    """What the environment says is what tokens are compared with; without an issuer there are no such tokens."""
    chosen = {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE, "oidc_claim": "roles", "oidc_rights": RIGHTS}
    async with open_oidc(Settings(**chosen)) as tokens:
        assert tokens.issuer == issuer.url
        claims = await tokens.verified(issuer.mint(roles="operators"))
    assert set(claims.rights.by_role) == {access_pb2.ROLE_OPERATOR}
    async with open_oidc(Settings()) as tokens:
        assert tokens is None
