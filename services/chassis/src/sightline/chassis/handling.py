"""How a stage handles what it is given: messages as protobuf, one by one, side by side, or several at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import structlog
from google.protobuf.message import DecodeError, Message

from sightline.chassis import tracing
from sightline.chassis.errors import Internal, InvalidInput, SightlineError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as a handler sees it, and the span of its handling."""

    subject: str
    data: bytes
    sequence: int
    deliveries: int
    span: tracing.Span = tracing.NOWHERE


M = TypeVar("M", bound=Message)
Outcome: TypeAlias = SightlineError | None
BatchHandler: TypeAlias = Callable[[Sequence[Delivery]], Awaitable[Sequence[Outcome]]]
Handler: TypeAlias = Callable[[Delivery], Awaitable[None]]


def one_by_one(handle: Handler) -> BatchHandler:
    """A batch handler that handles its messages in order, each with a fate of its own."""

    async def handle_batch(batch: Sequence[Delivery]) -> Sequence[Outcome]:
        return [await _outcome(handle, delivery) for delivery in batch]

    return handle_batch


def side_by_side(handle: Handler) -> BatchHandler:
    """As `one_by_one`, for messages that do not wait for each other."""

    async def handle_batch(batch: Sequence[Delivery]) -> Sequence[Outcome]:
        return await asyncio.gather(*(_outcome(handle, delivery) for delivery in batch))

    return handle_batch


def per_subject(handle: Handler) -> BatchHandler:
    """As `one_by_one` for the messages of one subject; subjects do not wait for each other."""

    async def handle_batch(batch: Sequence[Delivery]) -> Sequence[Outcome]:
        outcomes: dict[int, Outcome] = {}

        async def handle_all(places: Sequence[int]) -> None:
            for place in places:
                outcomes[place] = await _outcome(handle, batch[place])

        subjects: dict[str, list[int]] = {}
        for place, delivery in enumerate(batch):
            subjects.setdefault(delivery.subject, []).append(place)
        await asyncio.gather(*map(handle_all, subjects.values()))
        return [outcomes[place] for place in range(len(batch))]

    return handle_batch


def reading(kind: type[M], handle: Callable[[M], Awaitable[None]]) -> Handler:
    """A handler of messages as one of protobuf messages; what is no such message is buried (EVENT_UNREADABLE)."""

    async def read_and_handle(delivery: Delivery) -> None:
        await handle(_read(kind, delivery))

    return read_and_handle


def reading_delivered(kind: type[M], handle: Callable[[M, Delivery], Awaitable[None]]) -> Handler:
    """As `reading`, for a handler that wants to know where the message lies, and how often it came."""

    async def read_and_handle(delivery: Delivery) -> None:
        await handle(_read(kind, delivery), delivery)

    return read_and_handle


def reading_together(
    kind: type[M], handle: Callable[[Sequence[M], Sequence[tracing.Span]], Awaitable[Sequence[Outcome]]]
) -> BatchHandler:
    """As `reading`, for a handler of several messages and their spans that answers one outcome for each."""

    async def read_and_handle(batch: Sequence[Delivery]) -> Sequence[Outcome]:
        read = [_read_or_refuse(kind, delivery) for delivery in batch]
        pairs = zip(read, batch, strict=True)
        known = [(message, delivery.span) for message, delivery in pairs if not isinstance(message, InvalidInput)]
        outcomes = iter(await handle([message for message, _ in known], [span for _, span in known]))
        return [message if isinstance(message, InvalidInput) else next(outcomes) for message in read]

    return read_and_handle


def _read(kind: type[M], delivery: Delivery) -> M:
    try:
        return kind.FromString(delivery.data)
    except DecodeError as error:
        raise InvalidInput("EVENT_UNREADABLE", f"The message is no {kind.DESCRIPTOR.name}.") from error


def _read_or_refuse(kind: type[M], delivery: Delivery) -> M | InvalidInput:
    try:
        return _read(kind, delivery)
    except InvalidInput as error:
        return error


async def _outcome(handle: Handler, delivery: Delivery) -> Outcome:
    with tracing.within(delivery.span):
        try:
            await handle(delivery)
        except SightlineError as error:
            return error
        except Exception:
            log.exception("handler_failed", subject=delivery.subject, sequence=delivery.sequence)
            return Internal("HANDLER_FAILED", "The handler failed unexpectedly; the service's log has the details.")
    return None
