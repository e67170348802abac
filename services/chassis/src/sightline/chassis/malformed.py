"""Bytes that are no request: gRPC itself would answer UNKNOWN, before anybody asked who calls, and log a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError, Message

from sightline.chassis.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable


class Malformed:
    """Stands where a request should be."""


def reading(deserialize: Callable[[bytes], Message]) -> Callable[[bytes], Message | Malformed]:
    """As `deserialize`, but what is no message is Malformed."""

    def read(data: bytes) -> Message | Malformed:
        try:
            return deserialize(data)
        except DecodeError:
            return Malformed()

    return read


def malformed(method: str) -> InvalidInput:
    """What the caller is told."""
    return InvalidInput("REQUEST_MALFORMED", f"This is no request of {method}: take the contracts of this release.")
