"""Dead letters: listed, handled once more where what they are about is kept, and dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nats.js.errors import APIError, NotFoundError

from sightline.chassis.bus import answering
from sightline.chassis.errors import FailedPrecondition, NotFound, Unavailable
from sightline.chassis.topology import ALERTS, DLQ, NOTIFY, NOTIFY_COMPLETIONS, NOTIFY_ERASED, dead_letters
from sightline.notify.lost_deliveries import STAGE
from sightline.v1 import events_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import TypeAlias

    from sightline.chassis.bus import Bus

    Retry: TypeAlias = Callable[["Stored", bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Stored:
    """A dead letter with its number in the stream."""

    number: int
    letter: events_pb2.DeadLetter


class DeadLetters:
    """The DLQ stream.

    Args:
        bus: to the broker.
        retries: by stage and stream, what handles the message of a letter once more, and raises where that fails.
    """

    def __init__(self, bus: Bus, retries: Mapping[tuple[str, str], Retry]) -> None:
        self._bus = bus
        self._retries = retries

    def is_retryable(self, letter: events_pb2.DeadLetter) -> bool:
        """Whether its message may still be there."""
        return (letter.stage, letter.stream) in self._retries

    async def page(self, stage: str, after: int, limit: int) -> list[Stored]:
        """Those of a stage ("": all) behind that number, the oldest first. Raises Unavailable BROKER_UNAVAILABLE."""
        subject, found = dead_letters(stage or "*"), list[Stored]()
        while len(found) < limit and (stored := await self._next(subject, after)) is not None:
            found.append(stored)
            after = stored.number
        return found

    async def get(self, number: int) -> Stored:
        """One of them. Raises NotFound DEAD_LETTER_NOT_FOUND, Unavailable BROKER_UNAVAILABLE."""
        data = await self._message(DLQ, number)
        if data is None:
            raise NotFound("DEAD_LETTER_NOT_FOUND", f"There is no dead letter {number}: `sightline dlq list` has them.")
        return Stored(number, events_pb2.DeadLetter.FromString(data))

    async def retry(self, number: int) -> Stored:
        """Handles its message once more, and forgets it where that goes well; raises what it failed with.

        Raises:
            NotFound: DEAD_LETTER_NOT_FOUND.
            FailedPrecondition: PAYLOAD_NOT_KEPT, of such messages nothing is kept; STAGE_NOT_RETRIED; PAYLOAD_GONE, it
                is too old.
        """
        stored = await self.get(number)
        letter = stored.letter
        handle = self._retries.get((letter.stage, letter.stream))
        if handle is None:
            raise _unhandled(letter)
        data = await self._message(letter.stream, letter.sequence)
        if data is None:
            raise FailedPrecondition("PAYLOAD_GONE", "Its message is too old, and not kept any more: drop the letter.")
        await handle(stored, data)
        await self.drop(number)
        return stored

    async def drop(self, number: int) -> Stored:
        """Forgets one. Raises as `get`."""
        stored = await self.get(number)
        with answering():
            await self._bus.js.delete_msg(DLQ, number)
        return stored

    async def _message(self, stream: str, sequence: int) -> bytes | None:
        with answering():
            try:
                return (await self._bus.js.get_msg(stream, sequence)).data or b""
            except NotFoundError:
                return None
            except APIError as error:
                raise Unavailable("BROKER_REFUSED", f"The broker refused: {error.description}.") from error

    async def _next(self, subject: str, after: int) -> Stored | None:
        """The first behind that number; None where there is none."""
        with answering():
            try:
                message = await self._bus.js.get_msg(DLQ, after + 1, subject, next=True)
            except NotFoundError:
                return None
        return Stored(message.seq or 0, events_pb2.DeadLetter.FromString(message.data or b""))


SIGHTINGS_STAGE = (NOTIFY.name, NOTIFY.stream)
ERASURES_STAGE = (NOTIFY_ERASED.name, NOTIFY_ERASED.stream)
COMPLETIONS_STAGE = (NOTIFY_COMPLETIONS.name, NOTIFY_COMPLETIONS.stream)
DELIVERIES_STAGE = (STAGE, ALERTS)
_OF_ANYBODY = ("FACES_", "EMBEDDINGS_")


def _unhandled(letter: events_pb2.DeadLetter) -> FailedPrecondition:
    if letter.stream.startswith(_OF_ANYBODY):
        return FailedPrecondition(
            "PAYLOAD_NOT_KEPT",
            f"What stage {letter.stage} works on is kept for seconds, as it may show people who match nobody: it is "
            "gone. Drop the letter.",
        )
    return FailedPrecondition(
        "STAGE_NOT_RETRIED",
        f"What stage {letter.stage} adds to an alert is not added later: the alert does without. Drop the letter.",
    )
