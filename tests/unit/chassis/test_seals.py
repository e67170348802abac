"""What a seal is made of."""

from __future__ import annotations

import hashlib

import pytest
from trails import KEY, KEYS, OTHER_KEY, copy_of, entry, sealed

from sightline.chassis.seals import NO_HASH, chained, digest_of, hash_of, is_signed, key_id, make_seal
from sightline.v1.audit_seal_pb2 import Seal

SEAL = make_seal(None, [entry(1), entry(2)], KEY)


def number(value: int) -> bytes:
    return value.to_bytes(8, "big")


def row(*fields: bytes) -> bytes:
    """Fields as the contract describes them, written once more."""
    return b"".join(number(len(each)) + each for each in fields)


def test_a_digest_is_what_the_contract_says():
    """Anybody can compute it from the description in audit_seal.proto: subject, sorted headers and body."""
    each = entry(7)
    headers = [part.encode() for name in sorted(each.headers) for part in (name, each.headers[name])]
    fields = row(b"sightline.v1.AuditEntry", each.subject.encode(), number(2), *headers, each.body)
    assert digest_of(each) == hashlib.sha256(fields).digest()


def test_a_seal_is_what_the_contract_says():
    """Hash over the entries, signature and hash of the seal follow from the description alone."""
    so_far = NO_HASH
    for each in (entry(1), entry(2)):
        so_far = hashlib.sha256(so_far + number(each.sequence) + digest_of(each)).digest()
    assert SEAL.entries_hash == so_far
    times = (SEAL.first_time, SEAL.last_time, SEAL.time)
    signed = [
        b"sightline.v1.Seal",
        *map(number, (1, 1, 2, 2)),
        SEAL.entries_hash,
        digest_of(entry(1))[:16] + digest_of(entry(2))[:16],
        bytes(32),
        *(number(each.ToNanoseconds()) for each in times),
        key_id(KEY.public_key()).encode(),
    ]
    KEY.public_key().verify(SEAL.signature, row(*signed))
    assert hash_of(SEAL) == hashlib.sha256(row(*signed, SEAL.signature)).digest()


def test_seals_name_the_one_before():
    """The second has the next number and the hash of the first."""
    first, second = sealed(2, 3).listed_seals
    assert (second.number, second.first_sequence, second.last_sequence, second.count) == (2, 3, 5, 3)
    assert (first.previous_hash, second.previous_hash) == (NO_HASH, hash_of(first))


@pytest.mark.parametrize("field", [field.name for field in Seal.DESCRIPTOR.fields])
def test_no_field_of_a_seal_can_be_changed(field):
    """Whichever is another one, the signature does not fit any more, nor the hash."""
    changed, value = copy_of(SEAL), getattr(SEAL, field)
    if isinstance(value, int):
        setattr(changed, field, value + 1)
    elif isinstance(value, (bytes, str)):
        setattr(changed, field, value[:-1])
    else:
        getattr(changed, field).FromNanoseconds(value.ToNanoseconds() + 1)
    assert is_signed(SEAL, KEYS)
    assert not is_signed(changed, KEYS)
    assert hash_of(changed) != hash_of(SEAL)


def test_another_keys_seal_is_none():
    """Neither under its own id nor under that of the key that is believed."""
    other = make_seal(None, [entry(1)], OTHER_KEY)
    assert not is_signed(other, KEYS)
    other.key_id = key_id(KEY.public_key())
    assert not is_signed(other, KEYS)


@pytest.mark.parametrize("changes", [{"count": 3}, {"first_sequence": 0, "count": 3}, {"entry_digests": b""}])
def test_a_signed_seal_that_contradicts_itself_is_none(changes):
    """Who has the key cannot make a check stumble over figures that do not agree."""
    seal = Seal(number=1, first_sequence=1, last_sequence=2, count=2, entry_digests=bytes(32), key_id=SEAL.key_id)
    for name, value in changes.items():
        setattr(seal, name, value)
    from sightline.chassis import seals  # noqa: PLC0415 - the only test that signs what make_seal would not make

    seal.signature = KEY.sign(seals._row(seals._signed(seal)))
    assert not is_signed(seal, KEYS)


def test_places_are_part_of_the_hash():
    """The same entries at other places, or in another order, have another hash."""
    digests = [digest_of(entry(1)), digest_of(entry(2))]
    hashes = {
        chained(zip(sequences, each, strict=True))
        for sequences in ((1, 2), (2, 3))
        for each in (digests, digests[::-1])
    }
    assert len(hashes) == 4
