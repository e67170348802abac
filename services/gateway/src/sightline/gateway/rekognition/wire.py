"""JSON 1.1, as AWS's clients speak it: requests to values of the model's types, answers to JSON."""

from __future__ import annotations

import base64
import binascii
import json
import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from sightline.gateway.rekognition.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.gateway.rekognition.model import Model, Shape

CONTENT_TYPE = "application/x-amz-json-1.1"
_INTEGERS = {"integer": 31, "long": 63}
_WHOLE_NUMBER = (int, float)
_HALVES = re.compile("[\ud800-\udfff]")


def decoded(body: bytes, shape: str, model: Model) -> dict[str, Any]:
    """The members of a request that the model knows, with its types; null is as if it were not there.

    Raises:
        AwsError: SerializationException, it is no JSON, or a value has another type.
    """
    try:
        raw = json.loads(body or b"{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise AwsError("SerializationException", "The body is not JSON.") from error
    value: dict[str, Any] = _read(raw, model.shapes[shape], model, "")
    return value


def encoded(answer: dict[str, Any], shape: str, model: Model) -> bytes:
    """An answer, or a part of one, as JSON.

    Raises:
        KeyError: it has a member that the model does not know.
        TypeError: a value has another type than the model says.
    """
    return json.dumps(_write(answer, model.shapes[shape], model), ensure_ascii=False, allow_nan=False).encode()


def _read(raw: Any, shape: Shape, model: Model, path: str) -> Any:
    return _READERS[shape.kind](raw, shape, model, path)


def _read_structure(raw: Any, shape: Shape, model: Model, path: str) -> dict[str, Any]:
    _require(isinstance(raw, dict), shape, path)
    return {
        name: _read(raw[name], model.shapes[part], model, f"{path}.{name}")
        for name, part in shape.members.items()
        if raw.get(name) is not None
    }


def _read_list(raw: Any, shape: Shape, model: Model, path: str) -> list[Any]:
    _require(isinstance(raw, list), shape, path)
    part = model.shapes[shape.part]
    return [_read(each, part, model, f"{path}[{place}]") for place, each in enumerate(raw)]


def _read_map(raw: Any, shape: Shape, model: Model, path: str) -> dict[str, Any]:
    _require(isinstance(raw, dict), shape, path)
    key, part = model.shapes[shape.key], model.shapes[shape.part]
    return {_read(name, key, model, f"{path}.*"): _read(each, part, model, f"{path}.*") for name, each in raw.items()}


def _read_blob(raw: Any, shape: Shape, _: Model, path: str) -> bytes:
    _require(isinstance(raw, str), shape, path)
    try:
        return base64.b64decode(raw, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _mismatch("base64", path) from error


def _read_text(raw: Any, shape: Shape, _: Model, path: str) -> str:
    # JSON can write half a character (\ud83d), which is none, and which nobody behind this takes.
    _require(isinstance(raw, str) and not _HALVES.search(raw), shape, path)
    return str(raw)


def _read_integer(raw: Any, shape: Shape, _: Model, path: str) -> int:
    # 5.0 is five, as some languages write it.
    whole = isinstance(raw, _WHOLE_NUMBER) and not isinstance(raw, bool) and raw == raw // 1
    _require(whole and -(2 ** _INTEGERS[shape.kind]) <= raw < 2 ** _INTEGERS[shape.kind], shape, path)
    return int(raw)


def _read_float(raw: Any, shape: Shape, _: Model, path: str) -> float:
    _require(isinstance(raw, _WHOLE_NUMBER) and not isinstance(raw, bool), shape, path)
    _require(abs(raw) <= sys.float_info.max, shape, path)
    return float(raw)


def _read_boolean(raw: Any, shape: Shape, _: Model, path: str) -> bool:
    _require(isinstance(raw, bool), shape, path)
    return bool(raw)


def _require(fits: bool, shape: Shape, path: str) -> None:
    if not fits:
        raise _mismatch(shape.kind, path)


def _mismatch(kind: str, path: str) -> AwsError:
    where = path.removeprefix(".") or "the body"
    return AwsError("SerializationException", f"The value at {where} is no {kind}.")


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON"
    raise ValueError(message)


_READERS: dict[str, Callable[[Any, Shape, Model, str], Any]] = {
    "structure": _read_structure,
    "list": _read_list,
    "map": _read_map,
    "blob": _read_blob,
    "string": _read_text,
    "integer": _read_integer,
    "long": _read_integer,
    "float": _read_float,
    "boolean": _read_boolean,
}


def _write(value: Any, shape: Shape, model: Model) -> Any:
    match shape.kind:
        case "structure":
            members = shape.members
            return {
                name: _write(each, model.shapes[members[name]], model)
                for name, each in value.items()
                if each is not None
            }
        case "list":
            return [_write(each, model.shapes[shape.part], model) for each in value]
        case "map":
            return {key: _write(each, model.shapes[shape.part], model) for key, each in value.items()}
        case "blob":
            return base64.b64encode(value).decode()
        case "timestamp":
            return round(_typed(value, datetime, shape).timestamp(), 3)
    return _typed(value, _TYPES[shape.kind], shape)


_TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "long": int,
    "float": _WHOLE_NUMBER,
    "boolean": bool,
}


def _typed(value: Any, kind: Any, shape: Shape) -> Any:
    if isinstance(value, kind) and (shape.kind == "boolean" or not isinstance(value, bool)):
        return value
    message = f"{shape.name} is a {shape.kind}, not {type(value).__name__}"
    raise TypeError(message)
