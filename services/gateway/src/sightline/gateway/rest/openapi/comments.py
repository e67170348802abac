"""What the contracts say of themselves."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sightline.gateway.rest.contracts import PACKAGE

if TYPE_CHECKING:
    from google.protobuf.descriptor import EnumDescriptor

_COMMON = {
    "page_size": "At most so many; 0 = 100.",
    "page_token": "`next_page_token` of the page before; empty: the first page.",
    "purpose": "What for. It is kept in the audit trail, and the policy may ask for it (PURPOSE_MISSING).",
    "case_reference": "Of which case. It is kept, too, and the policy may ask for it (CASE_REFERENCE_MISSING).",
}
"""What fields of requests mean that nearly all of them have, where the contract does not say more."""


@cache
def _comments() -> dict[str, str]:
    """By full names. The generator of the contracts writes them, as modules have none."""
    found: dict[str, str] = json.loads(files(PACKAGE).joinpath("comments.json").read_text())
    return found


def comment(full_name: str) -> dict[str, str]:
    """The member of a schema that says what it is; empty: the contract does not."""
    owner, _, name = full_name.rpartition(".")
    text = _comments().get(full_name) or (_COMMON.get(name) if owner.endswith("Request") else None)
    return {"description": text} if text else {}


def enum_comment(enum: EnumDescriptor) -> dict[str, str]:
    """As `comment`, with what is said of the values."""
    said = [(value.name, _comments().get(f"{enum.full_name}.{value.name}")) for value in enum.values]
    texts = [_comments().get(enum.full_name), *(f"`{name}`: {text}" for name, text in said if text)]
    text = "\n\n".join(filter(None, texts))
    return {"description": text} if text else {}
