"""Signing in at an identity provider from a terminal: the OAuth device authorization grant (RFC 8628)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import httpx
import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sightline.chassis.errors import FailedPrecondition, SightlineError, Unavailable
from sightline.chassis.identity.provider import (
    LARGEST_ANSWER,
    Provider,
    discovery_address,
    host_of,
    is_loopback,
    is_secure,
    read_object,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GRANT_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SLOWER_SECONDS = 5.0
"""RFC 8628, 3.5: by so much the interval grows when the provider asks for it, or does not answer."""
ANSWER_SECONDS = 15.0


class DeviceCode(BaseModel):
    """What the provider gives to a device that asks to be let in (RFC 8628, 3.2)."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    device_code: str = Field(repr=False, min_length=1)
    user_code: str = Field(min_length=1)
    verification_uri: str
    verification_uri_complete: str = ""
    expires_in: float
    interval: float = Field(5.0, ge=0.0, le=300.0)

    @field_validator("user_code", "verification_uri", "verification_uri_complete")
    @classmethod
    def _is_printable(cls, value: str) -> str:
        # It goes to a terminal, which obeys control characters.
        if not value.isprintable():
            raise ValueError("control characters")
        return value

    @field_validator("verification_uri", "verification_uri_complete")
    @classmethod
    def _is_secure(cls, value: str) -> str:
        if value and not is_secure(value):
            raise ValueError("not https")
        return value


@dataclass(frozen=True)
class SignedIn:
    """What a sign-in gave.

    Attributes:
        token: what services are shown.
        refresh_token: what a new token is had with; empty where the provider gives none.
        expires: end of the token in seconds since 1970; None: the provider does not say.
    """

    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires: float | None


