"""Files of the audit trail, and the keys that they are checked with."""

from __future__ import annotations

import asyncio
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trails import KEY, KEYS, RETENTION, sealed

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.cli.audit_file import FileTrail, append_anchor, read_anchors, write_trail
from sightline.cli.seal_keys import read_seal_keys

TRAIL = sealed(3, 4, unsealed=1)


def ignored(*_):
    """For what nobody looks at."""


@pytest.fixture
def exported(tmp_path):
    """The trail in a file."""
    path = tmp_path / "trail.jsonl"
    asyncio.run(write_trail(path, TRAIL, ignored))
    return path


def found_in(path, **facts) -> list[str]:
    """What a check of the file finds."""
    given = {"keys": KEYS, "retention": RETENTION * 10_000, **facts}
    return [finding.reason for finding in FileTrail(path).checked(given, ignored, ignored).findings]


def test_an_export_holds_the_trail(exported):
    """Entries and seals come out as they went in; the file is its owner's alone, and its lines are JSON."""

    async def read():
        trail = FileTrail(exported)
        return [each async for each in trail.entries()], [each async for each in trail.seals()]

    assert asyncio.run(read()) == (TRAIL.listed_entries, TRAIL.listed_seals)
    assert exported.stat().st_mode & 0o777 == 0o600
    kinds = [next(iter(json.loads(line))) for line in exported.read_text().splitlines()]
    assert kinds == ["sightline_audit_export", *["seal"] * 2, *["entry"] * 8]


def test_a_good_export_is_good(exported):
    """But for the entry that was not sealed and is old by now, as these entries are of another year."""
    assert found_in(exported) == ["NOT_SEALED"]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_line_less_is_found(exported, data):
    """Whichever line of seals and sealed entries is taken out, but the last seal: its entries are unsealed then."""
    lines = exported.read_text().splitlines(keepends=True)
    at = data.draw(st.integers(1, len(lines) - 2))
    doctored = exported.with_name("doctored.jsonl")
    doctored.write_text("".join(lines[:at] + lines[at + 1 :]))
    assert found_in(doctored, anchors=TRAIL.listed_seals[-1:]) != ["NOT_SEALED"]


def test_a_failed_export_leaves_no_file(tmp_path):
    """What broke off is not there: nobody takes a half for the whole."""

    class Broken:
        def seals(self):
            return TRAIL.seals()

        async def entries(self):
            yield TRAIL.listed_entries[0]
            raise InvalidInput("BROKEN", "It broke.")

    path = tmp_path / "trail.jsonl"
    with pytest.raises(InvalidInput, match="BROKEN"):
        asyncio.run(write_trail(path, Broken(), ignored))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "spoilt", ["", "[]\n", '{"sightline_audit_export": 2, "time": "2026-01-01T00:00:00Z"}\n', "\xff"]
)
def test_what_is_no_export_is_refused(tmp_path, spoilt):
    """It is no trail without a finding."""
    path = tmp_path / "other"
    path.write_bytes(spoilt.encode("latin-1"))
    with pytest.raises(InvalidInput, match="AUDIT_FILE_INVALID"):
        found_in(path)


@pytest.mark.parametrize("line", ["no JSON\n", '{"entry": 5}\n', '{"entry": {"sequence": "x"}}\n', '{"entry"\n'])
def test_a_spoilt_line_is_named(exported, line):
    """The error says which line it is."""
    exported.write_text(exported.read_text() + line)
    with pytest.raises(InvalidInput, match="line 12 of "):
        found_in(exported)


def test_anchors_add_up(tmp_path):
    """Each is a line behind the ones before; all are read."""
    path = tmp_path / "anchors.jsonl"
    for seal in TRAIL.listed_seals:
        append_anchor(path, seal)
    assert read_anchors(path) == TRAIL.listed_seals
    with pytest.raises(InvalidInput, match="AUDIT_FILE_INVALID"):
        read_anchors(tmp_path / "absent")


def test_an_anchor_can_go_through_a_pipe(capsys):
    """Without a file it is the one line on standard output."""
    append_anchor(None, TRAIL.listed_seals[0])
    assert json.loads(capsys.readouterr().out)["seal"]["number"] == "1"


def test_keys_are_read_by_their_ids(tmp_path):
    """The public key of the installation, or those that are named."""
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "audit-seal.pub").write_bytes(public)
    assert read_seal_keys(None, tmp_path).keys() == KEYS.keys()
    (tmp_path / "other.pub").write_bytes(public)
    assert read_seal_keys([tmp_path / "other.pub"], tmp_path / "nowhere").keys() == KEYS.keys()


def test_a_key_that_is_none_is_said(tmp_path):
    """A file that is not there, no PEM, or a key of another kind."""
    other = tmp_path / "rsa.pub"
    rsa = generate_private_key(65537, 2048).public_key()
    other.write_bytes(rsa.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(FailedPrecondition, match="SEAL_KEY_INVALID"):
        read_seal_keys([other], tmp_path)
    other.write_text("no key")
    with pytest.raises(FailedPrecondition, match="SEAL_KEY_INVALID"):
        read_seal_keys([other], tmp_path)
    with pytest.raises(FailedPrecondition, match="SEAL_KEY_MISSING"):
        read_seal_keys(None, tmp_path)
