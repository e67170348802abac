"""What a backup holds: everything that the broker writes to a disk, once, and the keys apart."""

from __future__ import annotations

from sightline.chassis.backup_contents import KEYS, MAIN
from sightline.chassis.topology import AUDIT, AUDIT_SEALS, GALLERY, RECEIPTS, TOPOLOGY


def test_everything_on_a_disk_is_backed_up():
    """A file stream, bucket or object store that nobody thought of would be lost with the broker."""
    on_disk = {stream.name for stream in TOPOLOGY.streams if stream.storage == "file"}
    on_disk |= {f"KV_{bucket.name}" for bucket in TOPOLOGY.buckets if bucket.storage == "file"}
    on_disk |= {f"OBJ_{store.name}" for store in TOPOLOGY.object_stores}
    assert {*MAIN, *KEYS} == on_disk
    assert len(set(MAIN)) == len(MAIN)
    assert len(set(KEYS)) == len(KEYS)


def test_keys_are_apart_and_strangers_nowhere():
    """Every erasable bucket, which is one of keys, is with the keys alone; what lies in memory is in no backup."""
    keys = {f"KV_{bucket.name}" for bucket in TOPOLOGY.buckets if bucket.erasable}
    assert set(KEYS) == keys | {RECEIPTS}
    assert not keys & set(MAIN)
    in_memory = {stream.name for stream in TOPOLOGY.streams if stream.storage == "memory"}
    assert len(in_memory) == 4
    assert not in_memory & {*MAIN, *KEYS}


def test_the_order_makes_streams_fit_together():
    """Seals come before the entries that they seal, and the ledger at the end, so that the keys behind it fit."""
    assert MAIN.index(AUDIT_SEALS) < MAIN.index(AUDIT)
    assert MAIN[-1] == GALLERY
    assert MAIN.index("SIGHTINGS") < MAIN.index("KV_alerts") < MAIN.index("ALERTS")
