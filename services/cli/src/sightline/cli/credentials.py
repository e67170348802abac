"""What the command shows to services: a key from the environment, or what `sightline login` has kept."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.chassis.identity import api_key
from sightline.cli.credential_stores import CredentialStore, FileStore, find_keyring, refuse_exposed
from sightline.cli.device_flow import OidcClient, login_expired

if TYPE_CHECKING:
    from collections.abc import Iterator

SPARE_SECONDS = 30.0
"""A token is renewed so long before its end, that it may still be good when it arrives."""


class CredentialSettings(BaseSettings):
    """What the environment says."""

    model_config = SettingsConfigDict(
        env_prefix="SIGHTLINE_", env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    api_key: SecretStr = SecretStr("")
    api_key_file: Path | None = None
    credentials_store: Literal["auto", "file"] = "auto"
    """`auto`: the keyring where there is one; `file`: never."""
    config_home: Path = Field(default=Path(), validation_alias="XDG_CONFIG_HOME")

    @classmethod
    def read(cls) -> CredentialSettings:
        """From the process's environment. Raises InvalidInput CREDENTIALS_STORE_UNKNOWN."""
        try:
            return cls()
        except ValidationError as error:
            message = "SIGHTLINE_CREDENTIALS_STORE is `auto` or `file`."
            raise InvalidInput("CREDENTIALS_STORE_UNKNOWN", message) from error

    @property
    def file(self) -> Path:
        """The file of those who have no keyring. A relative XDG_CONFIG_HOME does not count, as its rules say."""
        folder = self.config_home if self.config_home.is_absolute() else Path.home() / ".config"
        return folder / "sightline" / "credentials.json"


class StoredKey(BaseModel):
    """An API key."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: Literal["api-key"] = "api-key"
    key: str = Field(repr=False)


class StoredSession(BaseModel):
    """A sign-in at an identity provider, and what it takes to renew it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kind: Literal["oidc"] = "oidc"
    issuer: str
    client_id: str
    use_id_token: bool = False
    token: str = Field(repr=False)
    refresh_token: str = Field("", repr=False)
    expires: float | None = None

    def is_fresh(self) -> bool:
        """Whether the token can be shown as it is."""
        return self.expires is None or self.expires - SPARE_SECONDS > time.time()

    def renewed(self) -> StoredSession:
        """With a new token of the provider. Raises as `OidcClient.renew`."""
        if not self.refresh_token:
            raise login_expired()
        client = OidcClient(self.issuer, self.client_id, use_id_token=self.use_id_token)
        return self.model_copy(update=vars(client.renew(self.refresh_token)))


Stored = Annotated[StoredKey | StoredSession, Field(discriminator="kind")]
_STORED: TypeAdapter[StoredKey | StoredSession] = TypeAdapter(Stored)


class CredentialStores:
    """Both places in which credentials may be.

    The file goes first: there is one only where the last sign-in found no keyring, and looking is cheap.
    """

    def __init__(self, settings: CredentialSettings) -> None:
        self._has_keyring = settings.credentials_store != "file"
        self._file = FileStore(settings.file)

    def load(self) -> tuple[StoredKey | StoredSession, CredentialStore] | None:
        """What is kept, and where; None where nothing is.

        Raises:
            FailedPrecondition: CREDENTIALS_INVALID, and as the stores.
        """
        for store in self._all():
            if (text := store.read()) is not None:
                return _parse(text, store), store
        return None

    def save(self, stored: StoredKey | StoredSession) -> str:
        """Keeps it instead of what was there, and gives the place. Raises as the stores."""
        text = stored.model_dump_json()
        keyring = find_keyring() if self._has_keyring else None
        if keyring is not None:
            try:
                keyring.write(text)
            except FailedPrecondition:
                pass  # a keyring that does not open now: the file is what is left
            else:
                self._file.remove()
                return keyring.place
        self._file.write(text)
        return self._file.place

    def clear(self) -> bool:
        """Forgets everything; whether there was anything."""
        were_there = [store.remove() for store in self._all()]
        return any(were_there)

    def bearer(self) -> str | None:
        """The text to show, renewed where that is due; None where nothing is kept.

        Raises:
            FailedPrecondition: LOGIN_EXPIRED, CREDENTIALS_INVALID, and as the stores.
            Unavailable: OIDC_PROVIDER_UNAVAILABLE.
        """
        found = self.load()
        if found is None:
            return None
        if text := _text(found[0]):
            return text
        # One at a time: a refresh token works once, and a provider that sees it twice ends the session.
        with self._file.locked():
            stored, store = self.load() or found
            if isinstance(stored, StoredKey) or stored.is_fresh():
                return _text(stored)
            stored = stored.renewed()
            store.write(stored.model_dump_json())
            return stored.token

    def _all(self) -> Iterator[CredentialStore]:
        yield self._file
        if self._has_keyring and (keyring := find_keyring()) is not None:
            yield keyring


def bearer() -> str:
    """The credential that services are shown, without the word "Bearer".

    It is the key in SIGHTLINE_API_KEY, or in the file that SIGHTLINE_API_KEY_FILE names, or what `sightline login`
    has kept; that is renewed where it is due.

    Raises:
        FailedPrecondition: CREDENTIALS_MISSING, CREDENTIALS_INVALID, CREDENTIALS_EXPOSED, LOGIN_EXPIRED.
        Unavailable: OIDC_PROVIDER_UNAVAILABLE.
    """
    settings = CredentialSettings.read()
    text = _key_of_environment(settings) or CredentialStores(settings).bearer()
    if text is None:
        raise FailedPrecondition(
            "CREDENTIALS_MISSING",
            "nobody is signed in; run `sightline login`, or set SIGHTLINE_API_KEY or SIGHTLINE_API_KEY_FILE.",
        )
    return text


def _key_of_environment(settings: CredentialSettings) -> str:
    if key := settings.api_key.get_secret_value():
        return checked_key(key, "SIGHTLINE_API_KEY")
    path = settings.api_key_file
    return checked_key(_read_key_file(path), str(path)) if path else ""


def checked_key(text: str, where: str) -> str:
    """The key without the white space around it. Raises FailedPrecondition CREDENTIALS_INVALID for a typo."""
    key = text.strip()
    if api_key.parse(key) is None:
        message = f"{where} has no API key, or one that was cut or mistyped; copy it again."
        raise FailedPrecondition("CREDENTIALS_INVALID", message)
    return key


def _read_key_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            # The group may: Kubernetes mounts secrets so.
            refuse_exposed(path, os.fstat(file.fileno()).st_mode, stat.S_IRWXO)
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}, which SIGHTLINE_API_KEY_FILE names, cannot be read; write an API key to it, mode 0600."
        raise FailedPrecondition("CREDENTIALS_MISSING", message) from error


def _parse(text: str, store: CredentialStore) -> StoredKey | StoredSession:
    try:
        return _STORED.validate_json(text)
    except ValidationError:
        # Without its cause, which has seen the credentials.
        message = f"the credentials in {store.place} cannot be used; run `sightline login`."
        raise FailedPrecondition("CREDENTIALS_INVALID", message) from None


def _text(stored: StoredKey | StoredSession) -> str | None:
    """What can be shown as it is; None where it has to be renewed."""
    if isinstance(stored, StoredKey):
        return stored.key
    return stored.token if stored.is_fresh() else None
