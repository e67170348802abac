"""Whether the parameters of a call keep to the service model: clients check minima and leave the rest to the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.gateway.rekognition.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.gateway.rekognition.model import Model, Shape

MOST_FAULTS = 10
SHOWN = 64
PICTURE = "ImageBlob"
_SIZED = {"string": "length", "blob": "length", "list": "length", "map": "size"}
_NUMBERS = ("integer", "long", "float")


def check(parameters: dict[str, Any], shape: str, model: Model) -> None:
    """Looks at every constraint: required members, sizes, ranges, patterns and words.

    Raises:
        AwsError: ImageTooLargeException; ValidationException, with the first ten violations, worded as AWS words them.
    """
    faults = []
    for fault in _faults(parameters, model.shapes[shape], model, ""):
        faults.append(fault)
        if len(faults) == MOST_FAULTS:
            break
    if faults:
        count = "1 validation error" if len(faults) == 1 else f"{len(faults)} validation errors"
        raise AwsError("ValidationException", f"{count} detected: {'; '.join(faults)}")


def _faults(value: Any, shape: Shape, model: Model, path: str) -> Iterator[str]:
    yield from (_worded(value, path, rule) for rule in _broken(value, shape))
    if shape.kind == "structure":
        yield from _faults_of_members(value, shape, model, path)
    elif shape.kind == "list":
        for place, each in enumerate(value, 1):
            yield from _faults(each, model.shapes[shape.part], model, f"{path}.{place}.member")
    elif shape.kind == "map":
        for key, each in value.items():
            yield from _faults(key, model.shapes[shape.key], model, f"{path}.key")
            yield from _faults(each, model.shapes[shape.part], model, f"{path}.{key[:SHOWN]}.member")


def _faults_of_members(value: dict[str, Any], shape: Shape, model: Model, path: str) -> Iterator[str]:
    for name in shape.required:
        if name not in value:
            yield _worded(None, _below(path, name), "Member must not be null")
    for name, each in value.items():
        yield from _faults(each, model.shapes[shape.members[name]], model, _below(path, name))


def _broken(value: Any, shape: Shape) -> Iterator[str]:
    """The rules of the shape itself that the value breaks."""
    if shape.name == PICTURE and shape.most is not None and len(value) > shape.most:
        raise AwsError("ImageTooLargeException", f"Image size is too large: at most {shape.most} bytes.")
    if shape.kind in _NUMBERS:
        measured, what = value, "value"
    elif shape.kind in _SIZED:
        measured, what = len(value), _SIZED[shape.kind]
    else:
        return
    if shape.least is not None and measured < shape.least:
        yield f"Member must have {what} greater than or equal to {shape.least}"
    if shape.most is not None and measured > shape.most:
        yield f"Member must have {what} less than or equal to {shape.most}"
    if shape.words and value not in shape.words:
        yield f"Member must satisfy enum value set: [{', '.join(shape.words)}]"
    if shape.pattern is not None and not shape.pattern.fullmatch(value):
        yield f"Member must satisfy regular expression pattern: {shape.pattern.pattern}"


def _worded(value: Any, path: str, rule: str) -> str:
    return f"Value {_shown(value)} at '{path}' failed to satisfy constraint: {rule}"


def _shown(value: Any) -> str:
    """Of what somebody sent, no more than tells them what is meant: nothing of a picture, little of a text."""
    if value is None:
        return "null"
    if isinstance(value, bytes):
        return f"of {len(value)} bytes"
    if isinstance(value, (list, dict)):
        return f"of {len(value)} members"
    return f"'{str(value)[:SHOWN]}'"


def _below(path: str, name: str) -> str:
    lower = name[0].lower() + name[1:]
    return f"{path}.{lower}" if path else lower
