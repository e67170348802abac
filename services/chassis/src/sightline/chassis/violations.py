"""What is wrong with a field, in words for whoever filled it in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protovalidate import Violation

_AN_ID = "an id has 26 small letters and digits, and lists show it"
_SAID = {"^[a-z0-9]{26}$": _AN_ID, "^([a-z0-9]{26})?$": _AN_ID, "^([a-z0-9]{26}|\\*)$": f"{_AN_ID}; * is all of them"}


def violation_text(violation: Violation, whole: str) -> str:
    """One violation of a message's rules, with the path of its field; `whole` stands for the message itself."""
    field = violation.proto.field
    path = ".".join(str(element.field_name) for element in field.elements) if field else whole
    text = violation.proto.message
    said = next((words for pattern, words in _SAID.items() if text.endswith(f"`{pattern}`")), text)
    return f"{path}: {said}"
