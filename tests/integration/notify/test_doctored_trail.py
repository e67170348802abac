"""`sightline audit verify` on stores that somebody with the disk, or an administrator's connection, has doctored."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace

import pytest
from broker import NatsServer, find_nats_server
from broker_release import needs_new_broker
from free_ports import find_free_port
from secrets_for_tests import secrets_folder
from stream_store import StreamStore
from used_installation import notify_on, run, use_installation

from sightline.chassis.bus import connect_bus
from sightline.chassis.seals import make_seal
from sightline.chassis.topology import AUDIT, AUDIT_SEALS
from sightline.notify.audit_trail import AuditTrail
from sightline.v1.audit_seal_pb2 import AuditEntry, Seal
from sightline.v1.events_pb2 import AuditEvent


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """One that was used, exported and anchored."""
    return use_installation(tmp_path_factory.mktemp("good"))


@pytest.fixture
def verify(installation, tmp_path):
    """A function that doctors a copy of the store and gives what `audit verify` says of it."""

    def verified(entries=None, seals=None, *words, online=None, spoil=b""):
        store = tmp_path / "nats"
        shutil.copytree(installation.store, store)
        for name, change in ((AUDIT, entries), (AUDIT_SEALS, seals)):
            if change:
                StreamStore(store, name).rewrite(change)
        if spoil:
            [block] = store.glob("**/AUDIT/msgs/*.blk")
            block.write_bytes(block.read_bytes().replace(spoil, spoil.swapcase()))
            (block.parent / "index.db").unlink()
        server = NatsServer(find_nats_server(), find_free_port(), store)
        server.start()
        try:
            if online:
                asyncio.run(online(server.url))
            with notify_on(server, tmp_path) as service:
                key = ["--key", secrets_folder().audit_seal_public]
                return run(installation.state, service.target, "verify", *key, *words)
        finally:
            server.kill()

    return verified


def rewritten(message, detail):
    """The entry with another event, as somebody would write it who knows the contract."""
    event = AuditEvent.FromString(message.body)
    event.detail = detail
    return replace(message, body=event.SerializeToString())


def renumbered(messages):
    """One after the other from 1 on."""
    return [message.moved_to(sequence) for sequence, message in enumerate(messages, 1)]


def test_a_good_store_is_good(verify, installation):
    """After a restart on a copy nothing is wrong, against the anchor neither; what was not sealed is counted."""
    verdict = verify(None, None, "--anchor", installation.anchor)
    assert (verdict.error, verdict.found) == ("", [])
    assert "are not sealed yet" in verdict.lines[-1]


def test_an_edit_is_found(verify):
    """The server serves the changed body without a word, as its checksum is right: the check names entry and seal."""
    verdict = verify(lambda messages: [*messages[:4], rewritten(messages[4], "nothing"), *messages[5:]])
    assert verdict.error == "AUDIT_TRAIL_DIFFERS"
    assert verdict.found == ["ENTRY_CHANGED: entry 5 of the trail: not as sealed by seal 1"]


@needs_new_broker
def test_an_edit_without_a_right_checksum_is_found(verify):
    """The server throws away what does not fit its checksum, and what follows: the check says from where on."""
    verdict = verify(spoil=b"search 5")
    assert verdict.error == "AUDIT_TRAIL_DIFFERS"
    assert verdict.found[0].split(" of ")[0].split()[-1].startswith("5")


@needs_new_broker
def test_a_removal_is_found(verify):
    """With a gap, and with those behind it moved up."""
    verdict = verify(lambda messages: [message for message in messages if message.sequence not in {5, 8}])
    assert verdict.found == [
        "ENTRY_MISSING: entry 5 of the trail: sealed by seal 1, and gone",
        "ENTRY_MISSING: entry 8 of the trail: sealed by seal 2, and gone",
    ]


def test_a_removal_with_new_numbers_is_found(verify):
    """Those behind it moved up and were given new checksums: the line names the one that is gone."""
    verdict = verify(lambda messages: renumbered(messages[:4] + messages[5:]))
    assert verdict.found[0] == "ENTRY_MISSING: entry 5 of the trail: sealed by seal 1, and gone"


def test_a_truncation_is_found(verify):
    """Entries that are gone from the end, although new ones have taken their numbers since."""
    verdict = verify(lambda messages: messages[:9])
    assert verdict.error == "AUDIT_TRAIL_DIFFERS"
    spans = [line.split(" of ")[0].split(" at ")[0].split()[-1] for line in verdict.found]
    assert int(spans[0].split("-")[0]) == 10
    assert all("seal" in line for line in verdict.found)


def test_a_truncation_of_entries_and_seals_is_found(verify, installation):
    """What is left is whole in itself and was sealed on by the system: the anchor says that there was more."""
    first_seal = Seal.FromString(StreamStore(installation.store, AUDIT_SEALS).messages()[0].body)
    cut = (lambda messages: messages[: first_seal.last_sequence], lambda seals: seals[:1])
    verdict = verify(*cut, "--anchor", installation.anchor)
    assert verdict.error == "AUDIT_TRAIL_DIFFERS"
    assert verdict.found[0].split(":")[0] in {"ANCHOR_AHEAD", "ANCHOR_DIFFERS"}
    assert "seal 2" in verdict.found[0]


def test_a_reorder_is_found(verify):
    """Two entries in each other's place."""

    def swap(messages):
        changed = list(messages)
        changed[2], changed[4] = messages[4].moved_to(3), messages[2].moved_to(5)
        return changed

    assert verify(swap).found == [
        "ENTRY_MOVED: entry 3 of the trail: not in the order sealed by seal 1",
        "ENTRY_MOVED: entry 5 of the trail: not in the order sealed by seal 1",
    ]


