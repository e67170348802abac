"""E-mail and chat, by apprise: an extra, and only for the services that the administrator named.

apprise connects where its URL says, by itself: its connections are not pinned as a webhook's are. So a kind of service
whose URL may name any host (`json`, `mailto` with a server of one's own) is for the administrator to allow.
"""

from __future__ import annotations

import asyncio
import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.notify.sending import Sent

if TYPE_CHECKING:
    from collections.abc import Collection

    from sightline.notify.sending import Outgoing

SECONDS = 30.0


class AppriseSender:
    """Sends by apprise.

    Args:
        services: what may stand before the colon of a URL, such as `mailtos`.
    """

    def __init__(self, services: Collection[str]) -> None:
        self._services = frozenset(services)
        # What it and its transport say of failures has the URL in it.
        for name in ("apprise", "urllib3", "requests_oauthlib"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    def check(self, url: str) -> None:
        """Whether such a URL can be sent to.

        Raises:
            InvalidInput: APPRISE_SERVICE_REFUSED, APPRISE_URL_INVALID; neither repeats the URL.
            FailedPrecondition: APPRISE_MISSING.
        """
        service = url.partition(":")[0].lower()
        if service not in self._services:
            raise InvalidInput(
                "APPRISE_SERVICE_REFUSED",
                f"The administrator has not named '{service[:32]}' in SIGHTLINE_APPRISE_SERVICES.",
            )
        if not _opened(url):
            raise InvalidInput(
                "APPRISE_URL_INVALID", f"It is no URL of the service {service}: see apprise's page on it."
            )

    async def send(self, url: str, event: Outgoing) -> Sent:
        """One attempt. What it says of failures never has the URL in it."""
        try:
            self.check(url)
            # apprise has time-outs of its own; this is for those that it has not.
            async with asyncio.timeout(SECONDS):
                delivered = await asyncio.to_thread(_notify, url, event)
        except (InvalidInput, FailedPrecondition) as error:
            return Sent(reason=error.reason, message=error.message)
        except TimeoutError:
            return Sent(reason="APPRISE_TIMEOUT", message=f"It took longer than {SECONDS:g} s.")
        except Exception as error:  # noqa: BLE001 - of 170 plug-ins anything may come, and its text may have the URL in it
            return Sent(reason="APPRISE_FAILED", message=f"apprise failed: {type(error).__name__}.")
        return Sent() if delivered else Sent(reason="APPRISE_FAILED", message="The service did not take it.")


def _notify(url: str, event: Outgoing) -> bool:
    opened = _opened(url)
    return bool(opened and opened.notify(title=event.title, body=event.text))


def _opened(url: str) -> Any:
    try:
        apprise = import_module("apprise")
    except ImportError as error:
        raise FailedPrecondition(
            "APPRISE_MISSING", "E-mail and chat need the extra: install `sightline-notify[apprise]` for notify."
        ) from error
    return apprise.Apprise.instantiate(url, suppress_exceptions=True)
