"""Where the command finds what it shows to services, and where it keeps it."""

import threading
import time

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import PasswordDeleteError
from oidc_issuer import CLIENT, Issuer

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.chassis.identity.api_key import new_key
from sightline.cli.credential_stores import FileStore, KeyringStore
from sightline.cli.credentials import CredentialSettings, CredentialStores, StoredKey, StoredSession, bearer


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    """A user who has nothing yet, and no keyring."""
    for name in ("SIGHTLINE_API_KEY", "SIGHTLINE_API_KEY_FILE", "SIGHTLINE_CREDENTIALS_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    usual = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield monkeypatch
    keyring.set_keyring(usual)


class MemoryKeyring(KeyringBackend):
    """A desktop's keyring that forgets with the test; never chosen by itself."""

    priority = 5
    viable = False
    name = "in memory"

    def __init__(self):
        super().__init__()
        self.kept, self.opened = {}, threading.Event()
        self.opened.set()
        self.problem = None

    def get_password(self, service, username):
        self._open()
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self._open()
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError

    def _open(self):
        self.opened.wait(30)
        if self.problem is not None:
            raise self.problem


@pytest.fixture
def desktop():
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    backend.opened.set()


@pytest.fixture
def issuer():
    with Issuer() as provider:
        yield provider


def stores():
    return CredentialStores(CredentialSettings.read())


def credentials_file():
    return CredentialSettings.read().file


def test_whoever_has_nothing_is_told_what_to_do():
    """The three ways to be somebody."""
    with pytest.raises(
        FailedPrecondition, match=r"CREDENTIALS_MISSING.*login.*SIGHTLINE_API_KEY.*SIGHTLINE_API_KEY_FILE"
    ):
        bearer()


def test_the_environment_goes_first(tmp_path, surroundings):
    """A key in the environment, then one in a file that it names, then what was kept."""
    kept, in_file, in_environment = (new_key().text for _ in range(3))
    stores().save(StoredKey(key=kept))
    assert bearer() == kept
    file = tmp_path / "key"
    file.write_text(f"{in_file}\n")
    file.chmod(0o600)
    surroundings.setenv("SIGHTLINE_API_KEY_FILE", str(file))
    assert bearer() == in_file
    surroundings.setenv("SIGHTLINE_API_KEY", f" {in_environment}\n")
    assert bearer() == in_environment
    surroundings.setenv("SIGHTLINE_API_KEY", "")
    assert bearer() == in_file


def test_a_mistyped_key_is_named_by_its_place(tmp_path, surroundings):
    """A letter that is wrong is found before any service is asked; the key itself is not repeated."""
    text = new_key().text
    typo = text[:-1] + ("a" if text[-1] != "a" else "b")
    file = tmp_path / "key"
    file.write_text(typo)
    file.chmod(0o600)
    for name, value, place in [
        ("SIGHTLINE_API_KEY_FILE", str(file), str(file)),
        ("SIGHTLINE_API_KEY", typo, "SIGHTLINE_API_KEY"),
    ]:
        surroundings.setenv(name, value)
        with pytest.raises(FailedPrecondition, match="CREDENTIALS_INVALID") as refusal:
            bearer()
        assert place in refusal.value.message
        assert typo[4:30] not in refusal.value.message


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o777])
def test_a_key_file_that_everybody_can_read_is_refused(tmp_path, surroundings, mode):
    """It says how to close it; the group may read it, as it may the secrets that Kubernetes mounts."""
    file = tmp_path / "key"
    file.write_text(new_key().text)
    file.chmod(mode)
    surroundings.setenv("SIGHTLINE_API_KEY_FILE", str(file))
    with pytest.raises(FailedPrecondition, match=r"CREDENTIALS_EXPOSED.*chmod 600"):
        bearer()
    file.chmod(0o440)
    assert bearer() == file.read_text()


def test_a_key_file_that_is_not_there_is_named(tmp_path, surroundings):
    """What was kept does not step in for a file that was named."""
    stores().save(StoredKey(key=new_key().text))
    for path in (tmp_path / "none", tmp_path):
        surroundings.setenv("SIGHTLINE_API_KEY_FILE", str(path))
        with pytest.raises(FailedPrecondition, match=r"CREDENTIALS_MISSING.*SIGHTLINE_API_KEY_FILE"):
            bearer()


