"""Keys that a key management service wraps; the service is a server on this machine that does what Vault does."""

from __future__ import annotations

import base64
import time
from types import SimpleNamespace

import pytest
from key_files import new_key, write_keys
from transit_engine import running_transit
from typer.testing import CliRunner

from sightline.chassis import vault_transit
from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.chassis.installation_key import InstallationKey
from sightline.chassis.installation_keys import GivenKeys
from sightline.chassis.key_file import KeyFile
from sightline.chassis.kms import open_kms
from sightline.chassis.settings import KmsSettings
from sightline.chassis.vault_transit import VaultTransit
from sightline.cli.keyring import app
from sightline.match.key_sources import open_keys
from sightline.match.settings import MatchSettings


@pytest.fixture
def transit():
    with running_transit() as running:
        yield running


@pytest.fixture
def settings(transit, tmp_path):
    """Settings that name it, with its token in a file."""
    token = tmp_path / "kms.token"
    token.touch(mode=0o600)
    token.write_text(transit.token + "\n")
    return KmsSettings(kms_url=transit.url, kms_credentials_file=token, kms_timeout=10.0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "installation.key"


def wrapped_file(path, kms, *keys):
    """A file of keys that the service wrapped."""
    path.touch(mode=0o600)
    path.write_bytes(b"\n".join(kms.wrap(key) for key in keys) + b"\n")
    return path


def test_a_wrapped_file_gives_its_keys_and_asks_once(transit, settings, path):
    """Keys are those that were wrapped; each line is asked for once, and the file has none of them as they are."""
    first, second = new_key(), new_key()
    wrapped_file(path, VaultTransit(settings), first, second)
    transit.asked.clear()
    file = KeyFile(path, kms=VaultTransit(settings))
    for _ in range(3):
        assert [key.id for key in file.keys()] == [InstallationKey(first).id, InstallationKey(second).id]  # noqa: SIM118
    assert transit.asked == ["/v1/transit/decrypt/sightline"] * 2
    assert base64.b64encode(first) not in path.read_bytes()
    assert path.read_bytes().startswith(b"vault:v1:")


def test_while_the_service_is_away_what_is_known_is_used(transit, settings, path):
    """A running process needs it no more, also where its file was touched; one that starts says KMS_UNAVAILABLE."""
    kms, key = VaultTransit(settings), new_key()
    file = KeyFile(wrapped_file(path, kms, key), kms=kms)
    transit.raw = b"gone"
    path.touch()
    assert file.current().id == InstallationKey(key).id
    with pytest.raises(FailedPrecondition, match="KMS_ANSWER_UNUSABLE"):
        KeyFile(path, kms=VaultTransit(settings)).keys()
    nowhere = settings.model_copy(update={"kms_url": "http://127.0.0.1:9"})
    with pytest.raises(Unavailable, match=r"KMS_UNAVAILABLE: .*SIGHTLINE_KMS_URL"):
        KeyFile(path, kms=VaultTransit(nowhere)).keys()


def test_a_service_that_answers_in_drops_holds_nobody_up(transit, settings, path, monkeypatch):
    """A call ends with its time, and after a failure the next ones fail at once until the pause is over."""
    wrapped_file(path, VaultTransit(settings), new_key())
    transit.drops = 0.2
    kms = VaultTransit(settings.model_copy(update={"kms_timeout": 1.0}), pause=600.0)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="KMS_UNAVAILABLE"):
        KeyFile(path, kms=kms).keys()
    assert time.monotonic() - began < 20.0, "a fraction of what the answer takes"
    asked = len(transit.asked)
    with pytest.raises(Unavailable, match="KMS_UNAVAILABLE"):
        KeyFile(path, kms=kms).keys()
    assert len(transit.asked) == asked
    transit.drops = 0.0
    monkeypatch.setattr(vault_transit, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + 600.0))
    assert KeyFile(path, kms=kms).keys()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kms_url": "http://vault.example:8200"}, "KMS_INSECURE"),
        ({"kms_credentials_file": None}, "KMS_UNSET: .*SIGHTLINE_KMS_CREDENTIALS_FILE"),
        ({"kms_name": "another"}, "KMS_ANSWER_UNUSABLE: .*status 404"),
        ({"kms_name": "../../sys/seal"}, "KMS_ANSWER_UNUSABLE: .*status 404"),
    ],
)
def test_wrong_settings_are_named(settings, path, change, reason):
    """Each says which setting it is; and the key's name leads to no other path of the service."""
    wrapped_file(path, VaultTransit(settings), new_key())
    with pytest.raises(FailedPrecondition, match=reason):
        KeyFile(path, kms=VaultTransit(settings.model_copy(update=change))).keys()


