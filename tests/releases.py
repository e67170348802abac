"""Messages of the release before, of this one, and of one that is to come, side by side."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from buf.validate import validate_pb2  # noqa: F401 - the default pool has it, and what ours import besides
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet
from google.protobuf.message_factory import GetMessageClass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.message import Message

PROTOS = Path(__file__).parents[1] / "protos"
COMING = "of a coming release"
_DEPTH = 6
"""Messages in messages in messages: deeper than any of ours."""


def _breaking() -> ModuleType:
    sys.path.insert(0, str(PROTOS))
    try:
        spec = importlib.util.spec_from_file_location("breaking", PROTOS / "breaking.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(PROTOS))
    return module


breaking = _breaking()


@cache
def released() -> FileDescriptorSet:
    """The contracts of the release before."""
    return FileDescriptorSet.FromString(breaking.RELEASED.read_bytes())


@cache
def current() -> FileDescriptorSet:
    """As they are now."""
    return breaking.contracts()


@cache
def coming() -> FileDescriptorSet:
    """As they may become: each message with one field more, each enum with one value more."""
    files = FileDescriptorSet.FromString(current().SerializeToString())
    for file in files.file:
        for message in file.message_type:
            _grow(message)
        for enum in file.enum_type:
            last = max(value.number for value in enum.value)
            enum.value.add(name=f"{enum.value[0].name}_COMING", number=last + 1)
    return files


def _grow(message: DescriptorProto) -> None:
    for inner in message.nested_type:
        if not inner.options.map_entry:
            _grow(inner)
    kind, label = FieldDescriptorProto.TYPE_STRING, FieldDescriptorProto.LABEL_OPTIONAL
    message.field.add(name="coming", number=30_000, type=kind, label=label)


class Release:
    """The messages of one set of contracts, apart from those of all others."""

    def __init__(self, files: FileDescriptorSet) -> None:
        self._pool = descriptor_pool.DescriptorPool()
        self._files = {file.name: file for file in files.file}
        self._added: set[str] = set()
        for name in self._files:
            self._add(name)

    def _add(self, name: str) -> None:
        if name in self._added:
            return
        self._added.add(name)
        file = self._files.get(name) or _imported(name)
        for dependency in file.dependency:
            self._add(dependency)
        self._pool.Add(file)

    def kind(self, name: str) -> type[Message] | None:
        """A message's class; None where the release does not know it."""
        try:
            return GetMessageClass(self._pool.FindMessageTypeByName(f"sightline.v1.{name}"))
        except KeyError:
            return None


def _imported(name: str) -> FileDescriptorProto:
    file = FileDescriptorProto()
    descriptor_pool.Default().FindFileByName(name).CopyToProto(file)
    return file


def variants(kind: type[Message]) -> Iterator[Message]:
    """Messages that together have every field, each as full as can be: of a oneof only one can be there."""
    for turn in range(max([len(choice.fields) for choice in _choices(kind.DESCRIPTOR, 0)], default=1)):
        yield filled(kind, turn)


def _choices(kind: Descriptor, depth: int) -> Iterator[Descriptor]:
    yield from kind.oneofs
    for field in kind.fields:
        if field.message_type and depth < _DEPTH:
            yield from _choices(field.message_type, depth + 1)


def filled(kind: type[Message], turn: int = 0, depth: int = 0) -> Message:
    """A message with a value in every field; of each oneof in the one whose turn it is."""
    message = kind()
    for field in kind.DESCRIPTOR.fields:
        choice = field.containing_oneof
        if choice and choice.fields[turn % len(choice.fields)] != field:
            continue
        if field.message_type and depth == _DEPTH:
            continue
        _fill(message, field, turn, depth)
    return message


def _fill(message: Message, field: FieldDescriptor, turn: int, depth: int) -> None:
    here = getattr(message, field.name)
    if field.message_type and field.message_type.GetOptions().map_entry:
        key, value = field.message_type.fields
        if value.message_type:
            here[_value(key)].CopyFrom(filled(GetMessageClass(value.message_type), turn, depth + 1))
        else:
            here[_value(key)] = _value(value)
    elif field.message_type:
        inner = filled(GetMessageClass(field.message_type), turn, depth + 1)
        if field.is_repeated:
            here.extend([inner, inner])
        else:
            here.CopyFrom(inner)
    elif field.is_repeated:
        here.extend([_value(field), _value(field)])
    else:
        setattr(message, field.name, _value(field))


def _value(field: FieldDescriptor) -> object:
    if field.enum_type:
        return max(value.number for value in field.enum_type.values)
    if field.type == field.TYPE_STRING:
        return COMING if field.name == "coming" else "text"
    values = {field.TYPE_BYTES: b"bytes", field.TYPE_BOOL: True, field.TYPE_FLOAT: 0.5, field.TYPE_DOUBLE: 0.25}
    return values.get(field.type, field.number)
