"""From a call's `authorization` header to a principal: API keys, people who signed in, and our own services."""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from sightline.chassis.identity.api_key import PREFIX, hash_secret, parse
from sightline.chassis.identity.recent import Recent
from sightline.chassis.identity.refused import CredentialRefused
from sightline.chassis.identity.rights import NO_RIGHTS, Rights
from sightline.chassis.identity.service_token import ISSUER_PREFIX, claimed_issuer
from sightline.chassis.ids import derived_id
from sightline.chassis.principal import Principal

if TYPE_CHECKING:
    from sightline.chassis.identity.callers import CallerBook
    from sightline.chassis.identity.key_uses import KeyUses
    from sightline.chassis.identity.oidc import OidcTokens
    from sightline.chassis.identity.service_token import ServiceTokens
    from sightline.v1.access_service_pb2 import Subject
    from sightline.v1.records_pb2 import ApiKeyRecord

_RIGHTS_LIMIT = 4096
_PROVEN_LIMIT = 4096
_FOR_GOOD = float("inf")


@dataclass(frozen=True, slots=True)
class _Proven:
    """Who showed a key that was right, by these very records."""

    record: ApiKeyRecord
    subject: Subject | None
    principal: Principal


class Authenticator:
    """Says who calls.

    Args:
        book: who may call.
        callers_key: of the secrets folder; see `api_key.hash_secret`.
        services: verifies tokens of our own services.
        oidc: verifies tokens of the identity provider; None where there is none.
        uses: where the use of a key is noted; None: nowhere.
    """

    def __init__(
        self,
        book: CallerBook,
        callers_key: bytes,
        services: ServiceTokens,
        oidc: OidcTokens | None = None,
        uses: KeyUses | None = None,
    ) -> None:
        self._book = book
        self._callers_key = callers_key
        self._services = services
        self._oidc = oidc
        self._uses = uses
        # What the secret of an unknown key is compared with: then it takes as long as a wrong secret does.
        self._nobodys_hash = secrets.token_bytes(32)
        self._rights: Recent[str, tuple[ApiKeyRecord, Subject, Rights]] = Recent(_RIGHTS_LIMIT, time.monotonic)
        # By a digest that nobody else can compute: what proves a key is not kept.
        self._digest_key = secrets.token_bytes(32)
        self._proven: Recent[bytes, _Proven] = Recent(_PROVEN_LIMIT, time.monotonic)

    async def identify(self, authorization: str, proven: frozenset[str] | None = None) -> Principal:
        """Who calls with this header (`Bearer …`).

        Args:
            authorization: the header.
            proven: names in the certificate that the caller has shown; None: the call came without TLS, as it may
                where nothing leaves this machine.

        Raises:
            CredentialRefused: nobody who may call; why, says its `why`.
            Unavailable: ACCESS_UNKNOWN, it cannot be known just now whose rights have ended.
        """
        scheme, _, text = authorization.partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise CredentialRefused("no credentials")
        if text.startswith(PREFIX):
            return self._by_key(text)
        principal = self._services.remembered(text) or await self._by_token(text)
        if principal.service and proven is not None and principal.service not in proven:
            # Whoever has a service's token alone is not that service.
            raise CredentialRefused("certificate")
        return principal

    def renewed(self, principal: Principal) -> Principal:
        """The same caller with the rights of this moment, for calls that last.

        Raises:
            CredentialRefused: the credential has ended, or its subject was disabled.
            Unavailable: ACCESS_UNKNOWN.
        """
        if principal.credential == "service":
            return principal
        self._book.require_fresh()
        if principal.credential == "oidc":
            return self._of_claims(principal)
        record = self._book.key(principal.credential_id)
        if record is None:
            raise CredentialRefused("no such key")
        return self._of_key(record)

    def _by_key(self, text: str) -> Principal:
        self._book.require_fresh()
        shown = blake2b(text.encode(errors="surrogatepass"), key=self._digest_key).digest()
        principal = self._proven_before(shown) or self._prove(text, shown)
        if self._uses:
            self._uses.used(principal.credential_id)
        return principal

    def _proven_before(self, shown: bytes) -> Principal | None:
        """Who showed this very key before, as long as neither its record nor its subject's is another one since.

        To take a key apart and compare it costs little in a loop, and ten times as much between two pictures.
        """
        known = self._proven.get(shown)
        if known is None:
            return None
        principal = known.principal
        if self._book.key(principal.credential_id) is not known.record:
            return None
        if self._book.subject(principal.subject) is not known.subject:
            return None
        return self._admitted(principal)

    def _prove(self, text: str, shown: bytes) -> Principal:
        parsed = parse(text)
        if parsed is None:
            raise CredentialRefused("malformed")
        record = self._book.key(parsed.id)
        stored = record.secret_hash if record else self._nobodys_hash
        proven = hmac.compare_digest(hash_secret(self._callers_key, parsed.secret), stored)
        if record is None or not proven:
            raise CredentialRefused("secret differs" if record else "no such key")
        principal = self._of_key(record)
        subject = self._book.subject(principal.subject)
        self._proven.put(shown, _Proven(record, subject, principal), _FOR_GOOD)
        return principal

    def _of_key(self, record: ApiKeyRecord) -> Principal:
        key = record.key
        if key.HasField("revoke_time"):
            raise CredentialRefused("revoked")
        subject = self._book.subject(key.subject_id)
        if subject is None:
            raise CredentialRefused("no such subject")
        expires = key.expire_time.ToNanoseconds() / 1e9 if key.HasField("expire_time") else None
        rights = self._rights_of(record, subject)
        return self._admitted(Principal(subject.id, rights, "api-key", key.id, expires=expires))

    def _rights_of(self, record: ApiKeyRecord, subject: Subject) -> Rights:
        """What both the key and its subject may; taken together again only when one of the two has changed."""
        known = self._rights.get(record.key.id)
        if known and known[0] is record and known[1] is subject:
            return known[2]
        rights = Rights.of(subject.grants)
        if record.key.grants:
            rights = Rights.of(record.key.grants) & rights
        self._rights.put(record.key.id, (record, subject, rights), _FOR_GOOD)
        return rights

    async def _by_token(self, text: str) -> Principal:
        issuer = claimed_issuer(text)
        if issuer.startswith(ISSUER_PREFIX):
            return self._services.principal(text)
        if self._oidc is None or issuer != self._oidc.issuer:
            raise CredentialRefused("no such issuer")
        self._book.require_fresh()
        claims = await self._oidc.verified(text)
        subject_id = derived_id("oidc", claims.issuer, claims.subject)
        return self._of_claims(Principal(subject_id, credential="oidc", claimed=claims.rights, expires=claims.expires))

    def _of_claims(self, principal: Principal) -> Principal:
        """What the provider's claims give, and what an administrator granted here."""
        subject = self._book.subject(principal.subject)
        granted = Rights.of(subject.grants) if subject else NO_RIGHTS
        return self._admitted(replace(principal, rights=principal.claimed | granted))

    def _admitted(self, principal: Principal) -> Principal:
        """Whatever they came with: not after its end, and not who was disabled."""
        if principal.expires is not None and principal.expires <= time.time():
            raise CredentialRefused("expired")
        subject = self._book.subject(principal.subject)
        if subject is not None and subject.disabled:
            raise CredentialRefused("disabled")
        return principal
