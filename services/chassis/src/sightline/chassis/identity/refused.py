"""What a caller hears whose credentials are not accepted: always the same. Why, only the service's log says."""

from __future__ import annotations

from sightline.chassis.errors import Unauthenticated


class CredentialRefused(Unauthenticated):
    """The call's credentials are not accepted.

    Args:
        why: what was wrong, such as "no such key", for the service's log alone: told to the caller, it would help
            whoever tries keys. It never holds any part of a credential.
    """

    def __init__(self, why: str) -> None:
        super().__init__(
            "CREDENTIALS_REFUSED",
            "The call carries no credentials that are accepted here: sign in with `sightline login`, or ask an "
            "administrator for a key.",
        )
        self.why = why
