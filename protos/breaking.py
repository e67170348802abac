"""What a change of the contracts breaks: python protos/breaking.py [--release].

The last release's contracts lie in `released.binpb`, without comments. Processes of that release and of the next one
run side by side while an installation is upgraded, and streams, buckets and backups hold what it wrote: whatever it
knew has to mean the same. `--release` writes the file anew, when a release is made and at no other time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from generate import describe
from google.protobuf.descriptor_pb2 import FileDescriptorSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from google.protobuf.descriptor_pb2 import (
        DescriptorProto,
        EnumDescriptorProto,
        FieldDescriptorProto,
        MethodDescriptorProto,
    )

RELEASED = Path(__file__).with_name("released.binpb")


def contracts() -> FileDescriptorSet:
    """Ours as they are now, without comments and without what they import."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "all.binpb")
        describe(file)
        everything = FileDescriptorSet.FromString(file.read_bytes())
    ours = FileDescriptorSet(file=[each for each in everything.file if each.name.startswith("sightline/")])
    for each in ours.file:
        each.ClearField("source_code_info")
    return ours


def breaks(old: FileDescriptorSet, new: FileDescriptorSet) -> list[str]:
    """What whoever knows `old` would misunderstand of `new`, or the other way round: a sentence each."""
    found: list[str] = []
    messages, enums, methods = _messages(new), _enums(new), _methods(new)
    for name, message in _messages(old).items():
        found += _message_breaks(name, message, messages[name]) if name in messages else [f"{name} is gone"]
    for name, enum in _enums(old).items():
        found += _enum_breaks(name, enum, enums[name]) if name in enums else [f"{name} is gone"]
    for name, method in _methods(old).items():
        found += _method_breaks(name, method, methods[name]) if name in methods else [f"{name} is gone"]
    return found


def _message_breaks(name: str, old: DescriptorProto, new: DescriptorProto) -> Iterator[str]:
    fields = {field.number: field for field in new.field}
    numbers = _numbers((each.start, each.end) for each in new.reserved_range)
    for field in old.field:
        if field.number in fields:
            yield from _field_breaks(f"{name}.{field.name}", (old, field), (new, fields[field.number]))
        elif field.number not in numbers or field.name not in new.reserved_name:
            yield f"{name}.{field.name} is gone: reserve its number ({field.number}) and its name"
    yield from _reserved_breaks(name, old.reserved_name, new.reserved_name)
    for number in _numbers((each.start, each.end) for each in old.reserved_range) - numbers:
        yield f"{name} does not reserve the number {number} any more"


def _field_breaks(
    name: str, old: tuple[DescriptorProto, FieldDescriptorProto], new: tuple[DescriptorProto, FieldDescriptorProto]
) -> Iterator[str]:
    before, after = old[1], new[1]
    if after.name != before.name:
        yield f"{name} has become {after.name}: JSON has names"
    if (after.type, after.type_name) != (before.type, before.type_name):
        yield f"{name} has another type"
    if after.label != before.label or after.proto3_optional != before.proto3_optional:
        yield f"{name} occurs more, or less, often than before"
    if _choice(*old) != _choice(*new):
        yield f"{name} is in another oneof"


def _choice(message: DescriptorProto, field: FieldDescriptorProto) -> str:
    """The oneof in which a field is; of optional ones there is one for each."""
    if not field.HasField("oneof_index"):
        return ""
    return message.oneof_decl[field.oneof_index].name


def _enum_breaks(name: str, old: EnumDescriptorProto, new: EnumDescriptorProto) -> Iterator[str]:
    values = {value.number: value.name for value in new.value}
    # Ends of an enum's reserved ranges are in them.
    numbers = _numbers((each.start, each.end + 1) for each in new.reserved_range)
    for value in old.value:
        if value.number in values and values[value.number] != value.name:
            yield f"{name}.{value.name} has become {values[value.number]}"
        elif value.number not in values and (value.number not in numbers or value.name not in new.reserved_name):
            yield f"{name}.{value.name} is gone: reserve its number ({value.number}) and its name"
    yield from _reserved_breaks(name, old.reserved_name, new.reserved_name)
    for number in _numbers((each.start, each.end + 1) for each in old.reserved_range) - numbers:
        yield f"{name} does not reserve the number {number} any more"


def _reserved_breaks(name: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for each in sorted(set(old) - set(new)):
        yield f"{name} does not reserve the name {each} any more"


def _method_breaks(name: str, old: MethodDescriptorProto, new: MethodDescriptorProto) -> Iterator[str]:
    if (old.input_type, old.output_type) != (new.input_type, new.output_type):
        yield f"{name} has another request or response"
    if (old.client_streaming, old.server_streaming) != (new.client_streaming, new.server_streaming):
        yield f"{name} streams what it did not, or the other way round"


def _numbers(ranges: Iterator[tuple[int, int]]) -> set[int]:
    return {number for start, end in ranges for number in range(start, end)}


def _messages(files: FileDescriptorSet) -> dict[str, DescriptorProto]:
    """All messages by their full names, also those in others."""

    def named(prefix: str, messages: Sequence[DescriptorProto]) -> Iterator[tuple[str, DescriptorProto]]:
        for message in messages:
            yield f"{prefix}.{message.name}", message
            yield from named(f"{prefix}.{message.name}", message.nested_type)

    return {name: message for file in files.file for name, message in named(file.package, file.message_type)}


def _enums(files: FileDescriptorSet) -> dict[str, EnumDescriptorProto]:
    found = {f"{file.package}.{enum.name}": enum for file in files.file for enum in file.enum_type}
    inner = {f"{name}.{enum.name}": enum for name, each in _messages(files).items() for enum in each.enum_type}
    return found | inner


def _methods(files: FileDescriptorSet) -> dict[str, MethodDescriptorProto]:
    return {
        f"{file.package}.{service.name}.{method.name}": method
        for file in files.file
        for service in file.service
        for method in service.method
    }


def main() -> int:
    """Says what is broken, and gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", action="store_true", help="what there is now is released: keep it")
    arguments = parser.parse_args()
    now = contracts()
    if arguments.release:
        RELEASED.write_bytes(now.SerializeToString(deterministic=True))
        return 0
    found = breaks(FileDescriptorSet.FromString(RELEASED.read_bytes()), now)
    sys.stderr.writelines(f"{each}\n" for each in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
