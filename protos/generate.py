"""Generates protos/gen from protos/sightline: python protos/generate.py [--out DIR] [--descriptors FILE].

protovalidate's own schema comes out of the installed package as a descriptor, so that rules and engine are always
of one version and no foreign .proto file is kept here.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2
from grpc_tools import protoc
from protovalidate._gen.buf.validate import validate_pb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

ROOT = Path(__file__).parent
VALIDATE = "buf/validate/validate.proto"


def write_validate_descriptor(path: Path) -> None:
    """Writes the descriptor set of buf/validate/validate.proto with what it imports."""
    known = [descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2]
    descriptors = descriptor_pb2.FileDescriptorSet()
    for module in known:
        module.DESCRIPTOR.CopyToProto(descriptors.file.add())
    descriptors.file.add().ParseFromString(validate_pb.desc().proto.to_binary())
    path.write_bytes(descriptors.SerializeToString())


def compile_protos(arguments: list[str]) -> None:
    """Runs protoc; it says on stderr what it does not like."""
    if protoc.main(["protoc", *arguments]):
        raise SystemExit("protoc failed; its message is above")


def find_sources() -> list[str]:
    """Every .proto file of ours, relative to this folder."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "sightline").rglob("*.proto"))


@contextmanager
def import_options() -> Iterator[list[str]]:
    """Options by which protoc finds everything that ours import."""
    with tempfile.TemporaryDirectory() as folder:
        validate = Path(folder, "validate.binpb")
        write_validate_descriptor(validate)
        yield [f"--descriptor_set_in={validate}", f"-I{ROOT}", f"-I{files('grpc_tools') / '_proto'}"]


def generate(out: Path) -> None:
    """Writes Python modules, type stubs and gRPC stubs under `out`."""
    sources = find_sources()
    outputs = [f"--python_out={out}", f"--pyi_out={out}"]
    with import_options() as imports:
        compile_protos([imports[0], *outputs, VALIDATE])
        compile_protos([*imports, *outputs, *sources])
        services = [source for source in sources if source.endswith("_service.proto")]
        compile_protos([*imports, f"--grpc_python_out={out}", *services])
    write_comments(out / "sightline" / "v1" / "comments.json")


def write_comments(path: Path) -> None:
    """Writes what the contracts say of messages, fields, enums and RPCs, by full names: modules do without comments."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "all.binpb")
        describe(file)
        everything = descriptor_pb2.FileDescriptorSet.FromString(file.read_bytes())
    ours = [file for file in everything.file if file.name.startswith("sightline/")]
    comments = {name: text for file in ours for name, text in comments_of(file)}
    path.write_text(json.dumps(comments, ensure_ascii=False, indent=0, sort_keys=True) + "\n")


def comments_of(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[str, str]]:
    """Full names with what stands above them."""
    for location in file.source_code_info.location:
        text = " ".join(location.leading_comments.split())
        if text and location.path:
            yield f"{file.package}.{name_at(file, list(location.path))}", text


def name_at(part: Message, path: list[int]) -> str:
    """The name of what lies at a path of field numbers and indexes, as source locations have it."""
    names = []
    while path:
        field = part.DESCRIPTOR.fields_by_number[path.pop(0)]
        part = getattr(part, field.name)
        if field.is_repeated:
            part = part[path.pop(0)]
        names.append(getattr(part, "name", field.name))
    return ".".join(names)


def describe(file: Path) -> None:
    """Writes one descriptor set of everything, with comments: the form that buf checks without a registry."""
    with import_options() as imports:
        wanted = ["--include_imports", "--include_source_info", f"--descriptor_set_out={file}"]
        compile_protos([*imports, *wanted, *find_sources()])


def main() -> None:
    """Reads the arguments and generates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "gen")
    parser.add_argument("--descriptors", type=Path, help="write this descriptor set instead")
    arguments = parser.parse_args()
    if arguments.descriptors:
        describe(arguments.descriptors)
    else:
        generate(arguments.out)


if __name__ == "__main__":
    main()
