from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from sightline.chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """A service with a port of its own."""

    service = "test"
    grpc_port: int = 7110


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """Nothing of the machine's own settings."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SIGHTLINE_{name.upper()}", raising=False)


def test_the_environment_decides(monkeypatch):
    """Every field is SIGHTLINE_ and its name in upper case."""
    monkeypatch.setenv("SIGHTLINE_GRPC_PORT", "9000")
    monkeypatch.setenv("SIGHTLINE_STATE_DIR", "/var/lib/sightline")
    settings = Settings()
    assert (settings.grpc_port, settings.state_dir) == (9000, Path("/var/lib/sightline"))


def test_nothing_set_is_safe():
    """Without settings it listens on this machine only, trusts no identity provider and wants a broker that syncs."""
    settings = Settings()
    assert (settings.bind, settings.durability, settings.grpc_port) == ("127.0.0.1", "strict", 7110)
    assert (settings.oidc_issuer, settings.oidc_rights) == ("", "{}")


def test_settings_do_not_change():
    """Once built they are frozen: nothing changes them behind anybody's back."""
    with pytest.raises(ValidationError, match="frozen"):
        Settings().grpc_port = 1


@pytest.mark.parametrize(
    ("name", "value"), [("DURABILITY", "maybe"), ("LOG_LEVEL", "loud"), ("GRPC_PORT", "http"), ("LOG_FORMAT", "xml")]
)
def test_nonsense_is_refused(monkeypatch, name, value):
    """A value that means nothing is an error at start, not a default."""
    monkeypatch.setenv(f"SIGHTLINE_{name}", value)
    with pytest.raises(ValidationError):
        Settings()
