"""The tree of errors: two levels, and each class names its verdict on a message and its gRPC status."""

from __future__ import annotations

from enum import Enum

import grpc


class Verdict(Enum):
    """What becomes of a message whose handling raised the error."""

    RETRY = "retry"
    """Give it back; it comes again after a pause, at most five times, then it goes to the DLQ."""
    DEAD_LETTER = "dead_letter"
    """It can never succeed: it goes to the DLQ at once."""
    LATER = "later"
    """Give it back; it comes again after the error's `retry_after`, as often as its consumer is given anything."""
    HOLD = "hold"
    """Our own installation forbids it, whatever the message is: it is kept and tried until somebody has mended that."""


class SightlineError(Exception):
    """Something that went wrong and that somebody can act on.

    Args:
        reason: UPPER_SNAKE code for programs, stable across releases.
        message: one or two sentences for people: what is wrong, and what to do.
    """

    status: grpc.StatusCode = grpc.StatusCode.INTERNAL
    verdict: Verdict = Verdict.RETRY
    retry_after: float | None = None
    """Seconds after which it may go well, where that is known."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


class InvalidInput(SightlineError):
    """What was given cannot be used, now or later."""

    status = grpc.StatusCode.INVALID_ARGUMENT
    verdict = Verdict.DEAD_LETTER


class NotFound(SightlineError):
    """The thing that was named is not there."""

    status = grpc.StatusCode.NOT_FOUND
    verdict = Verdict.DEAD_LETTER


class AlreadyExists(SightlineError):
    """A thing with that name is there already."""

    status = grpc.StatusCode.ALREADY_EXISTS
    verdict = Verdict.DEAD_LETTER


class FailedPrecondition(SightlineError):
    """The system is not in a state in which this can be done; somebody has to change it first."""

    status = grpc.StatusCode.FAILED_PRECONDITION


class Unauthenticated(SightlineError):
    """The caller did not say who they are, or not so that it can be believed."""

    status = grpc.StatusCode.UNAUTHENTICATED
    verdict = Verdict.DEAD_LETTER


class PermissionDenied(SightlineError):
    """The caller is known, and may not do this."""

    status = grpc.StatusCode.PERMISSION_DENIED
    verdict = Verdict.DEAD_LETTER


class ResourceExhausted(SightlineError):
    """A limit or a disk is full; the message says which."""

    status = grpc.StatusCode.RESOURCE_EXHAUSTED

    def __init__(self, reason: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason, message)
        self.retry_after = retry_after


class Unavailable(SightlineError):
    """Something that is needed does not answer just now; trying again may help."""

    status = grpc.StatusCode.UNAVAILABLE


class Conflict(SightlineError):
    """Somebody else changed the thing in between; read it again and repeat."""

    status = grpc.StatusCode.ABORTED


def request_id_used() -> AlreadyExists:
    """The error of a request id with which its caller has made something else."""
    return AlreadyExists("REQUEST_ID_USED", "You made something else with that request_id: take a new one.")


class Internal(SightlineError):
    """A fault of ours. Details are in the service's log, not in the answer."""
