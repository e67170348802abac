"""Makes, shows and ends pairs of access keys, for whoever holds the API key that they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from sightline.chassis.audit import Audited
from sightline.chassis.errors import NotFound, ResourceExhausted
from sightline.chassis.identity.rights import Reach, Selection
from sightline.chassis.principal import enter
from sightline.gateway.aws_keys.aws_key import AwsKey, new_access_key_id, new_secret_access_key, now
from sightline.gateway.aws_keys.owner import end_of

if TYPE_CHECKING:
    from sightline.chassis.audit import Auditor
    from sightline.gateway.aws_keys.book import AwsKeyBook
    from sightline.gateway.aws_keys.owner import Owner

PAIRS_EACH = 100
_KIND = "aws_key"


class NewAwsKey(BaseModel):
    """What is asked for; lengths as the services' own requests have them."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=64)
    purpose: str = Field(min_length=1, max_length=256)
    legal_basis: str = Field(min_length=1, max_length=1024)
    case_reference: str = Field(default="", max_length=256)
    collection_days: int = Field(default=365, ge=1, le=3650)


class AwsKeyDesk:
    """The use case.

    Args:
        book: where pairs are.
        auditor: notes who made and ended which.
    """

    def __init__(self, book: AwsKeyBook, auditor: Auditor) -> None:
        self._book = book
        self._auditor = auditor

    async def make(self, owner: Owner, wanted: NewAwsKey) -> AwsKey:
        """A new pair, which stands for the API key that the owner showed, and ends with it.

        Raises:
            SightlineError: InvalidInput API_KEY_WANTED, ResourceExhausted AWS_KEYS_FULL, and as AwsKeyBook.
        """
        _enter(owner)
        async with self._auditor.audit(Audited("aws_keys.create", _KIND, purpose=wanted.purpose)) as audited:
            key = AwsKey(
                access_key_id=new_access_key_id(),
                secret_access_key=new_secret_access_key(),
                api_key=owner.bearer,
                api_key_id=owner.api_key_id,
                subject_id=owner.subject,
                **wanted.model_dump(),
                create_time=now(),
                expire_time=end_of(owner),
            )
            self._check_room(owner)
            audited.object_id, audited.case_reference = key.access_key_id, key.case_reference
            audited.detail = f"for the API key {key.api_key_id}"
            await self._book.add(key)
        return key

    def seen_by(self, owner: Owner) -> list[AwsKey]:
        """The owner's pairs, or everybody's where they are an administrator. Raises as AwsKeyBook."""
        return [key for key in self._book.all() if owner.is_admin or key.subject_id == owner.subject]

    def get(self, owner: Owner, access_key_id: str) -> AwsKey:
        """One of those. Raises NotFound AWS_KEY_NOT_FOUND, and as AwsKeyBook."""
        key = self._book.find(access_key_id)
        if key is None or not (owner.is_admin or key.subject_id == owner.subject):
            raise NotFound(
                "AWS_KEY_NOT_FOUND", "There is no such access key, or it is somebody else's: `sightline keys aws list`."
            )
        return key

    async def end(self, owner: Owner, access_key_id: str) -> None:
        """Ends one of those at once. The API key goes on. Raises as `get`."""
        _enter(owner)
        async with self._auditor.audit(Audited("aws_keys.delete", _KIND, access_key_id[:64])):
            self.get(owner, access_key_id)
            await self._book.remove(access_key_id)

    def _check_room(self, owner: Owner) -> None:
        if sum(key.subject_id == owner.subject for key in self._book.all()) >= PAIRS_EACH:
            raise ResourceExhausted(
                "AWS_KEYS_FULL",
                f"You have {PAIRS_EACH} pairs of access keys: end some with `sightline keys aws delete`.",
            )


def _enter(owner: Owner) -> None:
    """Audit entries of this request are the owner's."""
    enter(owner.principal, Reach(subjects=Selection.of([owner.subject])))
