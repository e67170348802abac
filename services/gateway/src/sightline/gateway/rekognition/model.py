"""Rekognition's own description of its operations: what they take, what they answer, and with which errors."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import regex

FILE = "model.json"
COMMON_ERRORS = frozenset({"SerializationException", "ValidationException"})
"""That any operation may answer, though no model lists them."""


@dataclass(frozen=True)
class Shape:
    """What a value has to be.

    Attributes:
        kind: `structure`, `list`, `map`, `string`, `blob`, `integer`, `long`, `float`, `boolean`, `timestamp`.
        least: of a number, or how long a text, blob or list is at least; `most` likewise.
        pattern: that the whole text fits.
        words: that the text is one of.
        members: shapes by member, of a structure.
        required: members of a structure.
        part: shape of a list's or map's values; `key` of a map's keys.
    """

    name: str
    kind: str
    least: float | None = None
    most: float | None = None
    pattern: regex.Pattern[str] | None = None
    words: tuple[str, ...] = ()
    members: dict[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    part: str = ""
    key: str = ""


@dataclass(frozen=True)
class OperationModel:
    """An operation: names of its shapes, and the codes of its errors."""

    name: str
    input: str
    output: str
    errors: frozenset[str]


@dataclass(frozen=True)
class Model:
    """All of it.

    Attributes:
        operations: those about faces, by name.
        others: names of Rekognition's other operations.
        faults: codes of errors that are the server's.
    """

    operations: dict[str, OperationModel]
    shapes: dict[str, Shape]
    others: frozenset[str]
    faults: frozenset[str]


@cache
def load_model() -> Model:
    """The description that lies beside this module."""
    raw = json.loads(files(__package__).joinpath(FILE).read_bytes())
    operations = {
        name: OperationModel(name, each["input"], each["output"], frozenset(each["errors"]))
        for name, each in raw["operations"].items()
    }
    shapes = {name: _shape(name, each) for name, each in raw["shapes"].items()}
    return Model(operations, shapes, frozenset(raw["others"]), frozenset(raw["faults"]))


def _shape(name: str, raw: dict[str, Any]) -> Shape:
    return Shape(
        name=name,
        kind=raw["type"],
        least=raw.get("min"),
        most=raw.get("max"),
        pattern=regex.compile(raw["pattern"]) if "pattern" in raw else None,
        words=tuple(raw.get("enum", ())),
        members=raw.get("members", {}),
        required=tuple(raw.get("required", ())),
        part=raw.get("member") or raw.get("value") or "",
        key=raw.get("key", ""),
    )
