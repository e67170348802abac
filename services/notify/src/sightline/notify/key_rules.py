"""What a new API key may be allowed, and how long it may live: never more than its maker could do without it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition, InvalidInput, PermissionDenied
from sightline.chassis.identity.rights import Rights, role_word
from sightline.v1 import access_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.chassis.principal import Principal
    from sightline.v1.access_service_pb2 import ApiKey, Grant, Subject

DEFAULT_LIFETIME = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes a key, and what they show for it.

    Attributes:
        principal: the caller.
        follows_subject: their credential is an API key that was not narrowed: it may whatever its subject may, also
            what the subject is granted later.
    """

    principal: Principal
    follows_subject: bool

    @property
    def is_admin(self) -> bool:
        """Whether this very credential grants."""
        return access_pb2.ROLE_ADMIN in self.principal.rights.by_role

    def is_bound(self, subject: Subject) -> bool:
        """Whether a key of that subject may do no more than the maker's own credential.

        Administrators could grant the rights to the other one anyway. To themselves they could, too; but then the
        audit trail would say so.
        """
        return not self.is_admin or subject.id == self.principal.subject

    def _follows(self, subject: Subject) -> bool:
        """Whether the maker's credential may whatever this subject may."""
        return self.follows_subject and subject.id == self.principal.subject

    def grants_for(self, subject: Subject, asked: Sequence[Grant]) -> list[Grant]:
        """What a new key is granted; [] is all that its subject may, now and later.

        Raises:
            PermissionDenied: GRANTS_TOO_WIDE, wider than the subject or than the credential that asks.
        """
        if asked:
            _need(Rights.of(subject.grants), Rights.of(asked), "its subject")
            if self.is_bound(subject):
                _need(self.principal.rights, Rights.of(asked), "the credential that makes it")
            return list(asked)
        if not self.is_bound(subject) or self._follows(subject):
            return []
        if not self.principal.rights.by_role:
            # An empty list would mean the opposite: everything.
            raise PermissionDenied(
                "GRANTS_TOO_WIDE", "Your credential may do nothing, and so may no key of its making."
            )
        # In full: a key of a narrow one must not grow when the subject does.
        return self.principal.rights.grants()

    def check_rotation(self, subject: Subject, key: ApiKey) -> None:
        """Whether the maker may have a successor of that key.

        Raises:
            PermissionDenied: GRANTS_TOO_WIDE, the key may do more than the credential that asks.
            InvalidInput: LIFETIME_TOO_LONG.
        """
        if self.principal.credential_id == key.id:
            return
        if self.is_bound(subject) and not self._follows(subject):
            if not key.grants:
                raise PermissionDenied(
                    "GRANTS_TOO_WIDE",
                    "The key may all that its subject may, and your credential does not: rotate it with itself.",
                )
            _need(self.principal.rights, Rights.of(key.grants), "the credential that rotates it")
        self.lifetime_for(key.lifetime.ToTimedelta())

    def lifetime_for(self, asked: timedelta | None) -> timedelta:
        """How long a new key lives; None asks for the default, or as much of it as may be.

        Otherwise a stolen credential that ends soon would beget one that does not.

        Raises:
            InvalidInput: LIFETIME_TOO_LONG, it would outlive its maker's credential.
        """
        wanted = asked or DEFAULT_LIFETIME
        if self.is_admin or self.principal.expires is None:
            return wanted
        left = timedelta(seconds=int(self.principal.expires - time.time()))
        if asked is None:
            return min(wanted, left)
        if wanted > left:
            raise InvalidInput(
                "LIFETIME_TOO_LONG",
                f"A key must not outlive the credential that makes it: at most {left}. A key can rotate itself, and "
                "administrators make keys that live longer.",
            )
        return wanted


def check_person(principal: Principal) -> None:
    """Raises PermissionDenied SERVICES_MAKE_NO_KEYS, where one of our own services calls, for whomever."""
    if principal.credential == "service":
        raise PermissionDenied("SERVICES_MAKE_NO_KEYS", "Keys are made by people, with credentials of their own.")


def check_subject(subject: Subject) -> None:
    """Raises FailedPrecondition SUBJECT_UNKNOWN or SUBJECT_DISABLED, where a key would be of no use."""
    if not subject.id:
        raise FailedPrecondition(
            "SUBJECT_UNKNOWN",
            "You are known by your sign-in alone: an administrator has to register you, with `sightline grants set "
            "--oidc-issuer … --oidc-subject …`, before you can have keys.",
        )
    if subject.disabled:
        raise FailedPrecondition(
            "SUBJECT_DISABLED", "The subject is disabled, and so would be its keys: enable it first."
        )


def _need(allowed: Rights, wanted: Rights, of: str) -> None:
    for role, reach in wanted.by_role.items():
        if not allowed.covers(Rights({role: reach})):
            raise PermissionDenied(
                "GRANTS_TOO_WIDE",
                f"A key may do no more than {of}, and that is not {role_word(role)} on all that was asked for.",
            )