class OidcClient:
    """The command as a client of an identity provider; it has no secret of its own.

    Args:
        use_id_token: services are shown the ID token, for providers whose access tokens only they can read.
        sleep: waits for some seconds.
    """

    def __init__(
        self, issuer: str, client_id: str, *, use_id_token: bool = False, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        if not is_secure(issuer):
            raise FailedPrecondition("OIDC_ISSUER_INSECURE", "the issuer is no https address; give its https address.")
        self._issuer = issuer
        self._client_id = client_id
        self._use_id_token = use_id_token
        self._sleep = sleep
        self._host = host_of(issuer)
        self._provider: Provider | None = None

    def ask_device_code(self, scope: str, audience: str = "") -> DeviceCode:
        """Asks to be let in.

        Raises:
            FailedPrecondition: OIDC_PROVIDER_INVALID, LOGIN_FAILED.
            Unavailable: OIDC_PROVIDER_UNAVAILABLE.
        """
        form = {"client_id": self._client_id, "scope": scope} | ({"audience": audience} if audience else {})
        status, answer = self._post("device_authorization_endpoint", form)
        if status != httpx.codes.OK:
            raise _failed(self._host, answer)
        try:
            return DeviceCode.model_validate(answer)
        except ValidationError as error:
            wrong = ", ".join(str(each["loc"][0]) for each in error.errors(include_input=False))
            message = f"the identity provider at {self._host} gives no usable device code ({wrong})."
            raise FailedPrecondition("OIDC_PROVIDER_INVALID", message) from None

    def wait(self, code: DeviceCode) -> SignedIn:
        """Waits until somebody has let the device in.

        Raises:
            FailedPrecondition: LOGIN_DENIED, LOGIN_TIMED_OUT, LOGIN_FAILED, LOGIN_TOKEN_MISSING, LOGIN_TOKEN_OPAQUE.
            Unavailable: OIDC_PROVIDER_UNAVAILABLE, where it was so at the end of the time.
        """
        form = {"grant_type": GRANT_DEVICE, "device_code": code.device_code, "client_id": self._client_id}
        interval, deadline = max(code.interval, 1.0), time.monotonic() + code.expires_in
        problem: SightlineError = _timed_out()
        while time.monotonic() < deadline:
            self._sleep(interval)
            try:
                status, answer = self._post("token_endpoint", form)
            except Unavailable as error:
                # The person is at the provider's page meanwhile: it may well be back in a moment.
                problem, status, answer = error, httpx.codes.BAD_REQUEST, {"error": "slow_down"}
            else:
                problem = _timed_out()
            if status == httpx.codes.OK:
                return self._signed_in(answer)
            if answer.get("error") == "slow_down":
                interval += SLOWER_SECONDS
            elif answer.get("error") != "authorization_pending":
                raise _ended(self._host, answer)
        raise problem

    def renew(self, refresh_token: str) -> SignedIn:
        """A new token without a person.

        Raises:
            FailedPrecondition: LOGIN_EXPIRED where the provider refuses.
            Unavailable: OIDC_PROVIDER_UNAVAILABLE.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": self._client_id}
        status, answer = self._post("token_endpoint", form)
        if status != httpx.codes.OK:
            raise login_expired()
        try:
            renewed = self._signed_in(answer)
        except FailedPrecondition as error:
            raise login_expired() from error
        # A provider that gives no new one means the old one to be kept.
        return replace(renewed, refresh_token=renewed.refresh_token or refresh_token)

    def _signed_in(self, answer: Mapping[str, object]) -> SignedIn:
        name = "id_token" if self._use_id_token else "access_token"
        token, refresh_token, lifetime = answer.get(name), answer.get("refresh_token"), answer.get("expires_in")
        if not isinstance(token, str):
            message = f"the identity provider at {self._host} gives no {name}; ask for it with --scope."
            raise FailedPrecondition("LOGIN_TOKEN_MISSING", message)
        expires = _expiry(token)
        if not self._use_id_token and isinstance(lifetime, int | float):
            # Of the access token, and without doubt whose clock is right.
            expires = time.time() + lifetime
        return SignedIn(token, refresh_token if isinstance(refresh_token, str) else "", expires)

    def _post(self, endpoint: str, form: Mapping[str, str]) -> tuple[int, Mapping[str, object]]:
        with httpx.Client(timeout=ANSWER_SECONDS, trust_env=not is_loopback(self._issuer)) as http:
            if self._provider is None:
                status, body = self._read(http, "GET", discovery_address(self._issuer))
                if status != httpx.codes.OK:
                    raise _unavailable(self._host, f"status {status}")
                self._provider = Provider.read(self._issuer, body)
            status, body = self._read(http, "POST", self._provider.address(endpoint), form)
        return status, read_object(body, self._host)

    def _read(
        self, http: httpx.Client, method: str, address: str, form: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        try:
            with http.stream(method, address, data=form, headers=headers) as answer:
                if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                    raise _unavailable(self._host, f"status {answer.status_code}")
                body = bytearray()
                for block in answer.iter_raw():
                    body += block
                    if len(body) > LARGEST_ANSWER:
                        raise _unavailable(self._host, f"more than {LARGEST_ANSWER:,} bytes")
                return answer.status_code, bytes(body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unavailable(self._host, type(error).__name__) from error


def login_expired() -> FailedPrecondition:
    """What to say to whoever has to sign in anew."""
    return FailedPrecondition("LOGIN_EXPIRED", "your sign-in has ended; run `sightline login`.")


def _expiry(token: str) -> float | None:
    """When the token says that it ends. Only its services can check it; whether it is one can be seen here."""
    try:
        expires = jwt.decode(token, options={"verify_signature": False}).get("exp")
    except jwt.PyJWTError as error:
        message = "the provider's token is no JWT; sign in with --use-id-token, or ask for an --audience or --scope."
        raise FailedPrecondition("LOGIN_TOKEN_OPAQUE", message) from error
    return float(expires) if isinstance(expires, int | float) else None


def _timed_out() -> FailedPrecondition:
    return FailedPrecondition("LOGIN_TIMED_OUT", "nobody entered the code in time; run `sightline login` again.")


def _ended(host: str, answer: Mapping[str, object]) -> FailedPrecondition:
    match answer.get("error"):
        case "expired_token":
            return _timed_out()
        case "access_denied":
            return FailedPrecondition("LOGIN_DENIED", "the sign-in was refused at the identity provider.")
    return _failed(host, answer)


def _failed(host: str, answer: Mapping[str, object]) -> FailedPrecondition:
    # Only codes as RFC 6749 has them: free text of a provider does not go to a terminal.
    code = str(answer.get("error", ""))
    said = code if code.replace("_", "").isalnum() and code.isascii() else "no reason given"
    return FailedPrecondition(
        "LOGIN_FAILED", f"the identity provider at {host} refuses ({said}); check --client-id and --scope."
    )


def _unavailable(host: str, what: str) -> Unavailable:
    return Unavailable("OIDC_PROVIDER_UNAVAILABLE", f"the identity provider at {host} cannot be used ({what}).")
