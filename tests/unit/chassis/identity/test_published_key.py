"""The keys that a provider publishes: which of them verify tokens."""

import json

import pytest
from oidc_issuer import AUDIENCE, Issuer, SigningKey, rsa_key

from sightline.chassis.identity.jwks import JwksCache
from sightline.chassis.identity.oidc import OidcTokens
from sightline.chassis.identity.oidc_settings import OidcSettings
from sightline.chassis.identity.refused import CredentialRefused


@pytest.fixture
def issuer():
    with Issuer() as provider:
        yield provider


def tokens_of(issuer):
    return OidcTokens(OidcSettings(issuer.url, AUDIENCE), JwksCache(issuer.url, answer_seconds=60.0))


async def why_refused(tokens, token):
    with pytest.raises(CredentialRefused) as refusal:
        await tokens.verified(token)
    return refusal.value.why


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits:jwt.warnings.InsecureKeyLengthWarning")
async def test_keys_that_are_not_for_signatures_are_left_out(issuer):
    """Weak, private, unknown and encrypting keys beside a good one: the good one works, the others do not."""
    good, weak = issuer.keys[0].published(), SigningKey("RS256", kid="weak")
    weak.private = rsa_key(1024)
    private = {**good, "kid": "private", "d": good["x"]}
    strange = [
        weak.published(),
        private,
        {**good, "kid": "enc", "use": "enc"},
        {**good, "kid": "curve", "crv": "P-521"},
        {**good, "kid": "alg", "alg": "RSA-OAEP"},
        {**good, "kid": "broken", "x": "!"},
        {**good, "kid": "half", "y": None},
        {**good, "kid": 7},
        {"kty": "EC", "kid": "empty", "crv": "P-256"},
        {"kty": ["EC"], "kid": "list"},
        {"kty": "RSA", "kid": "rsa"},
        {},
        None,
        "key",
    ]
    issuer.bodies["/keys"] = json.dumps({"keys": [*strange, good]}).encode()
    tokens = tokens_of(issuer)
    await tokens.verified(issuer.mint())
    for kid in ("weak", "private", "enc", "curve", "alg", "broken", "half", "empty", "list", "rsa"):
        key = weak if kid == "weak" else issuer.keys[0]
        assert await why_refused(tokens, issuer.mint(key=key, headers={"kid": kid})) == "unknown key"


async def test_a_token_without_a_key_name_needs_a_single_key(issuer):
    """With one published key there is no doubt which it is; with two there is."""
    issuer.keys = [SigningKey(kid=None)]
    await tokens_of(issuer).verified(issuer.mint())
    issuer.keys = [SigningKey(kid=None), SigningKey(kid=None)]
    assert await why_refused(tokens_of(issuer), issuer.mint()) == "names no key"


async def test_two_keys_of_one_name_are_told_apart_by_algorithm(issuer):
    """Some providers publish a curve and an RSA key under one name."""
    issuer.keys = [SigningKey("RS256", kid="one"), SigningKey("ES256", kid="one")]
    tokens = tokens_of(issuer)
    for key in issuer.keys:
        claims = await tokens.verified(issuer.mint(key=key, sub=key.algorithm))
        assert claims.subject == key.algorithm
