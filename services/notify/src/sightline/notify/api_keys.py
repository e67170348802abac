"""API keys: made, rotated, revoked and listed. Their secrets are shown once and stored nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sightline.chassis.access import Place
from sightline.chassis.errors import Conflict, FailedPrecondition, NotFound, ResourceExhausted
from sightline.chassis.identity.api_key import hash_secret, new_key
from sightline.notify.access_records import AccessRecords
from sightline.notify.key_rules import Maker, check_person, check_subject
from sightline.v1.access_service_pb2 import ApiKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta

    from nats.js.kv import KeyValue

    from sightline.chassis.identity.callers import CallerBook
    from sightline.chassis.identity.key_uses import KeyUses
    from sightline.chassis.identity.rights import Selection
    from sightline.chassis.principal import Principal
    from sightline.notify.record_book import Stored
    from sightline.v1.access_service_pb2 import Grant, Subject
    from sightline.v1.records_pb2 import ApiKeyRecord, ApiKeyUse

CAS_TRIES = 10
MAX_LIVE_KEYS = 100
"""Of one subject: whoever may call may make keys of their own, and every service holds them all in memory."""


@dataclass(frozen=True, slots=True)
class Order:
    """A key that is asked for; `lifetime` None: the default; `grants` empty: see Maker.grants_for."""

    subject_id: str
    name: str
    grants: Sequence[Grant] = ()
    lifetime: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A key, and its text, which exists here and in the answer alone."""

    key: ApiKey
    text: str = field(repr=False)


class ApiKeys:
    """The use cases of API keys.

    Args:
        bucket: `access`, where keys are kept.
        book: this process's copy of it.
        callers_key: under which their secrets are hashed.
        uses: when they were last used.
    """

    def __init__(self, bucket: KeyValue, book: CallerBook, callers_key: bytes, uses: KeyUses) -> None:
        self._records = AccessRecords(bucket, book)
        self._book = book
        self._callers_key = callers_key
        self._uses = uses

    async def create(self, caller: Principal, order: Order) -> Made:
        """Makes a key.

        Raises:
            FailedPrecondition: SUBJECT_UNKNOWN, SUBJECT_DISABLED.
            PermissionDenied: GRANTS_TOO_WIDE, SERVICES_MAKE_NO_KEYS.
            InvalidInput: LIFETIME_TOO_LONG, GRANTS_TOO_LONG.
            ResourceExhausted: KEYS_TOO_MANY.
            Unavailable: BROKER_UNAVAILABLE; there may be a key then whose secret nobody has.
        """
        check_person(caller)
        subject = await self._subject(order.subject_id)
        check_subject(subject)
        maker = self._maker(caller)
        key = ApiKey(subject_id=subject.id, name=order.name, grants=maker.grants_for(subject, order.grants))
        key.lifetime.FromTimedelta(maker.lifetime_for(order.lifetime))
        return await self._make(key, caller)

    async def rotate(self, caller: Principal, key_id: str, overlap: timedelta) -> Made:
        """Makes a successor with the same name, rights and lifetime; the old key ends after the overlap at the latest.

        The successor is stored first; what counts is the write after it, by which the old key names it. A crash
        between the two leaves a key whose secret died with the process, and the old one as it was: the rotation can be
        repeated, and the repetition revokes what the first one left. A crash after both leaves the old key its overlap,
        in which another key can be made. Of two rotations at once, one wins; the other revokes its own successor and
        is refused.

        Raises:
            NotFound: API_KEY_NOT_FOUND.
            FailedPrecondition: KEY_ENDED, it was revoked, rotated or has expired; SUBJECT_DISABLED.
            PermissionDenied: GRANTS_TOO_WIDE, SERVICES_MAKE_NO_KEYS.
            InvalidInput: LIFETIME_TOO_LONG.
            ResourceExhausted: KEYS_TOO_MANY.
            Conflict: API_KEY_CHANGED, others never let it through.
            Unavailable: BROKER_UNAVAILABLE.
        """
        check_person(caller)
        for _ in range(CAS_TRIES):
            stored = await self._stored(key_id)
            old = stored.record.key
            _check_alive(old)
            subject = await self._subject(old.subject_id)
            check_subject(subject)
            self._maker(caller).check_rotation(subject, old)
            made = await self._make(_like(old), caller, predecessor_id=old.id)
            _hand_over(old, made.key, overlap)
            try:
                await self._records.put(stored)
            except Conflict:
                await self.revoke(made.key.id)
                continue
            await self._revoke_leftovers(old)
            return made
        raise _changed()

    async def revoke(self, key_id: str) -> ApiKey:
        """Ends a key for good; again has no effect.

        Raises:
            NotFound: API_KEY_NOT_FOUND.
            Conflict: API_KEY_CHANGED, others never let it through.
            Unavailable: BROKER_UNAVAILABLE.
        """
        for _ in range(CAS_TRIES):
            stored = await self._stored(key_id)
            key = stored.record.key
            if not key.HasField("revoke_time"):
                key.revoke_time.GetCurrentTime()
                try:
                    await self._records.put(stored)
                except Conflict:
                    continue
            return key
        raise _changed()

    async def page(
        self, reach: Selection, subject_id: str, *, show_ended: bool, after: str, limit: int
    ) -> list[ApiKey]:
        """Keys of subjects within reach ("" = of all of them), by id, behind that id, with their last use."""
        found = [
            record.key
            for record in self._all()
            if record.key.id > after
            and record.key.subject_id in reach
            and subject_id in {"", record.key.subject_id}
            and (show_ended or _is_alive(record.key))
        ]
        page = sorted(found, key=lambda key: key.id)[:limit]
        uses = await self._uses.all() if page else {}
        return [_with_use(key, uses.get(key.id)) for key in page]

    def _all(self) -> Iterable[ApiKeyRecord]:
        return self._book.keys()

    async def _stored(self, key_id: str) -> Stored[ApiKeyRecord]:
        stored = await self._records.api_key(key_id)
        if not stored.revision:
            raise key_not_found(key_id)
        return stored

    async def _subject(self, subject_id: str) -> Subject:
        return (await self._records.subject(subject_id)).record.subject

    def _maker(self, caller: Principal) -> Maker:
        used = self._book.key(caller.credential_id) if caller.credential == "api-key" else None
        return Maker(caller, follows_subject=used is not None and not used.key.grants)

    def _check_number(self, subject_id: str) -> None:
        alive = sum(record.key.subject_id == subject_id and _is_alive(record.key) for record in self._all())
        if alive >= MAX_LIVE_KEYS:
            raise ResourceExhausted("KEYS_TOO_MANY", f"The subject has {alive} keys that work: revoke some first.")

    async def _make(self, key: ApiKey, caller: Principal, *, predecessor_id: str = "") -> Made:
        """Stores the key, completed, with the hash of a new secret."""
        self._check_number(key.subject_id)
        fresh = new_key()
        key.id, key.creator_id = fresh.id, caller.subject
        now = datetime.now(UTC)
        key.create_time.FromDatetime(now)
        key.expire_time.FromDatetime(now + key.lifetime.ToTimedelta())
        stored = self._records.new_api_key(fresh.id)
        stored.record.key.CopyFrom(key)
        stored.record.secret_hash = hash_secret(self._callers_key, fresh.secret)
        stored.record.predecessor_id = predecessor_id
        await self._records.put(stored)
        return Made(key, fresh.text)

    async def _revoke_leftovers(self, old: ApiKey) -> None:
        """Ends what rotations of this key left that did not come to their end."""
        left = [
            record.key.id
            for record in self._all()
            if record.predecessor_id == old.id and record.key.id != old.successor_id and _is_alive(record.key)
        ]
        for key_id in left:
            await self.revoke(key_id)


