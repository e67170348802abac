"""Errors of the services, as clients get them."""

from __future__ import annotations

import pytest

from sightline.chassis import errors
from sightline.gateway.rekognition.model import load_model
from sightline.gateway.rekognition.translation import translated

OPERATIONS = load_model().operations


@pytest.mark.parametrize(
    ("error", "operation", "code", "status"),
    [
        (errors.NotFound("WATCHLIST_NOT_FOUND", ""), "IndexFaces", "ResourceNotFoundException", 400),
        (errors.NotFound("FACE_NOT_FOUND", ""), "SearchFaces", "InvalidParameterException", 400),
        (errors.AlreadyExists("WATCHLIST_EXISTS", ""), "CreateCollection", "ResourceAlreadyExistsException", 400),
        (errors.AlreadyExists("PERSON_EXISTS", ""), "CreateUser", "ConflictException", 400),
        (errors.InvalidInput("NO_FACE", ""), "CompareFaces", "InvalidParameterException", 400),
        (errors.InvalidInput("IMAGE_TOO_LARGE", ""), "DetectFaces", "ImageTooLargeException", 400),
        (errors.InvalidInput("IMAGE_UNREADABLE", ""), "DetectFaces", "InvalidImageFormatException", 400),
        (errors.InvalidInput("PURPOSE_MISSING", ""), "SearchFaces", "AccessDeniedException", 400),
        (errors.PermissionDenied("ROLE_MISSING", ""), "ListFaces", "AccessDeniedException", 400),
        (errors.Unauthenticated("CREDENTIALS_INVALID", ""), "ListFaces", "UnrecognizedClientException", 400),
        (errors.ResourceExhausted("TOO_MANY_ATTEMPTS", ""), "IndexFaces", "UnrecognizedClientException", 400),
        (errors.ResourceExhausted("RATE_LIMITED", ""), "ListFaces", "ThrottlingException", 400),
        (
            errors.ResourceExhausted("SEARCH_QUOTA_EXCEEDED", ""),
            "SearchFaces",
            "ProvisionedThroughputExceededException",
            400,
        ),
        (errors.ResourceExhausted("STREAM_FULL", ""), "IndexFaces", "ThrottlingException", 400),
        (errors.ResourceExhausted("BROKER_STORAGE_FULL", ""), "IndexFaces", "ServiceQuotaExceededException", 400),
        (errors.ResourceExhausted("BROKER_STORAGE_FULL", ""), "StartFaceSearch", "LimitExceededException", 400),
        (errors.ResourceExhausted("BROKER_STORAGE_FULL", ""), "AssociateFaces", "ServiceQuotaExceededException", 400),
        (errors.ResourceExhausted("BROKER_STORAGE_FULL", ""), "DeleteFaces", "ThrottlingException", 400),
        (errors.Unavailable("MATCH_UNAVAILABLE", ""), "ListFaces", "ThrottlingException", 500),
        (errors.Conflict("RECORD_CHANGED", ""), "AssociateFaces", "ConflictException", 400),
        (errors.Conflict("RECORD_CHANGED", ""), "ListFaces", "ThrottlingException", 400),
        (errors.FailedPrecondition("EMBEDDER_DIFFERS", ""), "SearchFaces", "InvalidParameterException", 400),
        (errors.Internal("ANYTHING", "secret"), "SearchFaces", "InternalServerError", 500),
    ],
)
def test_an_error_has_the_code_that_fits_the_operation(error, operation, code, status):
    """By its reason, else by its kind; what clients are to repeat has a code that they repeat."""
    given = translated(error, OPERATIONS[operation].errors)
    assert (given.code, given.status) == (code, status)
    assert "secret" not in given.message


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_no_operation_answers_a_code_that_it_does_not_list(operation):
    """Whatever happens, clients get what the model says of the operation, or what every operation may say."""
    listed = OPERATIONS[operation].errors | {"UnrecognizedClientException"}
    kinds = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.SightlineError)
    ]
    reasons = ("WATCHLIST_NOT_FOUND", "PERSON_EXISTS", "IMAGE_FORMAT", "PAGE_TOKEN_INVALID", "ANYTHING")
    given = {translated(kind(reason, ""), listed).code for kind in kinds for reason in reasons}
    assert given <= listed


def test_a_picture_is_wanted_in_a_format_that_is_taken():
    """The services read more formats than Rekognition does: theirs are not recommended."""
    said = errors.InvalidInput("IMAGE_FORMAT", "this is none of JPEG, PNG, WEBP, BMP; convert it")
    assert "WEBP" not in translated(said, OPERATIONS["DetectFaces"].errors).message
