"""What the service model does not say: rules between the members of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.gateway.rekognition.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.gateway.rekognition.call import Parameters

IMAGES = ("Image", "SourceImage", "TargetImage")


def check_rules(operation: str, parameters: Parameters) -> None:
    """Raises AwsError InvalidParameterException."""
    for name in IMAGES:
        if name in parameters:
            _require_one(parameters[name], ("Bytes", "S3Object"), name)
            _check_object(parameters[name].get("S3Object"), name)
    if operation in _RULES:
        _RULES[operation](parameters)


def _search_users(parameters: Parameters) -> None:
    _require_one(parameters, ("UserId", "FaceId"), "SearchUsers")


def _check_object(place: Parameters | None, name: str) -> None:
    if place is not None and not (place.get("Bucket") and place.get("Name")):
        raise _invalid(f"{name}.S3Object needs Bucket and Name.")


def _require_one(parameters: Parameters, names: tuple[str, ...], where: str) -> None:
    if sum(name in parameters for name in names) != 1:
        raise _invalid(f"{where} takes one of {' and '.join(names)}: give exactly one.")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", f"Request has invalid parameters: {message}")


_RULES: dict[str, Callable[[Parameters], None]] = {"SearchUsers": _search_users}
