"""The transit engine of HashiCorp Vault, or of OpenBao, as a key management service.

See https://developer.hashicorp.com/vault/api-docs/secret/transit: `encrypt` and `decrypt` with a named key. The policy
of the token needs `update` on these two paths of the key, and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import ssl
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from sightline.chassis.errors import FailedPrecondition, SightlineError, Unavailable
from sightline.chassis.identity.provider import host_of, is_secure

if TYPE_CHECKING:
    from sightline.chassis.settings import KmsSettings

_LARGEST_ANSWER = 1 << 16
_OPEN_TO_THE_WORLD = 0o007
_REFUSED = (401, 403)
_PAUSE = 10.0


class VaultTransit:
    """A Kms. Whoever waits for it waits twice `settings.kms_timeout` seconds at most, also where it answers in drops.

    Where it failed it is not asked again for ten seconds: a key ring that is used all the time would do nothing else.

    Raises FailedPrecondition KMS_INSECURE, KMS_UNSET where the settings are of no use.
    """

    def __init__(self, settings: KmsSettings, pause: float = _PAUSE) -> None:
        if not is_secure(settings.kms_url):
            raise FailedPrecondition(
                "KMS_INSECURE",
                "SIGHTLINE_KMS_URL is no https address (http is for this machine alone): keys would go over the "
                "network as they are.",
            )
        if settings.kms_credentials_file is None:
            raise FailedPrecondition(
                "KMS_UNSET", "SIGHTLINE_KMS_CREDENTIALS_FILE is not set: name the file with the token."
            )
        self._url = f"{settings.kms_url.rstrip('/')}/v1/{settings.kms_mount.strip('/')}"
        self._key = quote(settings.kms_name, safe="")
        self._token_file = settings.kms_credentials_file
        self._ca_file = settings.kms_ca_file
        self._timeout = settings.kms_timeout
        self._pause = pause
        self._known: dict[bytes, bytes] = {}
        self._failure: SightlineError | None = None
        self._failed = 0.0

    def wrap(self, key: bytes) -> bytes:
        """See Kms."""
        answer = self._ask("encrypt", {"plaintext": base64.b64encode(key).decode()})
        line = _text(answer, "ciphertext").encode()
        self._known[line] = key
        return line

    def unwrap(self, line: bytes) -> bytes:
        """See Kms. What was unwrapped once is not asked for again."""
        if line not in self._known:
            answer = self._ask("decrypt", {"ciphertext": line.decode("ascii", "replace")})
            try:
                self._known[line] = base64.b64decode(_text(answer, "plaintext"), validate=True)
            except binascii.Error:
                raise _unusable("gave something else than base64") from None
        return self._known[line]

    def _ask(self, what: str, body: dict[str, str]) -> dict[str, Any]:
        if self._failure is not None and time.monotonic() - self._failed < self._pause:
            raise type(self._failure)(self._failure.reason, self._failure.message)
        try:
            answer = self._answer(f"{self._url}/{what}/{self._key}", body)
        except SightlineError as error:
            self._failure, self._failed = error, time.monotonic()
            raise
        self._failure = None
        return answer

    def _answer(self, address: str, body: dict[str, str]) -> dict[str, Any]:
        # What a library says of a failure may hold the request, so its words go no further.
        try:
            status, content = self._post(address, body)
            data = json.loads(content)["data"] if status == httpx.codes.OK else None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise Unavailable(
                "KMS_UNAVAILABLE",
                f"The key management service at {host_of(address)} does not answer ({type(error).__name__}): keys that "
                "are wrapped by it cannot be read. Is SIGHTLINE_KMS_URL right, and may this host reach it?",
            ) from None
        except (ValueError, KeyError, TypeError):
            raise _unusable("gave no JSON with `data`") from None
        if status in _REFUSED:
            raise FailedPrecondition(
                "KMS_REFUSED",
                f"The key management service refuses the token in {self._token_file}: is it valid still, and does its "
                "policy allow `update` on encrypt and decrypt of the key SIGHTLINE_KMS_NAME?",
            )
        if not isinstance(data, dict):
            raise _unusable(f"answered with status {status}")
        return data

    def _post(self, address: str, body: dict[str, str]) -> tuple[int, bytes]:
        headers = {"x-vault-token": self._token(), "x-vault-request": "true", "accept-encoding": "identity"}
        trusted = ssl.create_default_context(cafile=self._ca_file) if self._ca_file else httpx.create_ssl_context()
        content, deadline = bytearray(), time.monotonic() + self._timeout
        # A proxy of the environment would see the keys; a redirect could lead anywhere.
        with (
            httpx.Client(verify=trusted, trust_env=False, timeout=self._timeout) as client,
            client.stream("POST", address, json=body, headers=headers) as answer,
        ):
            for block in answer.iter_raw():
                content += block
                if time.monotonic() > deadline or len(content) > _LARGEST_ANSWER:
                    raise httpx.ReadTimeout("too slow, or too much")
            return answer.status_code, bytes(content)

    def _token(self) -> str:
        """Read anew each time: whoever renews it restarts nothing."""
        try:
            with self._token_file.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & _OPEN_TO_THE_WORLD:
                    raise FailedPrecondition(
                        "SECRET_EXPOSED",
                        f"Every user of this machine may open {self._token_file}: `chmod o-rwx {self._token_file}`, "
                        "and revoke the token if others may have read it.",
                    )
                return file.read().strip().decode("ascii", "replace")
        except OSError as error:
            raise FailedPrecondition(
                "KMS_UNSET", f"{self._token_file} (SIGHTLINE_KMS_CREDENTIALS_FILE) cannot be read: {error.strerror}."
            ) from error


def _text(answer: dict[str, Any], name: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str):
        raise _unusable(f"gave no `{name}`")
    return found


def _unusable(what: str) -> FailedPrecondition:
    return FailedPrecondition(
        "KMS_ANSWER_UNUSABLE",
        f"The key management service {what}: do SIGHTLINE_KMS_URL, _MOUNT and _NAME name a transit key, and was the "
        "line wrapped by it?",
    )
