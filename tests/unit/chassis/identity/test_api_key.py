"""Keys of programs and people: random, recognisable, and never shown by accident."""

from __future__ import annotations

import hashlib
import hmac
import zlib
from base64 import b32decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.chassis.identity.api_key import PATTERN, ParsedKey, hash_secret, new_key, parse
from sightline.chassis.ids import is_id

KEY_ID, TEXT = new_key()
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def test_a_key_has_the_published_form():
    """`slk_`, 26 characters of id, 52 of secret, and the CRC-32 of all that in 7, in lower-case base32."""
    assert len(TEXT) == 4 + 26 + 52 + 7
    assert TEXT.startswith(f"slk_{KEY_ID}")
    assert set(TEXT[4:]) <= set(ALPHABET)
    assert b32decode(TEXT[-7:].upper() + "=") == zlib.crc32(TEXT[:-7].encode()).to_bytes(4, "big")
    assert is_id(KEY_ID)


def test_a_key_comes_apart_into_id_and_secret():
    """What is parsed is what was made, and the secret is the part that the maker hashes."""
    key = new_key()
    assert parse(key.text) == ParsedKey(key.id, key.secret)
    assert key.text[:-7] == f"slk_{key.id}{key.secret}"


def test_no_two_keys_are_alike():
    """Ids and secrets are new each time, and every place of the secret varies: it is as random as it is long."""
    keys = [new_key() for _ in range(500)]
    assert len({key.id for key in keys}) == len({key.secret for key in keys}) == 500
    for place in range(52):
        assert len({key.secret[place] for key in keys}) == 32


@given(place=st.integers(0, len(TEXT) - 1), character=st.sampled_from(ALPHABET + "018_A \n"))
def test_every_typo_is_noticed(place, character):
    """One wrong character anywhere, and it is no key."""
    typo = TEXT[:place] + character + TEXT[place + 1 :]
    assert (parse(typo) is None) == (typo != TEXT)


@pytest.mark.parametrize(
    "text",
    ["", "slk_", TEXT[:-1], TEXT + "a", TEXT.upper(), f" {TEXT}", f"{TEXT}\n", "é" * 89, "slk_" + "a" * 85],
    ids=["nothing", "prefix", "short", "long", "upper case", "space", "line end", "other letters", "no checksum"],
)
def test_other_texts_are_no_keys(text):
    """Cut, longer, in capitals, padded or made up: None, and no error."""
    assert parse(text) is None


def test_a_scanner_finds_a_leaked_key():
    """The public pattern finds a key in a file's text, and in nothing that is merely longer."""
    assert PATTERN.findall(f'key = "{TEXT}"\n# {TEXT}, again') == [TEXT, TEXT]
    assert PATTERN.findall(f"x{TEXT} {TEXT}a") == []


def test_the_secret_is_not_in_what_is_printed():
    """Neither a parsed key nor a new one shows its secret in a log or a trace."""
    key = new_key()
    shown = f"{key!r} {key} {parse(key.text)!r} {parse(key.text)}"
    assert key.id in shown
    assert key.secret not in shown


def test_what_is_stored_depends_on_the_installation():
    """The stored hash is HMAC-SHA256 under the installation's key: without that key a stolen bucket tells nothing."""
    secret = new_key().secret
    assert hash_secret(b"k" * 32, secret) == hmac.new(b"k" * 32, secret.encode(), hashlib.sha256).digest()
    assert hash_secret(b"k" * 32, secret) != hash_secret(b"l" * 32, secret)