def test_the_file_is_private_and_whole():
    """Folder 0700, file 0600, whatever the umask; nothing else is left beside it."""
    for _ in range(2):
        place = stores().save(StoredKey(key=new_key().text))
    file = credentials_file()
    assert str(file) in place
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_an_opened_file_is_refused():
    """Others may have read it, or changed it."""
    stores().save(StoredKey(key=new_key().text))
    credentials_file().chmod(0o640)
    with pytest.raises(FailedPrecondition, match=r"CREDENTIALS_EXPOSED.*chmod 600"):
        bearer()


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"kind": "password", "key": "hidden"}', b'{"kind": "api-key"}', b"\xff"]
)
def test_a_damaged_file_asks_for_a_sign_in(content):
    """Without repeating what is in it, which may be half a key."""
    file = credentials_file()
    FileStore(file).write("")
    file.write_bytes(content)
    with pytest.raises(FailedPrecondition) as refusal:
        bearer()
    assert refusal.value.reason in {"CREDENTIALS_INVALID", "CREDENTIALS_UNREADABLE"}
    assert refusal.value.__cause__ is None or content == b"\xff"
    assert "hidden" not in str(refusal.value)


def test_a_relative_config_folder_does_not_count(surroundings, tmp_path):
    """As the XDG rules have it: credentials do not end up in whatever folder the command is run in."""
    surroundings.setenv("HOME", str(tmp_path))
    surroundings.setenv("XDG_CONFIG_HOME", "config")
    assert credentials_file() == tmp_path / ".config" / "sightline" / "credentials.json"


def test_an_unknown_store_is_refused(surroundings):
    """A typo must not put a key where its owner did not want it."""
    surroundings.setenv("SIGHTLINE_CREDENTIALS_STORE", "flie")
    with pytest.raises(InvalidInput, match="CREDENTIALS_STORE_UNKNOWN"):
        bearer()


def test_a_keyring_is_preferred(desktop):
    """With one there is no file, and an older file is gone."""
    file = credentials_file()
    FileStore(file).write(StoredKey(key=new_key().text).model_dump_json())
    key = new_key().text
    assert stores().save(StoredKey(key=key)) == "the keyring (in memory)"
    assert not file.exists()
    assert bearer() == key
    assert stores().clear()
    assert not stores().clear()
    assert not desktop.kept


def test_the_keyring_can_be_left_out(desktop, surroundings):
    """SIGHTLINE_CREDENTIALS_STORE=file neither writes nor reads it."""
    stores().save(StoredKey(key=new_key().text))
    surroundings.setenv("SIGHTLINE_CREDENTIALS_STORE", "file")
    with pytest.raises(FailedPrecondition, match="CREDENTIALS_MISSING"):
        bearer()
    key = new_key().text
    assert str(credentials_file()) in stores().save(StoredKey(key=key))
    assert bearer() == key


def test_a_keyring_that_refuses_leaves_the_file(desktop):
    """A locked keyring at sign-in: the file takes it, and is found again."""
    desktop.problem = RuntimeError("locked")
    key = new_key().text
    assert str(credentials_file()) in stores().save(StoredKey(key=key))
    assert bearer() == key


def test_a_keyring_that_fails_later_is_named(desktop):
    """What is in it cannot be had: the error says how to do without it."""
    stores().save(StoredKey(key=new_key().text))
    desktop.problem = RuntimeError("locked")
    with pytest.raises(FailedPrecondition, match=r"KEYRING_UNUSABLE.*SIGHTLINE_CREDENTIALS_STORE=file"):
        bearer()


def test_a_keyring_that_waits_for_nobody_is_given_up(desktop):
    """On a machine without a screen nobody sees its prompt: the command does not wait for ever."""
    desktop.opened.clear()
    with pytest.raises(FailedPrecondition, match=r"KEYRING_LOCKED.*SIGHTLINE_CREDENTIALS_STORE=file"):
        KeyringStore(desktop, seconds=0.1).read()


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring])
def test_a_keyring_that_keeps_nothing_is_none(backend):
    """The library's own stand-ins do not swallow credentials."""
    keyring.set_keyring(backend())
    assert str(credentials_file()) in stores().save(StoredKey(key=new_key().text))


def test_a_token_in_the_keyring_is_renewed_there(issuer, desktop):
    """It does not come out of it."""
    tokens = issuer._tokens()  # as if somebody had signed in
    token, refresh_token = tokens["access_token"], tokens["refresh_token"]
    ended = StoredSession(
        issuer=issuer.url, client_id=CLIENT, token=token, refresh_token=refresh_token, expires=time.time() - 1
    )
    stores().save(ended)
    renewed = bearer()
    assert renewed in next(iter(desktop.kept.values()))
    assert not credentials_file().exists()