def test_a_wrong_or_exposed_token_is_named_and_not_repeated(transit, settings, path):
    """A refused token, a missing file and one that everybody may open: the file is named, its content is not."""
    wrapped_file(path, VaultTransit(settings), new_key())
    settings.kms_credentials_file.write_text("another token")
    with pytest.raises(FailedPrecondition, match=r"KMS_REFUSED: .*kms\.token") as refusal:
        KeyFile(path, kms=VaultTransit(settings)).keys()
    assert "another token" not in str(refusal.value)
    settings.kms_credentials_file.chmod(0o604)
    with pytest.raises(FailedPrecondition, match="SECRET_EXPOSED"):
        KeyFile(path, kms=VaultTransit(settings)).keys()
    settings.kms_credentials_file.unlink()
    with pytest.raises(FailedPrecondition, match=r"KMS_UNSET: .*kms\.token"):
        KeyFile(path, kms=VaultTransit(settings)).keys()


def test_a_line_of_another_services_is_refused(transit, settings, path):
    """What was altered, or wrapped elsewhere, unwraps to nothing; without a service the setting is named."""
    line = VaultTransit(settings).wrap(new_key())
    transit.keys.clear()
    transit.rotate()
    path.touch(mode=0o600)
    path.write_bytes(line)
    with pytest.raises(FailedPrecondition, match=r"KMS_ANSWER_UNUSABLE: .*status 400"):
        KeyFile(path, kms=VaultTransit(settings)).keys()
    with pytest.raises(FailedPrecondition, match=r"KMS_UNSET: .*SIGHTLINE_KMS_URL"):
        KeyFile(path).keys()
    assert open_kms(KmsSettings()) is None


def test_commands_wrap_a_file_anew_and_back(transit, settings, path):
    """`wrap`, `add` and `unwrap` keep the keys: wrapped, wrapped by the service's next version, and as they are."""
    key = new_key()
    write_keys(path, key)
    environment = {
        "SIGHTLINE_KMS_URL": transit.url,
        "SIGHTLINE_KMS_CREDENTIALS_FILE": str(settings.kms_credentials_file),
    }

    def run(command: str, **env: str) -> str:
        result = CliRunner().invoke(app, [command, str(path)], env=env or environment)
        return str(result.exception) if result.exception else result.stdout

    assert run("wrap", SIGHTLINE_KMS_URL="").startswith("KMS_UNSET")
    assert "1 keys" in run("wrap")
    assert path.read_bytes().startswith(b"vault:v1:")
    transit.rotate()
    run("add")
    new, old = path.read_bytes().split()
    assert (new[:9], old[:9]) == (b"vault:v2:", b"vault:v1:")
    run("wrap")
    assert [line[:9] for line in path.read_bytes().split()] == [b"vault:v2:"] * 2
    run("unwrap")
    assert [each.id for each in KeyFile(path).keys()][1] == InstallationKey(key).id  # noqa: SIM118 - no dict
    assert path.stat().st_mode & 0o777 == 0o600


def test_keys_come_from_the_environment(transit, settings, tmp_path):
    """A variable of several keys is read in order, wrapped ones too, and what is wrong is said by its name."""
    first, second = new_key(), new_key()
    text = f"{base64.b64encode(first).decode()} {VaultTransit(settings).wrap(second).decode()}"
    keys = GivenKeys(text, "SIGHTLINE_INSTALLATION_KEY", VaultTransit(settings))
    assert keys.current().id == InstallationKey(first).id
    assert keys.named(InstallationKey(second).id).secret() == second
    with pytest.raises(FailedPrecondition, match=r"INSTALLATION_KEY_WRONG: .*SIGHTLINE_INSTALLATION_KEY"):
        keys.named(InstallationKey(new_key()).id)
    with pytest.raises(FailedPrecondition, match="KEYS_INVALID: SIGHTLINE_X") as refusal:
        GivenKeys("c2hvcnQ=", "SIGHTLINE_X", None).keys()
    assert "c2hv" not in str(refusal.value)
    write_keys(tmp_path / "rotation.key", second)
    given = base64.b64encode(first).decode()
    wrapping, turning = open_keys(MatchSettings(secrets_dir=tmp_path, installation_key=given))
    assert (wrapping.current().secret(), turning.current().secret()) == (first, second)
    assert given not in repr(MatchSettings(installation_key=given))
