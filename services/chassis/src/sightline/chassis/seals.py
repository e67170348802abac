"""Seals of the audit trail: what is hashed and signed of entries, as audit_seal.proto describes it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature

from sightline.v1.audit_seal_pb2 import AuditEntry, Seal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

DIGEST_BYTES = 16
"""Of each entry's digest in `Seal.entry_digests`."""
NO_HASH = bytes(32)
_ENTRY = b"sightline.v1.AuditEntry"
_SEAL = b"sightline.v1.Seal"
_KEY_ID_DIGITS = 16


def digest_of(entry: AuditEntry) -> bytes:
    """The hash of an entry, 32 bytes, wherever in the trail it stands."""
    fields = [_ENTRY, entry.subject.encode(), _number(len(entry.headers))]
    for name, value in sorted((name.encode(), value.encode()) for name, value in entry.headers.items()):
        fields += (name, value)
    fields.append(entry.body)
    return hashlib.sha256(_row(fields)).digest()


def chained(entries: Iterable[tuple[int, bytes]]) -> bytes:
    """The hash over sequences and digests of entries that follow each other."""
    so_far = NO_HASH
    for sequence, digest in entries:
        so_far = hashlib.sha256(so_far + _number(sequence) + digest).digest()
    return so_far


def hash_of(seal: Seal) -> bytes:
    """What the seal that follows has as its `previous_hash`."""
    return hashlib.sha256(_row([*_signed(seal), seal.signature])).digest()


def key_id(key: Ed25519PublicKey) -> str:
    """The name of a key, in seals."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:_KEY_ID_DIGITS]


def make_seal(previous: Seal | None, entries: Sequence[AuditEntry], key: Ed25519PrivateKey) -> Seal:
    """The seal of these entries, which follow each other without a gap, behind the one before."""
    first, last = entries[0], entries[-1]
    digests = [digest_of(entry) for entry in entries]
    seal = Seal(
        number=(previous.number if previous else 0) + 1,
        first_sequence=first.sequence,
        last_sequence=last.sequence,
        count=len(entries),
        entries_hash=chained((entry.sequence, digest) for entry, digest in zip(entries, digests, strict=True)),
        entry_digests=b"".join(digest[:DIGEST_BYTES] for digest in digests),
        previous_hash=hash_of(previous) if previous else NO_HASH,
        first_time=first.stored_time,
        last_time=last.stored_time,
        key_id=key_id(key.public_key()),
    )
    seal.time.GetCurrentTime()
    seal.signature = key.sign(_row(_signed(seal)))
    return seal


def is_signed(seal: Seal, keys: Mapping[str, Ed25519PublicKey]) -> bool:
    """Whether one of these keys, by their ids, signed it; and its figures agree with each other."""
    key = keys.get(seal.key_id)
    if key is None:
        return False
    try:
        key.verify(seal.signature, _row(_signed(seal)))
    except InvalidSignature:
        return False
    agree = seal.count == seal.last_sequence - seal.first_sequence + 1 and seal.first_sequence > 0
    return agree and len(seal.entry_digests) == seal.count * DIGEST_BYTES


def digests_in(seal: Seal) -> list[bytes]:
    """The beginnings of its entries' digests, in their order."""
    return [seal.entry_digests[at : at + DIGEST_BYTES] for at in range(0, len(seal.entry_digests), DIGEST_BYTES)]


def _signed(seal: Seal) -> list[bytes]:
    numbers = (seal.number, seal.first_sequence, seal.last_sequence, seal.count)
    moments = (seal.first_time, seal.last_time, seal.time)
    return [
        _SEAL,
        *map(_number, numbers),
        seal.entries_hash,
        seal.entry_digests,
        seal.previous_hash,
        *(_number(moment.ToNanoseconds() % 2**64) for moment in moments),
        seal.key_id.encode(),
    ]


def _row(fields: Iterable[bytes]) -> bytes:
    return b"".join(part for field in fields for part in (_number(len(field)), field))


def _number(value: int) -> bytes:
    return value.to_bytes(8, "big")