def test_an_insertion_is_found(verify):
    """An entry that somebody put in, with all others moved on: the line names it alone."""
    verdict = verify(lambda messages: renumbered([*messages[:7], rewritten(messages[7], "put in"), *messages[7:]]))
    assert verdict.found[0] == "ENTRY_ADDED: entry 8 of the trail: put in among what was sealed by seal 2"
    assert len(verdict.found) == 1


def test_a_forged_seal_is_found(verify):
    """A seal that fits the changed entry, but which the key has not signed."""

    def reseal(messages):
        seal = Seal.FromString(messages[0].body)
        seal.entries_hash = bytes(32)
        return [replace(messages[0], body=seal.SerializeToString()), *messages[1:]]

    assert verify(None, reseal).found[0] == "SEAL_FORGED: seal 1: not signed by the key"


@needs_new_broker
def test_a_removed_seal_is_found(verify):
    """The next one says that there was one before."""
    verdict = verify(None, lambda messages: messages[1:])
    assert verdict.found == ["SEAL_MISSING: seal 1: gone, so that entries 1-6 of the trail cannot be checked"]


def test_another_past_under_the_stolen_key_is_found_by_the_anchor(verify, installation):
    """Who has disk and private key can make a trail that is whole; it is not the one that was anchored."""
    messages = StreamStore(installation.store, AUDIT).messages()
    messages[4] = rewritten(messages[4], "nothing")
    seals, key = [], secrets_folder().seal_key()
    for message in StreamStore(installation.store, AUDIT_SEALS).messages():
        old = Seal.FromString(message.body)
        entries = [_as_entry(each) for each in messages if old.first_sequence <= each.sequence <= old.last_sequence]
        seals.append(make_seal(seals[-1] if seals else None, entries, key))

    def resealed(stored):
        return [replace(each, body=seal.SerializeToString()) for each, seal in zip(stored, seals, strict=True)]

    verdict = verify(lambda _: messages, resealed, "--anchor", installation.anchor)
    assert [line.split(":")[0] for line in verdict.found] == ["ANCHOR_DIFFERS"]


def _as_entry(message) -> AuditEntry:
    lines = message.headers.decode().split("\r\n")[1:]
    headers = dict(line.split(": ", 1) if ": " in line else line.split(":", 1) for line in lines if line)
    entry = AuditEntry(sequence=message.sequence, subject=message.subject.decode(), headers=headers, body=message.body)
    entry.stored_time.FromNanoseconds(message.time)
    return entry


def test_a_stream_that_was_made_anew_is_found(verify):
    """With an administrator's connection the whole stream can be deleted and filled again: the change shows."""

    async def refill(url):
        async with connect_bus(url, "thief") as bus:
            config = (await bus.js.stream_info(AUDIT)).config
            entries = [entry async for batch in AuditTrail(bus).entries() for entry in batch]
            await bus.js.delete_stream(AUDIT)
            await bus.js.add_stream(config)
            for entry in entries:
                body = entry.body.replace(b"search 5", b"search 6")
                await bus.js.publish(entry.subject, body, headers=dict(entry.headers))

    assert verify(online=refill).found == ["ENTRY_CHANGED: entry 5 of the trail: not as sealed by seal 1"]


def test_an_export_is_checked_without_the_system(installation, tmp_path):
    """The file alone, with the public key: good as it was written; a line that was changed or taken out is found."""
    key = ["--key", str(secrets_folder().audit_seal_public)]
    anchored = ["--anchor", str(installation.anchor)]
    nowhere = "127.0.0.1:1"
    assert run(tmp_path, nowhere, "verify", "--file", installation.export, *key, *anchored).found == []
    assert installation.export.stat().st_mode & 0o077 == 0
    lines = installation.export.read_text().splitlines(keepends=True)
    [place] = [at for at, line in enumerate(lines) if line.startswith('{"entry"') and '"5"' in line[:40]]
    changed = json.loads(lines[place])
    changed["entry"]["headers"]["ce-source"] = "/sightline/detect"
    doctored = tmp_path / "doctored.jsonl"
    for content, said in (
        ([*lines[:place], json.dumps(changed) + "\n", *lines[place + 1 :]], "ENTRY_CHANGED: entry 5 "),
        ([*lines[:place], *lines[place + 1 :]], "ENTRY_MISSING: entry 5 "),
        ([*lines[:place], lines[place + 1], lines[place], *lines[place + 2 :]], "ENTRY_MOVED: entry 5 "),
        (lines[:place], "END_CUT_OFF: entries 5-"),
    ):
        doctored.write_text("".join(content))
        verdict = run(tmp_path, nowhere, "verify", "--file", doctored, *key)
        assert verdict.error == "AUDIT_TRAIL_DIFFERS"
        assert verdict.found[0].startswith(said)
