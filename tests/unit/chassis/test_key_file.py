"""The file of the installation's keys, and what its keys wrap."""

from __future__ import annotations

import base64
import os

import pytest
from key_files import new_key, write_keys

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.ids import new_id
from sightline.chassis.installation_key import InstallationKey
from sightline.chassis.key_file import KeyFile


@pytest.fixture
def path(tmp_path):
    """Where the key file is."""
    return tmp_path / "installation.key"


def ids(file: KeyFile) -> list[str]:
    """The names of its keys, in order."""
    keys = file.keys()
    return [key.id for key in keys]


def test_a_key_that_was_added_is_seen_at_its_next_use(path):
    """A rotation restarts nothing: the file is read again when it has changed, and the first key wraps."""
    old, new = new_key(), new_key()
    file = write_keys(path, old)
    assert ids(file) == [InstallationKey(old).id]
    write_keys(path, new, old)
    assert ids(file) == [InstallationKey(new).id, InstallationKey(old).id]
    assert file.current().id == InstallationKey(new).id
    write_keys(path, new)
    assert ids(file) == [InstallationKey(new).id]


def test_an_unchanged_file_is_not_read_again(path):
    """Asking for the keys costs a look at the file's times: the very same keys are given again."""
    file = write_keys(path, new_key())
    assert file.keys() is file.keys()


def test_a_key_is_found_in_a_file_whose_change_did_not_show(path):
    """Where the file system's clock did not tick between two changes, asking for the new key's name finds it."""
    old, new = new_key(), new_key()
    file = write_keys(path, old)
    assert ids(file) == [InstallationKey(old).id]
    before = path.stat()
    path.write_bytes(base64.b64encode(new) + b"\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert ids(file) == [InstallationKey(old).id]
    assert file.named(InstallationKey(new).id).id == InstallationKey(new).id


def test_a_key_that_is_not_there_is_named_with_the_file(path):
    """The error says which key is missing and which file was looked into."""
    missing = InstallationKey(new_key()).id
    with pytest.raises(
        FailedPrecondition, match=rf"INSTALLATION_KEY_WRONG: .*{missing}, which is not in .*{path.name}"
    ):
        write_keys(path, new_key()).named(missing)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "KEY_FILE_MISSING: .*sightline init"),
        (b"", "KEY_FILE_INVALID"),
        (b"\xff!", "KEY_FILE_INVALID"),
        (b"c2hvcnQ=", "KEY_FILE_INVALID"),
        (base64.b64encode(bytes(32)) + b"\nc2hvcnQ=\n", "KEY_FILE_INVALID"),
    ],
)
def test_a_file_of_no_keys_is_refused(path, content, reason):
    """A missing, empty, damaged or short file is named, one bad line suffices, and its content is not repeated."""
    if content is not None:
        path.touch(mode=0o600)
        path.write_bytes(content)
    with pytest.raises(FailedPrecondition, match=reason) as refusal:
        KeyFile(path).keys()
    assert "c2hv" not in str(refusal.value)
    assert refusal.value.__cause__ is None or content is None


def test_a_file_that_became_wrong_is_refused_again_and_again(path):
    """A key that was read before does not hide that the file is gone or damaged now."""
    file = write_keys(path, new_key())
    assert ids(file)
    path.write_bytes(b"damaged")
    for _ in range(2):
        with pytest.raises(FailedPrecondition, match="KEY_FILE_INVALID"):
            file.keys()
    path.unlink()
    with pytest.raises(FailedPrecondition, match="KEY_FILE_MISSING"):
        file.keys()


def test_a_folder_is_no_key_file(tmp_path):
    """What cannot be read as a file is said to be so."""
    with pytest.raises(FailedPrecondition, match=r"KEY_FILE_INVALID: .* cannot be read"):
        KeyFile(tmp_path).keys()


@pytest.mark.parametrize(("mode", "exposed"), [(0o600, False), (0o440, False), (0o604, True), (0o602, True)])
def test_a_file_that_everybody_may_open_is_refused(path, mode, exposed):
    """Only the owner and, as in mounted Secrets, a group may have access to the keys."""
    file = write_keys(path, new_key())
    path.chmod(mode)
    if not exposed:
        assert len(file.keys()) == 1
        return
    with pytest.raises(FailedPrecondition, match=r"SECRET_EXPOSED: .*chmod o-rwx"):
        file.keys()


def test_a_key_unwraps_what_it_wrapped_and_nothing_else():
    """A data key comes back for its owner with the key that wrapped it; any change is noticed."""
    owner, data_key, key = new_id(), new_key(), InstallationKey(new_key())
    wrapped = key.wrap(owner, data_key)
    assert key.unwrap(owner, wrapped) == data_key
    assert (wrapped.wrapping_key_id, data_key in wrapped.ciphertext) == (key.id, False)
    altered = key.wrap(owner, data_key)
    altered.ciphertext = altered.ciphertext[:-1] + bytes([altered.ciphertext[-1] ^ 1])
    empty = key.wrap(owner, data_key)
    empty.nonce = b""
    other = InstallationKey(new_key())
    for who, whose, what in (
        (key, new_id(), wrapped),
        (other, owner, wrapped),
        (key, owner, altered),
        (key, owner, empty),
    ):
        with pytest.raises(FailedPrecondition, match="DATA_KEY_DAMAGED"):
            who.unwrap(whose, what)


def test_the_name_of_a_key_is_stable_and_tells_nothing_of_it():
    """Entries that were wrapped today are found tomorrow by the same name, which is not a part of the key."""
    key = InstallationKey(bytes(range(32)))
    assert key.id == "756dc045d1d3ad09"
    assert key.id not in bytes(range(32)).hex()


def test_no_key_is_shown(path, capsys):
    """Neither the file's nor the key's own description, nor the log of reading it, has the key in it."""
    key = new_key()
    file = write_keys(path, key)
    shown = f"{file!r} {file.current()!r} {vars(file.current())!r} {capsys.readouterr().out}"
    assert file.current().id in shown
    assert not [form for form in (key.hex(), base64.b64encode(key).decode(), repr(key)) if form in shown]
