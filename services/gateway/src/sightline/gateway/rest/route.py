"""One row of the table: a method on a resource, and the RPC that answers it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from sightline.gateway.rest.contracts import Contract, contract_of

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor

WHOLE = "*"


class Shape(Enum):
    """How the answer comes."""

    JSON = "one document"
    EVENTS = "a stream of server-sent events"
    FOLLOWED = "server-sent events: the document, whenever it has changed, until its state is one of an end"
    LINES = "a document a line (NDJSON)"
    UPLOAD = "one document, for a body that is passed on as it arrives"


@dataclass(frozen=True)
class Route:
    """A method on a resource.

    Fields of the request that stand neither in the path nor in the body are query parameters; there are none beside a
    body that is the request itself.

    Attributes:
        verb: HTTP method.
        path: below `/v1`; what stands in braces are fields of the request.
        rpc: `GalleryService/GetPerson`.
        body: the field of the request that the body is, `*` for the request itself; empty: no body.
        beside: fields of the request that stand in the body, too, among the members of `body`.
        result: the field of the response that the answer is; empty: the response itself.
        media: the field of the response with the bytes that are the answer, unless JSON is asked for; `a.b`: b in a.
        shape: how the answer comes.
        status: of an answer.
        fixed: fields of the request that follow from the path, as JSON has them.
        named: fields of the request that the path calls otherwise: the path's name, and the field's.
        name: tells operations apart that one RPC answers.
    """

    verb: str
    path: str
    rpc: str
    body: str = ""
    beside: tuple[str, ...] = ()
    result: str = ""
    media: str = ""
    shape: Shape = Shape.JSON
    status: int = 200
    fixed: tuple[tuple[str, object], ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    name: str = ""

    @cached_property
    def contract(self) -> Contract:
        """The RPC as its contract has it."""
        return contract_of(self.rpc)

    @property
    def operation(self) -> str:
        """Unique among the routes."""
        return self.name or self.rpc.rpartition("/")[2]

    @cached_property
    def in_path(self) -> dict[str, str]:
        """Fields of the request that the path has, by the names that it has for them."""
        names = dict(self.named)
        return {name: names.get(name, name) for name in re.findall(r"\{(\w+)\}", self.path)}

    @cached_property
    def in_query(self) -> tuple[FieldDescriptor, ...]:
        """Fields of the request that are query parameters."""
        if self.body == WHOLE or self.shape is Shape.UPLOAD:
            return ()
        elsewhere = {self.body, "etag", *self.beside, *self.in_path.values(), *dict(self.fixed)}
        return tuple(field for field in self.contract.request.fields if field.name not in elsewhere)

    @cached_property
    def in_body(self) -> tuple[FieldDescriptor, ...]:
        """Members of the body."""
        request = self.contract.request
        if self.body == WHOLE:
            elsewhere = {"etag", *self.in_path.values(), *dict(self.fixed)}
            return tuple(field for field in request.fields if field.name not in elsewhere)
        if not self.body:
            return ()
        beside = tuple(request.fields_by_name[name] for name in self.beside)
        return (*message_of(request.fields_by_name[self.body]).fields, *beside)

    @cached_property
    def answer(self) -> Descriptor:
        """What the answer is a message of."""
        response = self.contract.response
        return message_of(response.fields_by_name[self.result]) if self.result else response

    @cached_property
    def tagged(self) -> bool:
        """Whether the answer has an etag."""
        parts = [field.message_type for field in self.answer.fields if field.message_type and not field.is_repeated]
        tags = sum("etag" in part.fields_by_name for part in parts)
        return self.shape is Shape.JSON and ("etag" in self.answer.fields_by_name or tags == 1)

    @cached_property
    def changes(self) -> bool:
        """Whether the body names what is to be changed, and nothing else."""
        return "update_mask" in self.contract.request.fields_by_name

    @cached_property
    def conditional(self) -> bool:
        """Whether If-Match is heard."""
        return "etag" in self.contract.request.fields_by_name

    @cached_property
    def takes_files(self) -> bool:
        """Whether there is something in the request to be sent as it is."""
        return self.body == WHOLE and any(is_file(field) for field in self.in_body)

    @cached_property
    def is_large(self) -> bool:
        """Whether its body may hold pictures."""
        return _holds_bytes(self.contract.request)


def message_of(field: FieldDescriptor) -> Descriptor:
    """What a field that is a message is one of (TypeError: it is none)."""
    if field.message_type is None:
        raise TypeError(f"{field.full_name} is no message")
    return field.message_type


def is_file(field: FieldDescriptor) -> bool:
    """Whether a file can stand for the field: a picture does for an Image."""
    image = field.message_type is not None and field.message_type.full_name == "sightline.v1.Image"
    return image or field.type == field.TYPE_BYTES


def _holds_bytes(message: Descriptor) -> bool:
    return any(
        field.type == field.TYPE_BYTES or (field.message_type is not None and _holds_bytes(field.message_type))
        for field in message.fields
    )
