"""Calls to the gateway by HTTP: where it is, and what a failed call says to people."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from pydantic_settings import BaseSettings, SettingsConfigDict

from sightline.chassis.errors import (
    FailedPrecondition,
    InvalidInput,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    SightlineError,
    Unauthenticated,
    Unavailable,
)
from sightline.chassis.tls.context import client_context
from sightline.cli.authorities import TrustSettings, authorities
from sightline.cli.client import CALL_SECONDS
from sightline.cli.installation import Installation
from sightline.cli.ports import HOST, choose_ports

STANDARD_PORT = 7610
_NAME = "gateway"
_ERRORS: dict[int, type[SightlineError]] = {
    HTTPStatus.UNAUTHORIZED: Unauthenticated,
    HTTPStatus.FORBIDDEN: PermissionDenied,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: FailedPrecondition,
    HTTPStatus.TOO_MANY_REQUESTS: ResourceExhausted,
    HTTPStatus.SERVICE_UNAVAILABLE: Unavailable,
}


class GatewaySettings(BaseSettings):
    """What the environment says."""

    model_config = SettingsConfigDict(env_prefix="SIGHTLINE_", env_ignore_empty=True, frozen=True, extra="ignore")

    gateway_url: str = ""


def gateway_url(state: Path) -> str:
    """Give where the gateway is: SIGHTLINE_GATEWAY_URL, or that of the system that runs in the state folder.

    Raises:
        InvalidInput: GATEWAY_URL_INVALID.
    """
    named = GatewaySettings().gateway_url.rstrip("/")
    if named:
        if named.startswith("http://") and TrustSettings().tls == "off":
            return named
        if not named.startswith("https://"):
            raise InvalidInput("GATEWAY_URL_INVALID", "SIGHTLINE_GATEWAY_URL must be https://HOST:PORT")
        return named
    ports = (Installation(state).running() or choose_ports(None)).services.get(_NAME)
    return f"https://{HOST}:{ports.grpc if ports else STANDARD_PORT}"


def ask_gateway(state: Path, bearer: str, method: str, path: str, content: dict[str, Any] | None = None) -> Any:
    """Make a call and give the JSON of the answer; None where it has none.

    Raises:
        SightlineError: what the gateway answered, or that it did not.
    """
    url, file = gateway_url(state), authorities(state, elsewhere=bool(GatewaySettings().gateway_url))
    # A certificate of the installation's own authority bears the service's name, whatever the address is.
    extensions = {"sni_hostname": _NAME} if file and url.startswith("https://") else {}
    try:
        with httpx.Client(verify=client_context(file), timeout=CALL_SECONDS, trust_env=False) as client:
            answer = client.request(
                method,
                f"{url}{path}",
                json=content,
                headers={"authorization": f"Bearer {bearer}"},
                extensions=extensions,
            )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(
            "GATEWAY_UNAVAILABLE",
            f"nothing that can be trusted answers as the gateway at {url} ({type(error).__name__}); start a system "
            "with `sightline up`, or name another with SIGHTLINE_GATEWAY_URL and its authority with SIGHTLINE_CA",
        ) from error
    if answer.is_error:
        raise _told(answer)
    return answer.json() if answer.content else None


def _told(answer: httpx.Response) -> SightlineError:
    try:
        problem = answer.json()
        reason, detail = str(problem["reason"]), str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        reason, detail = "GATEWAY_ANSWER", f"what answers is no gateway of this release: HTTP {answer.status_code}"
    return _ERRORS.get(answer.status_code, InvalidInput)(reason, detail)
