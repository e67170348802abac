"""Values of the contracts' enums in words, also those that only a newer release knows: for them protobuf raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper


def enum_name(kind: EnumTypeWrapper, value: int) -> str:
    """Its name in the contract, as "ALERT_STATE_UNDER_REVIEW"; of one that a newer release gave, its number."""
    known = kind.DESCRIPTOR.values_by_number.get(value)
    return known.name if known else str(value)


def enum_word(kind: EnumTypeWrapper, value: int) -> str:
    """What tells it from the enum's others, as "under_review"; of one that a newer release gave, its number."""
    # Every enum begins with PREFIX_UNSPECIFIED.
    prefix = enum_name(kind, 0).removesuffix("UNSPECIFIED")
    return enum_name(kind, value).removeprefix(prefix).lower()
