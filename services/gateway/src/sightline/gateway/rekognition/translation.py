"""Errors of the services as Rekognition's clients know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis import errors
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.pictures import NO_PICTURE

if TYPE_CHECKING:
    from collections.abc import Collection

    from sightline.chassis.errors import SightlineError

INVALID = "InvalidParameterException"
UNMODELLED = frozenset({"UnrecognizedClientException", "ValidationException", "SerializationException"})
"""That any operation may answer, though the model lists them nowhere."""

_REFUSED = "The security token included in the request is invalid."
_BY_REASON = {
    "WATCHLIST_NOT_FOUND": ("ResourceNotFoundException", "The collection id does not exist."),
    "WATCHLIST_EXISTS": ("ResourceAlreadyExistsException", "The collection id already exists."),
    "PERSON_NOT_FOUND": ("ResourceNotFoundException", "The user id does not exist in the collection."),
    "REQUEST_ID_USED": ("IdempotentParameterMismatchException", "The ClientRequestToken is already in use."),
    "PERSON_EXISTS": ("ConflictException", "The user id already exists in the collection."),
    "FACE_NOT_FOUND": (INVALID, "faceId was not found in the collection."),
    "NO_FACE": (INVALID, "Request has invalid parameters: there are no faces in the image."),
    "PAGE_TOKEN_INVALID": ("InvalidPaginationTokenException", "Invalid Token"),
    "IMAGE_TOO_LARGE": ("ImageTooLargeException", ""),
    "DECODER_MEMORY": ("ImageTooLargeException", ""),
    "DECODER_TIME": ("ImageTooLargeException", ""),
    "IMAGE_FORMAT": ("InvalidImageFormatException", NO_PICTURE),
    "IMAGE_EMPTY": ("InvalidImageFormatException", ""),
    "IMAGE_UNREADABLE": ("InvalidImageFormatException", ""),
    "DECODER_DIED": ("InvalidImageFormatException", ""),
    "PURPOSE_MISSING": ("AccessDeniedException", ""),
    "CASE_REFERENCE_MISSING": ("AccessDeniedException", ""),
    "LEGAL_BASIS_MISSING": ("AccessDeniedException", ""),
    "APPROVAL_NEEDED": ("AccessDeniedException", ""),
    "SEARCH_QUOTA_EXCEEDED": ("ProvisionedThroughputExceededException", ""),
    # Said to nobody whose credentials are accepted: it is the API key behind the pair that is not.
    "TOO_MANY_ATTEMPTS": ("UnrecognizedClientException", _REFUSED),
    "SERVER_BUSY": ("ThrottlingException", ""),
    "STREAM_FULL": ("ThrottlingException", ""),
    "RATE_LIMITED": ("ThrottlingException", ""),
    "TOO_MANY_CALLS": ("ThrottlingException", ""),
}
"""Code, and what to say; empty: what the service said."""

_BY_KIND: tuple[tuple[type[SightlineError], str], ...] = (
    (errors.NotFound, "ResourceNotFoundException"),
    (errors.AlreadyExists, "ConflictException"),
    (errors.Conflict, "ConflictException"),
    (errors.PermissionDenied, "AccessDeniedException"),
    (errors.Unauthenticated, "UnrecognizedClientException"),
    (errors.ResourceExhausted, "ServiceQuotaExceededException"),
    (errors.InvalidInput, INVALID),
    (errors.FailedPrecondition, INVALID),
)
_SERVER_ERROR = 500


def translated(error: SightlineError, allowed: Collection[str]) -> AwsError:
    """What a client gets for an error of a service.

    Args:
        error: whatever went wrong.
        allowed: codes that the operation lists. In place of others there is for a limit another word for it, for what
            may pass one that clients repeat, and for the rest InvalidParameterException.
    """
    if isinstance(error, errors.Unavailable):
        return AwsError("ThrottlingException", f"Service Unavailable: {error.message}", _SERVER_ERROR)
    code, text = _BY_REASON.get(error.reason, ("", ""))
    code = code or next((code for kind, code in _BY_KIND if isinstance(error, kind)), "")
    if not code:
        return AwsError("InternalServerError", "Internal server error", _SERVER_ERROR)
    if code not in allowed and code not in UNMODELLED:
        code = next(each for each in _instead(error) if each in allowed)
    return AwsError(code, text or error.message)


def _instead(error: SightlineError) -> tuple[str, ...]:
    """Codes for an error whose own the operation does not list, the best first; the last is listed by all."""
    if isinstance(error, errors.ResourceExhausted):
        return "LimitExceededException", "ThrottlingException"
    return ("ThrottlingException",) if isinstance(error, errors.Conflict) else (INVALID,)
