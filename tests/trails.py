"""Sealed audit trails for tests, as lists: to be doctored, handed over and checked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.chassis.seals import key_id, make_seal
from sightline.chassis.trail_check import TrailCheck, Trust
from sightline.v1.audit_seal_pb2 import AuditEntry, Seal
from sightline.v1.events_pb2 import AuditEvent

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEYS = {key_id(KEY.public_key()): KEY.public_key()}
RETENTION = timedelta(days=1)
SECOND = 1_000_000_000
STARTED = 1_700_000_000 * SECOND


def entry(sequence: int, what: str = "") -> AuditEntry:
    """An entry that was taken in so many seconds after the first one's."""
    event = AuditEvent(id=f"id-{sequence}", action="search.faces", principal="somebody", detail=what)
    made = AuditEntry(
        sequence=sequence,
        subject="sightline.audit.match.search_faces",
        headers={"Nats-Msg-Id": event.id, "ce-source": "/sightline/match"},
        body=event.SerializeToString(),
    )
    made.stored_time.FromNanoseconds(STARTED + sequence * SECOND)
    return made


def copy_of(message):
    """The same once more."""
    copy = type(message)()
    copy.CopyFrom(message)
    return copy


@dataclass(frozen=True)
class Trail:
    """What is handed over to a check; a StoredTrail."""

    listed_entries: list[AuditEntry]
    listed_seals: list[Seal] = field(default_factory=list)

    async def seals(self):
        """See StoredTrail."""
        for seal in self.listed_seals:
            yield seal

    async def entries(self):
        """See StoredTrail."""
        for each in self.listed_entries:
            yield each

    def with_entries(self, *entries: AuditEntry) -> Trail:
        """The same seals over other entries."""
        return replace(self, listed_entries=list(entries))

    def with_seals(self, *seals: Seal) -> Trail:
        """Other seals over the same entries."""
        return replace(self, listed_seals=list(seals))

    def check(self, **trust):
        """The verdict, a second after the last entry if not said otherwise."""
        now = STARTED + (len(self.listed_entries) + 1) * SECOND
        facts = {"keys": KEYS, "retention": RETENTION, "now": now, **trust}
        return asyncio.run(TrailCheck(Trust(**facts)).run(self))

    def found(self, **trust) -> list[str]:
        """What the verdict says is wrong."""
        return [str(finding) for finding in self.check(**trust).findings]


def sealed(*sizes: int, unsealed: int = 0, key: Ed25519PrivateKey = KEY) -> Trail:
    """A trail whose seals are of so many entries each."""
    entries = [entry(sequence) for sequence in range(1, sum(sizes) + unsealed + 1)]
    seals: list[Seal] = []
    start = 0
    for size in sizes:
        seals.append(make_seal(seals[-1] if seals else None, entries[start : start + size], key))
        start += size
    return Trail(entries, seals)


def renumbered(entries: list[AuditEntry]) -> list[AuditEntry]:
    """The same, one after the other from 1 on, as whoever rewrites a store would number them."""
    changed = [copy_of(each) for each in entries]
    for sequence, each in enumerate(changed, 1):
        each.sequence = sequence
    return changed
