"""The client of the broker: nats-py's, whose requests fail at once where the broker does not permit them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nats.aio.client import Client

if TYPE_CHECKING:
    from nats.aio.msg import Msg

    from sightline.chassis.denials import Denials


class BrokerClient(Client):
    """As nats-py's; JetStream's requests, publishing with acknowledgement too, go through `request`."""

    def __init__(self, denials: Denials) -> None:
        super().__init__()
        self.denials = denials
        self.was_connected = False

    @property
    def asks_who_we_are(self) -> bool:
        """Whether the broker lets in only those whom it knows, each to what is its own."""
        return bool(self._server_info.get("auth_required"))

    async def request(
        self,
        subject: str,
        payload: bytes = b"",
        timeout: float = 0.5,  # noqa: ASYNC109 - nats-py's own parameter
        old_style: bool = False,
        headers: dict[str, Any] | None = None,
    ) -> Msg:
        """As nats-py's. Raises PermissionDenied BROKER_DENIED."""
        with self.denials.asking(subject):
            return await super().request(subject, payload, timeout, old_style, headers)