class ApiKeyPlaces:
    """Where API keys belong: to their subjects. A Locator; see sightline.chassis.access."""

    def __init__(self, book: CallerBook) -> None:
        self._book = book

    async def place(self, name: str) -> Place | None:
        """See Locator."""
        record = self._book.key(name)
        return Place(subject=record.key.subject_id) if record else None

    def missing(self, name: str) -> NotFound:
        """See Locator."""
        return key_not_found(name)


def key_not_found(key_id: str) -> NotFound:
    """The error of an id that no key has."""
    return NotFound("API_KEY_NOT_FOUND", f"There is no API key {key_id}: `sightline keys list --all` shows them.")


def _like(old: ApiKey) -> ApiKey:
    return ApiKey(subject_id=old.subject_id, name=old.name, grants=old.grants, lifetime=old.lifetime)


def _hand_over(old: ApiKey, successor: ApiKey, overlap: timedelta) -> None:
    old.successor_id = successor.id
    end = datetime.now(UTC) + overlap
    if end < old.expire_time.ToDatetime(UTC):
        old.expire_time.FromDatetime(end)


def _is_alive(key: ApiKey) -> bool:
    return not key.HasField("revoke_time") and key.expire_time.ToDatetime(UTC) > datetime.now(UTC)


def _check_alive(key: ApiKey) -> None:
    if key.successor_id or not _is_alive(key):
        raise FailedPrecondition(
            "KEY_ENDED", "The key was revoked or rotated before, or has expired: make one with `sightline keys create`."
        )


def _with_use(key: ApiKey, use: ApiKeyUse | None) -> ApiKey:
    shown = ApiKey()
    shown.CopyFrom(key)
    if use is not None:
        shown.last_use_time.CopyFrom(use.last_use_time)
    return shown


def _changed() -> Conflict:
    return Conflict("API_KEY_CHANGED", "The key keeps being changed by others: look at it again, and repeat.")
