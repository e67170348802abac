"""Callers with tokens of an identity provider, and a clock that goes as a test says."""

from __future__ import annotations

import pytest
from oidc_issuer import AUDIENCE

from sightline.chassis.identity.jwks import JwksCache
from sightline.chassis.identity.oidc import OidcTokens
from sightline.chassis.identity.oidc_settings import OidcSettings
from sightline.chassis.identity.refused import CredentialRefused

KEYS = "/keys"
DISCOVERY = "/.well-known/openid-configuration"


class Clock:
    """Seconds that pass when a test says so, however busy the machine is; and a little whenever somebody looks."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        self.now += 1e-6
        return self.now


def tokens_of(issuer, **options):
    """What verifies this issuer's tokens; the options are those of the keys that are kept.

    The issuer has a minute for its answer: the machine may be busy.
    """
    return OidcTokens(OidcSettings(issuer.url, AUDIENCE), JwksCache(issuer.url, **{"answer_seconds": 60.0, **options}))


async def is_accepted(tokens, token):
    """Whether it is good."""
    try:
        await tokens.verified(token)
    except CredentialRefused:
        return False
    return True


async def why_refused(tokens, token):
    """Why it is not."""
    with pytest.raises(CredentialRefused) as refusal:
        await tokens.verified(token)
    return refusal.value.why
