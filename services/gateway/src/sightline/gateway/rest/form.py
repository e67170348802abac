"""Forms with files (multipart/form-data), in memory: what people look like is not put on a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from sightline.chassis.errors import InvalidInput
from sightline.gateway.rest.fields import assign, find_field
from sightline.gateway.rest.route import is_file

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from google.protobuf.descriptor import Descriptor
    from starlette.datastructures import FormData, Headers

PARTS = 512


class _InMemory(MultiPartParser):
    spool_max_size = 1 << 40


async def read_form(
    headers: Headers, body: bytes, message: Descriptor
) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """The fields of a form as the JSON of a message, and its files by the names of their fields.

    Raises:
        InvalidInput: BODY_MALFORMED, FIELD_UNKNOWN, FIELD_REPEATED, FIELD_INVALID.
    """

    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    parser = _InMemory(headers, once(), max_files=PARTS, max_fields=PARTS, max_part_size=len(body))
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeError) as error:
        raise InvalidInput(
            "BODY_MALFORMED", "The form cannot be read: send multipart/form-data with its boundary."
        ) from error
    try:
        return _fields(form, message), await _files(form)
    finally:
        await form.close()


def _fields(form: FormData, message: Descriptor) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name in form:
        texts = [value for value in form.getlist(name) if isinstance(value, str)]
        if texts:
            assign(tree, message, name, texts)
    return tree


async def _files(form: FormData) -> list[tuple[str, bytes]]:
    return [(name, await value.read()) for name, value in form.multi_items() if isinstance(value, UploadFile)]


def attach(request: Any, path: str, content: bytes) -> None:
    """Puts a file where the request has a picture, or bytes, of that name.

    Raises:
        InvalidInput: FIELD_UNKNOWN, FIELD_REPEATED.
    """
    field, _ = find_field({}, request.DESCRIPTOR, path)
    if not is_file(field):
        raise InvalidInput("FIELD_UNKNOWN", f"{path[:64]} is no picture: send it as a value, without a file name.")
    for parent in path.split(".")[:-1]:
        request = getattr(request, parent)
    if field.message_type is None:
        setattr(request, field.name, content)
    elif field.is_repeated:
        getattr(request, field.name).add(encoded=content)
    elif request.HasField(field.name):
        raise InvalidInput("FIELD_REPEATED", f"{path[:64]} takes one picture: give it once.")
    else:
        getattr(request, field.name).encoded = content
